"""Exposures on a real database, and `fidelio-notify uplift` on what is stored there."""

import asyncio
import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from fidelio_deploy.mongo import Mongod
from fidelio_notify.__main__ import main
from fidelio_notify.adapters.mongo_cards import MongoCardStore
from fidelio_notify.adapters.mongo_exposures import MongoExposureStore
from fidelio_notify.adapters.mongo_heads import MongoHeads
from fidelio_notify.domain.cards import PersonSnapshot
from fidelio_notify.domain.playbooks.parsing import parse_playbooks
from fidelio_notify.domain.uplift.exposures import Exposure, Mark, happened_since, marks
from fidelio_notify.reading import shipped_playbooks
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.storage.mongo import Database
from support.releases import a_snapshot
from support.uplift_people import ANN, BOB, CAT, DAY, NOON, a_crowd, a_profile, an_exposure, did, risk_after, scored

MS = timedelta(milliseconds=1)
IN_USE = [each.name for each in parse_playbooks(shipped_playbooks(), file="shipped").playbooks]
SINCE = NOON - 100 * DAY


@pytest.fixture
def database(strict_database: Database) -> Database:
    return strict_database


@pytest.fixture
def store(database: Database) -> MongoExposureStore:
    return MongoExposureStore(database)


class Done(NamedTuple):
    code: int
    told: str
    errors: str


async def uplift(mongod: Mongod, database: Database, *arguments: str) -> Done:
    told = {"FIDELIO_MONGO_URI": mongod.uri, "FIDELIO_NOTIFY_DATABASE": database.name, "COLUMNS": "120"}
    done = await asyncio.to_thread(CliRunner().invoke, main, ["uplift", *arguments], env=told)
    return Done(done.exit_code, done.stdout, done.stderr)


async def expose(store: MongoExposureStore, *exposures: Exposure, stored_at: datetime = NOON) -> Sequence[Exposure]:
    return await store.expose([(each, 3) for each in exposures], stored_at=stored_at)


async def all_of(store: MongoExposureStore, *profiles: ProfileId) -> list[Exposure]:
    found = await store.open_of(profiles or (ANN, BOB, CAT), since=SINCE)
    return sorted(found, key=lambda each: (each.profile, each.playbook))


def a_card(profile: ProfileId, **merged: object) -> PersonSnapshot:
    return a_snapshot(profile=profile, **merged)


async def test_an_exposure_is_read_as_it_was_stored(store: MongoExposureStore) -> None:
    full = an_exposure(goal_at=NOON + DAY, risk_after=risk_after(0.5, NOON + DAY))
    bare = an_exposure(BOB, "held", variant=None, risk=None, goal=frozenset())

    assert await expose(store, full, bare) == [full, bare]
    assert await all_of(store) == sorted([full, bare], key=lambda each: each.profile)


async def test_the_first_exposure_is_kept_whatever_is_drawn_later(store: MongoExposureStore) -> None:
    first, other = an_exposure(ANN, "held"), an_exposure(BOB)
    await expose(store, first)

    later = an_exposure(ANN, "treated", version=2, at=NOON + DAY, variant="warm")
    assert await expose(store, other, later) == [other, first]
    assert await expose(store, later, other) == [first, other]
    assert await expose(store) == ()
    assert await all_of(store, ANN) == [first]


async def test_one_person_is_exposed_to_each_playbook_once(store: MongoExposureStore) -> None:
    one, other = an_exposure(), an_exposure(playbook="win-back", arm="held")

    assert await expose(store, one, other) == [one, other]
    assert await all_of(store, ANN) == [one, other]


async def test_exposures_whose_time_was_over_are_not_open(store: MongoExposureStore) -> None:
    await expose(store, an_exposure(ANN, goal_until=NOON), an_exposure(BOB, goal_until=NOON + MS), an_exposure(CAT))

    found = await store.open_of([ANN, BOB], since=NOON + MS)

    assert found == [an_exposure(BOB, goal_until=NOON + MS)]


async def test_marks_are_added_once_in_any_order(store: MongoExposureStore) -> None:
    await expose(store, an_exposure(), an_exposure(BOB))
    early = Mark("check-in", ANN, goal_at=NOON + DAY, risk_after=risk_after(0.4, NOON + DAY, sequence=5))
    late = Mark("check-in", ANN, goal_at=NOON + 2 * DAY, risk_after=risk_after(0.3, NOON + DAY, sequence=6))
    for each in (late, early, late, early):
        await store.mark([each])

    marked = an_exposure(goal_at=early.goal_at, risk_after=late.risk_after)
    assert await all_of(store, ANN, BOB) == sorted([marked, an_exposure(BOB)], key=lambda each: each.profile)


async def test_news_of_a_merged_person_late_and_twice_are_marked_once(store: MongoExposureStore) -> None:
    await expose(store, an_exposure(), an_exposure(BOB, "held"), an_exposure(CAT))
    members = {ANN: (BOB,)}
    news = [
        did(ANN, "order.placed", NOON + 3 * DAY),
        scored(ANN, 0.3, NOON + 4 * DAY, sequence=9),
        did(ANN, "order.placed", NOON + DAY, cause="merge"),
        scored(ANN, 0.4, NOON + 2 * DAY, sequence=7),
    ]
    for each in (*news, *news):
        found = await store.open_of([ANN, BOB], since=happened_since([each]) or NOON)
        await store.mark(marks(found, [each], members))

    known = {"goal_at": NOON + DAY, "risk_after": risk_after(0.3, NOON + 4 * DAY, sequence=9)}
    expected = [an_exposure(ANN, **known), an_exposure(BOB, "held", **known), an_exposure(CAT)]
    assert await all_of(store) == sorted(expected, key=lambda each: each.profile)


async def test_whoever_was_erased_is_forgotten_and_no_mark_brings_them_back(store: MongoExposureStore) -> None:
    await expose(store, an_exposure(), an_exposure(BOB), an_exposure(CAT))

    await store.forget([ANN, BOB])
    await store.mark([Mark("check-in", ANN, goal_at=NOON + DAY)])

    assert await all_of(store) == [an_exposure(CAT)]


async def test_of_whoever_was_erased_while_they_were_judged_nothing_is_kept(
    database: Database, store: MongoExposureStore
) -> None:
    await MongoCardStore(database).save([a_card(ANN, erased_at=NOON), a_card(BOB)])

    await expose(store, an_exposure(ANN), an_exposure(BOB))

    assert await all_of(store) == [an_exposure(BOB)]


async def test_exposures_age_after_four_hundred_days(database: Database) -> None:
    indexes = await database.exposures.index_information()

    assert [each["expireAfterSeconds"] for each in indexes.values() if "expireAfterSeconds" in each] == [34_560_000]
    await expose(MongoExposureStore(database), an_exposure())
    (document,) = await database.exposures.find({"playbook": "check-in"}).to_list()
    assert (document["stored_at"], document["partition"]) == (NOON, 3)


async def test_heads_are_followed_over_several_merges(database: Database) -> None:
    contacts = MongoCardStore(database)
    await contacts.save([a_card(ANN, members=(BOB, CAT)), a_card(BOB, merged_into=ANN), a_card(CAT, merged_into=BOB)])
    alone = a_profile("dan")
    await contacts.save([a_card(alone)])

    assert await MongoHeads(database).of([CAT, ANN, alone]) == {CAT: ANN, ANN: ANN}
    assert await MongoHeads(database).of([]) == {}


async def test_members_are_told_of_whoever_has_some(database: Database) -> None:
    cards = MongoCardStore(database)
    await cards.save([a_card(ANN, members=(BOB, CAT)), a_card(BOB, merged_into=ANN)])

    assert await cards.members([ANN, BOB, CAT]) == {ANN: (BOB, CAT)}


async def test_the_report_tells_counts_rates_intervals_and_a_verdict(
    strict_mongod: Mongod, database: Database, store: MongoExposureStore
) -> None:
    await expose(store, *a_crowd(treated=(900, 270), held=(300, 45), share=0.25))

    done = await uplift(strict_mongod, database, "check-in")

    assert (done.code, done.errors) == (0, "")
    assert done.told.splitlines()[:13] == [
        "check-in, version 1",
        "  0 people are still within their time, 0 of mixed arms are left out",
        "  reached the goal",
        "    treated            270 of       900    30.00 %",
        "    held out            45 of       300    15.00 %",
        "    difference   +15.00 points, 95 % interval +9.70 to +19.79; p < 0.0001",
        "    helps",
        "  churn risk, how far it moved",
        "    treated            270 of       900 moved  -11.11 points on average",
        "    held out            45 of       300 moved   -5.57 points on average",
        "    difference   -5.54 points, 95 % interval -7.41 to -3.66; p < 0.0001",
        "    helps",
        "  - Of 900 people assigned to be written to, 900 were sent nothing (900 unattempted). They count as treated:",
    ]


async def test_people_whose_merged_profiles_had_both_arms_are_left_out_of_the_report(
    strict_mongod: Mongod, database: Database, store: MongoExposureStore
) -> None:
    await expose(store, an_exposure(ANN), an_exposure(BOB, "held"), *a_crowd(treated=(90, 9), held=(10, 1)))
    before = json.loads((await uplift(strict_mongod, database, "check-in", "--json")).told)[0]
    await MongoCardStore(database).save([a_card(ANN, members=(BOB,)), a_card(BOB, merged_into=ANN)])

    after = json.loads((await uplift(strict_mongod, database, "check-in", "--json")).told)[0]

    assert (before["mixed"], before["people"]) == (0, {"treated": 91, "held": 11})
    assert (after["mixed"], after["people"]) == (1, {"treated": 90, "held": 10})


async def test_more_people_than_a_page_holds_are_counted(
    strict_mongod: Mongod, database: Database, store: MongoExposureStore
) -> None:
    await expose(store, *a_crowd(treated=(1980, 200), held=(220, 10)))

    (told,) = json.loads((await uplift(strict_mongod, database, "--json")).told)

    assert told["people"] == {"treated": 1980, "held": 220}
    assert (told["effects"][0]["treated"], told["effects"][0]["verdict"]) == (
        {"people": 1980, "reached": 200},
        "helps",
    )


async def test_only_people_exposed_since_then_are_counted_and_only_whose_time_is_over(
    strict_mongod: Mongod, database: Database, store: MongoExposureStore
) -> None:
    times = [
        an_exposure(each, at=NOON + days * DAY, goal_until=NOON + (days + 14) * DAY)
        for each, days in ((ANN, 0), (BOB, 1), (CAT, 2))
    ]
    await expose(store, *times)

    done = await uplift(
        strict_mongod, database, "--json", "--since", "2026-03-02T12:00:00", "--at", "2026-03-16T12:00:00"
    )

    (told,) = json.loads(done.told)
    assert (told["people"], told["running"]) == ({"treated": 1, "held": 0}, 1)


async def test_every_playbook_is_reported_where_none_is_named(
    strict_mongod: Mongod, database: Database, store: MongoExposureStore
) -> None:
    await expose(store, an_exposure(), an_exposure(playbook="win-back"))

    told = (await uplift(strict_mongod, database)).told

    assert [line for line in told.splitlines() if "version" in line] == ["check-in, version 1", "win-back, version 1"]
    assert "of twenty that do nothing" in told


async def test_the_effect_that_would_matter_is_told_in_the_command(
    strict_mongod: Mongod, database: Database, store: MongoExposureStore
) -> None:
    await expose(store, *a_crowd(treated=(400, 50), held=(400, 40), share=0.5))

    told = (await uplift(strict_mongod, database, "check-in", "--effect", "0.2")).told

    assert "an effect of +20.00 points would probably have been seen" in told


async def test_an_unknown_playbook_is_an_error_that_names_those_known(
    strict_mongod: Mongod, database: Database, store: MongoExposureStore
) -> None:
    await expose(store, an_exposure(playbook="retired"))

    done = await uplift(strict_mongod, database, "no_such")

    assert (done.code, done.told) == (1, "")
    assert done.errors.startswith("there is no playbook no_such; known are ")
    assert {"retired", *IN_USE} <= set(re.split("[ ,\n]+", done.errors))


async def test_a_playbook_in_use_to_which_nobody_was_exposed_has_too_few_to_say(
    strict_mongod: Mongod, database: Database
) -> None:
    done = await uplift(strict_mongod, database, IN_USE[0])

    assert (done.code, done.errors) == (0, "")
    assert "too few to say" in done.told
    assert "Nobody is held out whose time is over" in done.told


async def test_with_nobody_exposed_there_is_nothing_to_report(strict_mongod: Mongod, database: Database) -> None:
    assert await uplift(strict_mongod, database) == Done(0, "nobody was exposed to any playbook yet\n", "")
