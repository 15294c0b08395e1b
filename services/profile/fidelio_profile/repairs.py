"""Requests to fold a profile again."""

from collections.abc import Sequence
from datetime import datetime

from fidelio_profile.domain.revisions import Folded
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.profile import RefoldRequested


def refold_request(profile: ProfileId, *, reason: str, cause: str, at: datetime) -> RefoldRequested:
    """`cause` makes the request's identity: the same cause asks once."""
    return RefoldRequested(profile=profile, id=hash16("refold", profile, reason, cause), reason=reason, at=at)


def refold_after_overtaking(folded: Folded) -> Sequence[RefoldRequested]:
    return [
        refold_request(
            profile, reason="overtaken", cause=f"{each.profile.revision}:{each.cause.id}", at=each.cause.received_at
        )
        for profile, each in folded.profiles.items()
    ]
