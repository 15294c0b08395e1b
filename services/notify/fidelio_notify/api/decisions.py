"""What was decided for somebody, by every gate's word, and proof that what was sent was allowed."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Response

from fidelio_notify.adapters.mongo_rulings import MongoRulings
from fidelio_notify.api.shapes import DecisionsPage, DecisionView, ProofView
from fidelio_notify.domain.decisions import Decision
from fidelio_notify.domain.gates.consent import ConsentEvidence, Evidence
from fidelio_notify.domain.proofs import NotSent, Proof, proof_of
from fidelio_notify.records import changed_of
from fidelio_shared.access.accesses import AccessLog, VisitOf
from fidelio_shared.access.answers import Cursor, answer, bad_cursor, cursor, moment_before, refusals
from fidelio_shared.access.streams import Lines, Places, as_json
from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import ToldInstant

_PAGE, _LARGEST_PAGE = 50, 200
_KEY_BYTES = 16
DecisionId = Annotated[str, Path(alias="decision", pattern=r"^[0-9a-f]{32}$", description="decision id, 32 hex digits")]
Whose = Annotated[str, Query(alias="profile", pattern=r"^[0-9a-f]{32}$", description="profile id, 32 hex digits")]
Limit = Annotated[int, Query(ge=1, le=_LARGEST_PAGE)]
Since = Annotated[ToldInstant, Query(description="sent then or later, such as 2026-03-01T00:00:00Z")]


@dataclass(frozen=True, slots=True)
class DecisionEndpoints:
    rulings: MongoRulings
    accesses: AccessLog
    places: Places

    def add_to(self, reading: APIRouter, privacy: APIRouter) -> None:
        described = f"{ProofView.__name__}, one a line; an answer that broke off is not ended properly"
        lines = {200: {"description": described}, **{status: as_json(each) for status, each in refusals().items()}}
        reading.get("/decisions", response_model=DecisionsPage, responses=refusals(400, 404, 410))(self.page)
        reading.get("/decisions/{decision}", response_model=DecisionView, responses=refusals(404))(self.decision)
        privacy.get("/decisions/{decision}/proof", response_model=ProofView, responses=refusals(404, 409))(self.proof)
        place = [Depends(self.places.place)]
        privacy.get("/proofs", dependencies=place, response_class=Lines, responses=lines)(self.proofs)

    async def page(self, profile: Whose, visit: VisitOf, limit: Limit = _PAGE, cursor: Cursor = None) -> Response:
        """Every decision for a person, also not to write to them, with every gate's verdict; the latest reason first.

        Of a profile that was merged, those for all that the person has become.
        """
        before = moment_before(cursor)
        if before and len(before[1]) != _KEY_BYTES:
            raise bad_cursor()
        card = await self.rulings.person(ProfileId(profile))
        if card is None:
            raise HTTPException(404, "no profile of this id was ever told of")
        if card.erased_at:
            raise HTTPException(410)
        found = await self.rulings.of(card.everybody, before, limit + 1)
        await self.accesses.record(visit, [card.profile])
        return answer(_page(found, limit))

    async def decision(self, decision: DecisionId, visit: VisitOf) -> Response:
        found = await self._existing(decision)
        await self.accesses.record(visit, [found.proposal.profile])
        return answer(_view(found))

    async def proof(self, decision: DecisionId, visit: VisitOf) -> Response:
        """That what was sent was allowed: by which consent, given when and how, and until when it held."""
        found = await self._existing(decision)
        try:
            proof = proof_of(found)
        except NotSent as error:
            raise HTTPException(409, str(error)) from error
        await self.accesses.record(visit, [found.proposal.profile])
        return answer(_proof(proof))

    async def proofs(self, since: Since, visit: VisitOf) -> Lines:
        """Of every message that was sent, the earliest first."""
        try:
            start = since.astimezone(UTC)
        except OverflowError as error:
            raise HTTPException(422, "since lies within the years 1 to 9999 of UTC") from error
        await self.accesses.record(visit, [None])
        return Lines(_lines(self.rulings.sent_since(start)))

    async def _existing(self, decision: str) -> Decision:
        found = await self.rulings.find(decision)
        if found is None:
            raise HTTPException(404, "no decision has this id")
        return found


async def _lines(batches: AsyncIterator[Sequence[Decision]]) -> AsyncIterator[bytes]:
    async for batch in batches:
        yield b"".join(b"%b\n" % encode(_proof(proof_of(each))) for each in batch)


def _page(found: Sequence[Decision], limit: int) -> Mapping[str, object]:
    """`found` holds one more than `limit` where more follow."""
    last = found[limit - 1] if len(found) > limit else None
    following = cursor((instant(last.proposal.reason.at), last.id)) if last else None
    return {"decisions": [_view(each) for each in found[:limit]], "next": following}


def _view(decision: Decision) -> Mapping[str, object]:
    evidence = _evidence(decision.sent.evidence) if decision.sent else None
    return {**changed_of(decision).__dict__, "evidence": evidence}


def _proof(proof: Proof) -> Mapping[str, object]:
    return {**asdict(proof), "evidence": _evidence(proof.evidence)}


def _evidence(evidence: Evidence) -> Mapping[str, object]:
    return {"basis": "consent", **asdict(evidence)} if isinstance(evidence, ConsentEvidence) else asdict(evidence)
