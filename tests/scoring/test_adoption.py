"""Other definitions or another model: taken up by whoever works, then adopted profile by profile, each change once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from fidelio_scoring.adapters.mongo_rules import Kind, MongoRuleStore
from fidelio_scoring.adapters.mongo_scores import MongoScoreStore, Placed
from fidelio_scoring.adapters.mongo_standings import MongoStandings
from fidelio_scoring.domain.model_file import write_model
from fidelio_scoring.domain.segments.parsing import parse_segments
from fidelio_scoring.domain.standing import Rules
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.topics import SCORES, SEGMENTS
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.storage.mongo import Database
from support.scored import SCORED_BY, a_person, news_of, scored, store, stored
from support.scoring_steps import ScoringBench, a_scoring
from support.standings import DAY, NOON, SHIPPED, bought_at

WORDS = "labels: {en: X, fr: X}, description: {en: X, fr: X}"
OTHER_TEXT = f"""
schema: 1
name: other
version: 1
segments:
  - {{name: new, kind: lifecycle, when: {{first_order: {{less_than: 30 days}}}}, {WORDS}}}
  - {{name: regular, kind: value, when: {{orders: {{at_least: 2}}}}, {WORDS}}}
"""
OTHER = Rules(SHIPPED, parse_segments(OTHER_TEXT))
NAMES = ("ann", "bob", "cy", "dora", "eve")
AT = NOON + 40 * DAY


class UnansweringRules(MongoRuleStore):
    async def read(self) -> Mapping[Kind, str]:
        raise Unavailable("mongodb")


class UnansweringScores(MongoScoreStore):
    async def save(self, standings: Sequence[Placed]) -> None:
        raise Unavailable("mongodb")


@pytest.fixture
async def scoring(database: Database) -> ScoringBench:
    """Five newcomers of the first days of March, one of them in a partition that somebody else owns."""
    await store(database, *(scored(name, NOON) for name in NAMES[:3]))
    await store(database, scored("dora", NOON + 20 * DAY), partition=1)
    await store(database, scored("eve", NOON), partition=2)
    return a_scoring(database, SCORED_BY)


async def use(database: Database, scoring: ScoringBench, text: str = OTHER_TEXT) -> None:
    await MongoRuleStore(database).use("segments", text)
    await scoring.watch.follow()


async def members(database: Database, segment: str) -> Sequence[str]:
    found = await MongoStandings(database).members(segment, b"", 100)
    return sorted(name for name in NAMES if bytes.fromhex(a_person(name)) in {each.profile for each in found})


async def test_other_definitions_are_adopted_page_by_page_by_who_owns_the_profile(
    database: Database, scoring: ScoringBench
) -> None:
    await use(database, scoring)
    adopted = [await scoring.adopt([0, 1], AT, limit=3) for _ in range(3)]
    assert adopted == [3, 1, 0]
    told = {each["profile"]: each for each in scoring.said(SEGMENTS.name)}
    assert told.keys() == {a_person(name) for name in ("ann", "bob", "cy")}, "dora is new by both definitions"
    assert told[a_person("ann")] == {
        "profile": a_person("ann"),
        "epoch": 1,
        "sequence": 2,
        "revision": 1,
        "at": instant(AT),
        "cause": {"kind": "definition", "id": None, "type": None, "at": instant(AT), "historical": False},
        "definition": OTHER.definitions.version,
        "entered": [],
        "exited": ["new"],
        "memberships": [],
    }
    assert {each["cause"]["kind"] for each in told.values()} == {"definition"}
    assert await MongoStandings(database).scored_by_others(OTHER.version) == 1
    assert (await stored(database, ["eve"]))["eve"].rules == SCORED_BY.version


async def test_members_are_the_old_definitions_until_each_profile_is_scored_anew(
    database: Database, scoring: ScoringBench
) -> None:
    await use(database, scoring)
    before = await members(database, "new")
    await scoring.adopt([0], AT, limit=1)
    between = await members(database, "new")
    await scoring.adopt([0, 1, 2], AT)
    after = await members(database, "new")
    assert (before, len(between), after) == (sorted(NAMES), len(NAMES) - 1, ["dora"])


async def test_whoever_adopted_is_looked_at_next_when_the_new_definitions_turn(
    database: Database, scoring: ScoringBench
) -> None:
    await use(database, scoring)
    await scoring.adopt([0, 1, 2], NOON + 25 * DAY)
    turns = NOON + 30 * DAY
    assert all(each.next_review_at <= turns for each in (await stored(database, NAMES[:3])).values())
    while await scoring.review(turns):
        """Also looks at what the model alone wants to be looked at."""
    told = [
        (each["profile"], each["at"], each["cause"]["kind"], each["exited"]) for each in scoring.said(SEGMENTS.name)
    ]
    assert sorted(told) == sorted((a_person(name), instant(turns), "review", ["new"]) for name in NAMES[:3])


async def test_another_model_is_the_cause_of_what_it_changes(database: Database, scoring: ScoringBench) -> None:
    gone, *others = SHIPPED.heads
    stricter = replace(SHIPPED, version="stricter 2", heads=(replace(gone, platt_b=gone.platt_b + 3), *others))
    examples = [(bought_at(NOON - days * DAY), NOON) for days in (1, 50, 400)]
    await MongoRuleStore(database).use("model", write_model(stricter, examples))
    await scoring.watch.follow()
    assert await scoring.adopt([0, 1, 2], NOON + 20 * DAY) == len(NAMES)
    scores, segments = scoring.said(SCORES.name), scoring.said(SEGMENTS.name)
    assert {(each["model"], each["cause"]["kind"], each["churn"]["band"]) for each in scores} == {
        ("stricter 2", "model", "high")
    }
    assert {(each["cause"]["kind"], *each["entered"], *each["exited"]) for each in segments} == {
        ("model", "at_risk", "new")
    }
    assert (len(scores), len(segments)) == (len(NAMES), len(NAMES))
    await use(database, scoring)
    await scoring.adopt([0, 1, 2], NOON + 20 * DAY)
    assert {each["cause"]["kind"] for each in scoring.said(SEGMENTS.name)} == {"definition"}


async def test_a_snapshot_that_comes_during_adoption_is_told_after_what_the_rules_changed(
    database: Database, scoring: ScoringBench
) -> None:
    await use(database, scoring)
    await scoring.score(news_of("ann", NOON, AT, revision=2))
    told = [
        (each["sequence"], each["cause"]["kind"], each["entered"], each["exited"])
        for each in scoring.said(SEGMENTS.name)
    ]
    assert told == [(2, "definition", [], ["new"]), (3, "interaction", ["regular"], [])]
    assert await scoring.adopt([0], AT) == 2, "bob and cy are left"
    assert a_person("ann") not in {each["profile"] for each in scoring.said(SEGMENTS.name)}


async def test_definitions_that_say_the_same_in_other_words_are_adopted_in_silence(
    database: Database, scoring: ScoringBench
) -> None:
    text = """
schema: 1
name: lifecycle
version: 2
segments:
  - {name: lapsed, kind: lifecycle, group: stage, when: {last_order: {at_least: 182 days}}, %s}
  - {name: at_risk, kind: lifecycle, group: stage, when: {band: high}, %s}
  - {name: new, kind: lifecycle, group: stage, when: {first_order: {less_than: 60 days}}, %s}
  - {name: active, kind: lifecycle, group: stage, when: {orders: {at_least: 1}}, %s}
""" % ((WORDS,) * 4)
    await use(database, scoring, text)
    assert await scoring.adopt([0, 1, 2], NOON + 20 * DAY) == len(NAMES)
    assert scoring.said(SEGMENTS.name) == []


async def test_what_cannot_be_read_leaves_the_rules_as_they_are_and_is_logged_once(
    database: Database, scoring: ScoringBench
) -> None:
    await use(database, scoring)
    with capture_logs() as logged:
        for _ in range(2):
            await use(database, scoring, "schema: 1\nsegments: [")
    (line,) = logged
    assert (line["event"], line["log_level"]) == ("rules_unreadable", "error")
    assert line["error"].startswith("in the database:2:")
    assert scoring.handlers.in_use.rules.version == OTHER.version
    await MongoRuleStore(database).use_none("segments")
    await scoring.watch.follow()
    assert scoring.handlers.in_use.rules is SCORED_BY


async def test_what_profiles_do_not_keep_is_not_taken_up(database: Database, scoring: ScoringBench) -> None:
    wanted = "{happened: {type: nps.given, at_least: 3, within: 1 day}}"
    with capture_logs() as logged:
        await use(database, scoring, OTHER_TEXT.replace("{orders: {at_least: 2}}", wanted))
    assert "profiles keep 0" in logged[0]["error"]
    assert scoring.handlers.in_use.rules is SCORED_BY


async def test_while_the_database_does_not_answer_the_rules_stay(database: Database, scoring: ScoringBench) -> None:
    await use(database, scoring)
    deaf = replace(scoring.watch, store=UnansweringRules(database))
    await deaf.follow()
    assert scoring.handlers.in_use.rules.version == OTHER.version


async def test_an_adoption_that_ends_before_it_is_stored_is_announced_again_under_the_same_ids(
    database: Database, scoring: ScoringBench
) -> None:
    await use(database, scoring)
    interrupted = replace(scoring, handlers=replace(scoring.handlers, scores=UnansweringScores(database)))
    with pytest.raises(Unavailable):
        await interrupted.adopt([0], AT)
    first = list(scoring.publisher.records)
    scoring.publisher.records.clear()
    assert await scoring.adopt([0], AT) == 3
    assert scoring.publisher.records == first != []
