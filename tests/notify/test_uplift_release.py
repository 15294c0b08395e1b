"""From the release of a playbook that holds people out to the report on it: on a real ledger."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from fidelio_deploy.mongo import Mongod
from fidelio_notify.__main__ import main
from fidelio_notify.decoding import News
from fidelio_notify.domain.playbooks.model import Goal, Variant
from fidelio_notify.domain.uplift.exposures import Exposure
from fidelio_notify.handlers import NotifyHandlers
from fidelio_notify.providers import Refused, Unknown
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.messaging.batch import Batch, Decoded
from fidelio_shared.storage.mongo import Database
from support.gate_cases import PLAYBOOK, STEP, a_proposal
from support.incoming import a_record
from support.releases import LATER, Desk, a_desk, a_snapshot, playbooks_of
from support.uplift_people import did, risk_after, scored

DAY = timedelta(days=1)
HALVED = replace(PLAYBOOK, holdout=0.5, goal=Goal(frozenset({"order.placed"}), 14 * DAY))
PEOPLE = [ProfileId(hash16("person", number)) for number in range(16)]


@pytest.fixture
def database(strict_database: Database) -> Database:
    return strict_database


async def think_of_everybody(desk: Desk) -> None:
    await desk.stores.cards.save([a_snapshot(profile=each) for each in PEOPLE])
    await desk.propose(*(a_proposal(each, profile=each) for each in PEOPLE))
    await desk.release_all()


@pytest.fixture
async def desk(database: Database) -> Desk:
    """Everybody was thought of, and written to or held out."""
    desk = a_desk(database, playbooks=playbooks_of(HALVED))
    desk.mail.answers[:] = [Refused("550"), Unknown()]
    await think_of_everybody(desk)
    return desk


async def exposures(desk: Desk) -> Sequence[Exposure]:
    return await desk.stores.exposures.of((HALVED.name, each) for each in PEOPLE)


async def report(mongod: Mongod, database: Database) -> dict[str, object]:
    told = {"FIDELIO_MONGO_URI": mongod.uri, "FIDELIO_NOTIFY_DATABASE": database.name}
    done = await asyncio.to_thread(CliRunner().invoke, main, ["uplift", HALVED.name, "--json"], env=told)
    assert done.exit_code == 0, done.stderr
    (found,) = json.loads(done.stdout)
    return found


async def hear(desk: Desk, *news: News) -> None:
    handlers = NotifyHandlers(desk.stores, desk.release.in_use, desk.publisher, desk.release.times, lambda _: None)
    items = tuple(Decoded(a_record(b"", topic="profiles"), each) for each in news)
    await handlers.follow_news(Batch(items, still_owned=lambda: True, check_age=lambda: None))


async def test_the_report_counts_everybody_as_they_were_assigned_and_says_whom_no_message_reached(
    strict_mongod: Mongod, database: Database, desk: Desk
) -> None:
    found = await exposures(desk)
    treated = sum(each.arm == "treated" for each in found)

    told = await report(strict_mongod, database)

    assert len(desk.mail.orders) == treated
    assert (told["people"], told["unsent"]) == (
        {"treated": treated, "held": len(PEOPLE) - treated},
        {"refused": 1, "unknown": 1},
    )


async def test_what_a_person_does_next_is_marked_for_whoever_was_exposed(desk: Desk) -> None:
    one, other = PEOPLE[:2]
    await hear(desk, did(one, "order.placed", LATER + DAY), scored(other, 0.25, LATER + DAY))
    await hear(desk, did(one, "order.placed", LATER + DAY), did(other, "visit.made", LATER + DAY))

    marked = {each.profile: (each.goal_at, each.risk_after) for each in await exposures(desk)}
    assert {profile: what for profile, what in marked.items() if what != (None, None)} == {
        one: (LATER + DAY, None),
        other: (None, risk_after(0.25, LATER + DAY)),
    }


async def test_a_score_alone_of_whom_somebody_became_is_marked_for_them(desk: Desk) -> None:
    exposed, winner = PEOPLE[0], ProfileId(hash16("person", "winner"))
    await hear(desk, a_snapshot(profile=winner, members=(exposed,)))
    await hear(desk, scored(winner, 0.25, LATER + DAY))

    marked = {each.profile: each.risk_after for each in await exposures(desk) if each.risk_after}
    assert marked == {exposed: risk_after(0.25, LATER + DAY)}


async def test_of_whoever_is_erased_no_exposure_is_left(desk: Desk) -> None:
    await hear(desk, a_snapshot(profile=PEOPLE[0], revision=8, erased_at=LATER))

    assert {each.profile for each in await exposures(desk)} == set(PEOPLE[1:])


async def test_variants_are_told_apart_where_nobody_is_held_out(database: Database) -> None:
    variants = (Variant("plain", 0.5, "hello"), Variant("warm", 0.5, "dear"))
    desk = a_desk(database, playbooks=playbooks_of(replace(PLAYBOOK, steps=(replace(STEP, variants=variants),))))
    await think_of_everybody(desk)

    found = await exposures(desk)
    drawn = Counter(each.variant for each in found)
    assert {each.arm for each in found} == {"treated"}
    assert Counter(each.letter.text for each in desk.mail.orders) == {
        "hello by email": drawn["plain"],
        "dear by email": drawn["warm"],
    }


async def test_what_is_compared_with_nothing_is_no_exposure(database: Database) -> None:
    desk = a_desk(database)
    await desk.know(profile=PEOPLE[0])
    await desk.propose(a_proposal(profile=PEOPLE[0]))
    await desk.release_all()

    assert (len(desk.mail.orders), await exposures(desk)) == (1, [])
