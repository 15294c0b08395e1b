"""What everybody scores: one in full, or all of them, one a line."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from fidelio_scoring.adapters.mongo_scores import ANNOUNCED
from fidelio_scoring.adapters.mongo_standings import MongoStandings
from fidelio_scoring.api.answers import existing
from fidelio_scoring.api.shapes import CurrentScore, ScoreView
from fidelio_scoring.domain.churn import behaviour_of, judge
from fidelio_scoring.domain.reasons import reasons_for
from fidelio_scoring.domain.standing import Rules, Standing
from fidelio_scoring.domain.values import values_at
from fidelio_scoring.handlers import RulesInUse
from fidelio_scoring.records import value_told
from fidelio_shared.access.accesses import AccessLog, VisitOf
from fidelio_shared.access.answers import Id, answer, refusals
from fidelio_shared.access.streams import Lines, Places, as_json
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.storage.mongo import Document

After = Annotated[
    str | None,
    Query(pattern=r"^[0-9a-f]{32}$", description="the last profile that a stream that broke off told of; go on there"),
]


@dataclass(frozen=True, slots=True)
class ScoreEndpoints:
    standings: MongoStandings
    in_use: RulesInUse
    accesses: AccessLog
    places: Places

    def add_to(self, routes: APIRouter) -> None:
        described = f"{CurrentScore.__name__}, one a line; an answer that broke off is not ended properly"
        told = {200: {"description": described}, **{status: as_json(each) for status, each in refusals().items()}}
        place = [Depends(self.places.place)]
        routes.get("/scores", dependencies=place, response_class=Lines, responses=told)(self.scores)
        routes.get("/scores/{profile}", response_model=ScoreView, responses=refusals(404, 410))(self.score)

    async def score(self, profile: Id, visit: VisitOf) -> Response:
        """What others were told last of a profile, with reasons and value, its segments and its next review."""
        standing = existing(await self.standings.find(ProfileId(profile)))
        await self.accesses.record(visit, [standing.profile])
        return answer(_in_full(standing, self.in_use.rules))

    async def scores(self, visit: VisitOf, after: After = None) -> Lines:
        """Everybody's, by profile, without reasons and the parts of their value."""
        await self.accesses.record(visit, [None])
        return Lines(_lines(self.standings.current(bytes.fromhex(after or ""))))


async def _lines(batches: AsyncIterator[list[Document]]) -> AsyncIterator[bytes]:
    async for batch in batches:
        yield b"".join(b"%b\n" % encode(_current(each)) for each in batch if "erased_at" not in each)


def _current(found: Mapping[str, Any]) -> dict[str, object]:
    return {
        "profile": found["_id"].hex(),
        **{name: found[name] for name in ("epoch", "revision", "as_of", "rules", "next_review_at")},
        "score": found["announced"],
        "segments": [{"segment": each["name"], "since": each["since"]} for each in found["segments"]],
    }


def _in_full(standing: Standing, rules: Rules) -> Mapping[str, object]:
    return {
        "profile": standing.profile,
        "epoch": standing.epoch,
        "revision": standing.revision,
        "as_of": standing.as_of,
        "rules": standing.rules,
        "score": ANNOUNCED.dump_python(standing.announced, mode="json") if standing.announced else None,
        "segments": [{"segment": name, "since": since} for name, since in standing.segments.items()],
        "next_review_at": standing.next_review_at,
        **_derived(standing, rules),
    }


def _derived(standing: Standing, rules: Rules) -> Mapping[str, object]:
    """Of the score that was announced, what is announced with it and is no part of the standing."""
    facts, announced, model = standing.facts, standing.announced, rules.model
    if facts is None or announced is None:
        return {"reasons": [], "value": None, "revenue_per_month": None}
    judged = judge(behaviour_of(facts, model), standing.as_of, previous_band=announced.band, model=model)
    if judged is None:
        return {"reasons": [], "value": None, "revenue_per_month": None}
    assessment = replace(judged, risk=announced.risk, band=announced.band, heads=announced.heads)
    values = values_at(facts, assessment, announced.rfm, model, standing.as_of)
    return {
        "reasons": [asdict(each) for each in reasons_for(assessment, facts, standing.as_of)],
        "value": value_told(values.value) if values.value else None,
        "revenue_per_month": values.arpu,
    }
