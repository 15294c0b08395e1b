"""What everybody scores, over HTTP."""

from dataclasses import replace

import orjson
import pytest

from fidelio_scoring.adapters.mongo_scores import ANNOUNCED
from fidelio_scoring.domain.moves import receive
from fidelio_scoring.domain.standing import Evidence, Standing
from fidelio_scoring.records import change_records
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.scoring import ScoreChanged
from fidelio_shared.storage.mongo import Database
from support.scored import SCORED_BY, a_person, client_on, news_of, scored, store
from support.standings import DAY, NOON

BUYER = tuple(NOON - days * DAY for days in (40, 30, 20, 10))
LATER = NOON + 90 * DAY


def said(standing: Standing) -> dict[str, object]:
    """As a line of the stream."""
    return {
        "profile": standing.profile,
        "epoch": standing.epoch,
        "revision": standing.revision,
        "as_of": instant(standing.as_of),
        "rules": standing.rules,
        "score": standing.announced and ANNOUNCED.dump_python(standing.announced, mode="json"),
        "segments": [{"segment": name, "since": instant(since)} for name, since in standing.segments.items()],
        "next_review_at": standing.next_review_at and instant(standing.next_review_at),
    }


async def test_a_score_is_told_with_the_reasons_and_the_value_that_were_announced(database: Database) -> None:
    news: Evidence = news_of("ann", *BUYER, at=LATER)
    moved = receive(None, news, SCORED_BY)
    assert moved
    await store(database, moved.standing)
    announced = ScoreChanged.model_validate_json(change_records(moved.changes, SCORED_BY)[0].value or b"")
    async with client_on(database) as api:
        answer = (await api.get(f"/scores/{a_person('ann')}")).json()
    told = announced.model_dump(mode="json")
    assert answer.items() >= said(moved.standing).items()
    assert answer["reasons"] == told["churn"]["reasons"] != []
    assert answer["value"] == told["value"]
    assert answer["revenue_per_month"] == told["arpu"]
    found = await database.accesses.find({"profile": bytes.fromhex(a_person("ann"))}).to_list()
    assert [(each["who"], each["what"]) for each in found] == [("bootstrap", "/scores/{profile}")]


async def test_all_scores_come_by_profile_and_go_on_where_a_stream_broke_off(database: Database) -> None:
    standings = sorted((scored(name, NOON) for name in ("ann", "bob", "cy")), key=lambda each: each.profile)
    objector = replace(scored("objector", NOON), facts=None, announced=None, segments={}, next_review_at=None)
    await store(database, *standings, objector)
    await database.scores.insert_one({"_id": bytes.fromhex(a_person("erased")), "erased_at": NOON})
    async with client_on(database) as api:
        whole = await api.get("/scores")
        rest = await api.get("/scores", params={"after": standings[0].profile})
    expected = [said(each) for each in sorted([*standings, objector], key=lambda each: each.profile)]
    lines = list(map(orjson.loads, whole.text.splitlines()))
    assert lines == expected
    assert list(map(orjson.loads, rest.text.splitlines())) == [
        each for each in expected if str(each["profile"]) > standings[0].profile
    ]


@pytest.mark.parametrize(("name", "status"), [("nobody", 404), ("erased", 410)])
async def test_who_is_not_there_has_no_score(database: Database, name: str, status: int) -> None:
    await database.scores.insert_one({"_id": bytes.fromhex(a_person("erased")), "erased_at": NOON})
    async with client_on(database) as api:
        assert (await api.get(f"/scores/{a_person(name)}")).status_code == status


async def test_of_whom_nothing_may_be_said_nothing_is(database: Database) -> None:
    objector = replace(scored("objector", NOON), facts=None, announced=None, segments={}, next_review_at=None)
    await store(database, objector)
    async with client_on(database) as api:
        answer = (await api.get(f"/scores/{objector.profile}")).json()
    assert answer == said(objector) | {"reasons": [], "value": None, "revenue_per_month": None}
