"""What a person may ask of us: to correct what is known, not to be profiled or contacted, to have all left alone.

Each becomes an interaction on channel `privacy`, so that it is on the timeline, and survives every later export.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Response
from pydantic import Field

from fidelio_profile.adapters.mongo_identity import MongoIdentityViews
from fidelio_profile.adapters.mongo_views import MongoProfileViews
from fidelio_profile.api.answers import existing
from fidelio_profile.api.asking import Asker, AskerOf, until
from fidelio_profile.api.shapes import SaidView
from fidelio_profile.domain.people import identifier_of
from fidelio_profile.records import submission_record
from fidelio_shared.access.answers import Id, answer, refusals
from fidelio_shared.contracts.identity import IdentityRules
from fidelio_shared.contracts.ids import ProfileId, interaction_id
from fidelio_shared.contracts.ingest import CORRECTED, Contract, Identifier, Name, Scalar, Text
from fidelio_shared.contracts.rights import EVERY_CHANNEL, Right
from fidelio_shared.messaging.publisher import Publisher

SOURCE = "fidelio/privacy"


class Correction(Contract):
    """`traits`: what is right, whatever other systems say later. `evidence`: how the person said so."""

    traits: Annotated[dict[Name, Scalar], Field(min_length=1, max_length=100)]
    evidence: Text | None = None


class Objection(Contract):
    """`objects`: false takes it back."""

    right: Right
    objects: bool = True
    evidence: Text | None = None


_LATER: dict[str, Any] = {"model": SaidView, "description": "Published; the profile will show it soon"}


@dataclass(frozen=True, slots=True)
class RightsEndpoints:
    views: MongoProfileViews
    identity: MongoIdentityViews
    publisher: Publisher
    rules: IdentityRules

    def add_to(self, privacy: APIRouter) -> None:
        told = {**refusals(400, 404, 409, 410), 202: _LATER}
        for path, endpoint in (("corrections", self.correct), ("objections", self.restrict)):
            privacy.post(f"/profiles/{{profile}}/{path}", response_model=SaidView, responses=told)(endpoint)

    async def correct(self, profile: Id, told: Correction, asker: AskerOf) -> Response:
        """Pins traits (article 16): no later synchronisation changes them, only another correction does."""
        return await self._say(
            profile,
            asker,
            {"type": CORRECTED, "traits": told.traits, "data": {"evidence": told.evidence, "by": asker.name}},
        )

    async def restrict(self, profile: Id, told: Objection, asker: AskerOf) -> Response:
        """Objects to profiling or contact (article 21), or restricts all processing (article 18)."""
        consent = {
            "purpose": told.right,
            "channel": EVERY_CHANNEL,
            "status": "denied" if told.objects else "granted",
            "evidence": told.evidence,
        }
        return await self._say(
            profile, asker, {"type": "consent.changed", "consent": consent, "data": {"by": asker.name}}
        )

    async def _say(self, profile: str, asker: Asker, said: Mapping[str, object]) -> Response:
        found = existing(await self.views.whole(ProfileId(profile)))
        final = ProfileId(found["_id"].hex())
        submission = {**said, "source": SOURCE, "id": asker.request, "identifiers": [await self._name(final)]}
        await self.publisher.publish_all([submission_record(submission)])
        interaction = interaction_id(SOURCE, asker.request)
        is_done = await until(lambda: self.views.has_interaction(interaction))
        response = answer({"interaction": interaction, "profile": final, "is_done": is_done})
        response.status_code = 200 if is_done else 202
        return response

    async def _name(self, profile: ProfileId) -> Identifier:
        """The strongest identifier by which the person is found."""
        explained = await self.identity.explain(profile)
        usable = [key for key, link in explained.links.items() if not link.is_shared] if explained else []
        linking = self.rules.linking(map(identifier_of, usable))
        if not linking:
            raise HTTPException(409, "no identifier finds this profile; add one by merging it with another")
        return linking[0]
