"""How far a long timeline has been folded anew: kept with the profile, so that both change at once."""

from collections.abc import Mapping
from typing import Any

from fidelio_profile.domain.documents import Document, state_document, state_from
from fidelio_profile.domain.refolds import Refolding
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.profile import Position


def refolding_document(refolding: Refolding) -> Document:
    beyond = refolding.beyond
    return {
        "id": bytes.fromhex(refolding.id),
        "at": refolding.at,
        "state": state_document(refolding.state) if refolding.state else None,
        "page": refolding.page,
        "beyond": [bytes.fromhex(beyond.profile), beyond.occurred_at, bytes.fromhex(beyond.id)] if beyond else None,
        "told": [bytes.fromhex(each) for each in sorted(refolding.told)],
        "state_version": refolding.state_version,
    }


def refolding_from(document: Mapping[str, Any]) -> Refolding:
    state, beyond = document["state"], document["beyond"]
    return Refolding(
        id=document["id"].hex(),
        at=document["at"],
        state=state_from(state) if state else None,
        page=document["page"],
        beyond=_position(*beyond) if beyond else None,
        told=frozenset(ProfileId(each.hex()) for each in document["told"]),
        state_version=document["state_version"],
    )


def _position(profile: bytes, occurred_at: Any, key: bytes) -> Position:
    return Position(profile=ProfileId(profile.hex()), occurred_at=occurred_at, id=key.hex())
