"""What concerns very many people waits for a person, says so, and is let go or closed by their word."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from fidelio_deploy.mongo import Mongod
from fidelio_notify.adapters.mongo_masses import Asked
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.storage.mongo import Database
from support.gate_cases import NOON, PLAYBOOK, POLICY, a_proposal
from support.notify_commands import Done, run
from support.releases import LATER, Desk, a_desk, playbooks_of

NEW = "definition:new"
PLAYBOOKS = playbooks_of(PLAYBOOK, policy=replace(POLICY, mass_threshold=3, mass_per_second=1000.0))
PEOPLE = [ProfileId(hash16("person", number)) for number in range(4)]
KEY = {"FIDELIO_SUPPRESSION_KEY": "a secret of the tests"}


@pytest.fixture
def database(strict_database: Database) -> Database:
    return strict_database


async def masses(mongod: Mongod, database: Database, *arguments: str) -> Done:
    return await run(mongod, database, "masses", *arguments, **KEY)


def a_later_desk(database: Database) -> Desk:
    """Of a process that has just looked at what people said."""
    return a_desk(database, playbooks=PLAYBOOKS, now=LATER + timedelta(minutes=1))


async def propose(desk: Desk, people: Sequence[ProfileId] = PEOPLE, mass: str = NEW) -> None:
    for person in people:
        await desk.know(profile=person)
    await desk.stores.masses.add([mass], at=NOON)
    await desk.propose(*(a_proposal(f"{mass} {each}", profile=each, mass=mass) for each in people))


async def test_what_waits_says_so_once_and_is_sent_after_the_yes(database: Database) -> None:
    desk = a_desk(database, playbooks=PLAYBOOKS)
    await propose(desk)
    await desk.release_all()
    await desk.release_all()
    await a_later_desk(database).release_all()
    assert (desk.mail.sent, sorted(desk.publisher.steps())) == ([], ["decided"] * 4 + ["deferred"] * 4)
    waiting = {"gate": "approval", "passed": False, "reason": "waiting"}
    told = [each for each in desk.publisher.told() if each["step"] == "deferred"]
    assert [[each["verdicts"], each["until"]] for each in told] == [
        [[{**waiting, "channel": None, "until": None}], None]
    ] * 4

    await desk.stores.masses.say(NEW, is_approved=True, by="eve", at=NOON)
    after = a_later_desk(database)
    await after.release_all()
    assert len(after.mail.sent) == 4
    assert after.publisher.steps() == ["sent"] * 4


async def test_what_was_refused_is_closed_and_says_so(database: Database) -> None:
    desk = a_desk(database, playbooks=PLAYBOOKS)
    await propose(desk)
    await desk.release_all()
    await desk.stores.masses.say(NEW, is_approved=False, by="eve", at=NOON)
    after = a_later_desk(database)
    await after.release_all()

    assert (after.mail.sent, after.publisher.steps()) == ([], ["suppressed"] * 4)
    assert after.publisher.refusals() == {"approval": "refused"}
    assert not await desk.stores.masses.say(NEW, is_approved=True, by="eve", at=NOON)


async def test_a_mass_cause_that_came_since_the_last_look_is_looked_at_before_it_is_released(
    database: Database,
) -> None:
    desk = a_desk(database, playbooks=PLAYBOOKS)
    await desk.release_all()
    await propose(desk)
    await desk.release_all()
    assert desk.mail.sent == []
    await propose(desk, PEOPLE[:2], mass="definition:small")
    await desk.release_all()
    assert len(desk.mail.sent) == 2


async def test_what_waits_stands_for_no_other_message_of_its_person(database: Database) -> None:
    desk = a_desk(database, playbooks=PLAYBOOKS)
    await desk.release_all()
    await propose(desk)
    await desk.propose(a_proposal("her own", profile=PEOPLE[0], caused_at=NOON - timedelta(hours=2)))
    await desk.release_all()
    assert desk.mail.sent == [a_proposal("her own").decision]


async def test_a_send_that_is_not_stored_to_its_end_is_held_whatever_was_said(database: Database) -> None:
    desk = a_desk(database, playbooks=PLAYBOOKS)
    await desk.stores.masses.ask("request:1", Asked("eve", "hello", "loyal"), at=NOON)
    await propose(desk, PEOPLE[:2], mass="request:1")
    await desk.stores.masses.say("request:1", is_approved=True, by="ann", at=NOON)
    await desk.release_all()
    assert desk.publisher.steps() == ["decided"] * 2

    await desk.stores.masses.complete("request:1")
    after = a_later_desk(database)
    await after.release_all()
    assert len(after.mail.sent) == 2


async def test_what_waits_is_listed_and_another_person_approves_it(strict_mongod: Mongod, database: Database) -> None:
    many = [ProfileId(hash16("many", number)) for number in range(1000)]
    desk = a_desk(database)
    assert await masses(strict_mongod, database, "list") == Done(0, ["nothing waits for a person"], "")
    await desk.stores.masses.ask("request:1", Asked("Eve", "hello", "loyal"), at=NOON)
    await desk.propose(*(a_proposal(each, profile=each, mass="request:1") for each in many))
    await desk.stores.masses.complete("request:1")
    await propose(desk)

    listed = [
        "request:1: waits, since 2026-03-01T12:00:00.000Z, asked for by Eve for loyal",
        f"  {'hello':<40} {1000:>9} decisions",
    ]
    assert await masses(strict_mongod, database, "list") == Done(0, listed, "")
    told = "Eve asked for request:1, somebody else has to approve it\n"
    assert await masses(strict_mongod, database, "approve", "request:1", "--by", " eve") == Done(1, [], told)
    approved = await masses(strict_mongod, database, "approve", "request:1", "--by", "Ann")
    assert approved == Done(0, ["approved: request:1; it is released from now on"], "")
    assert await masses(strict_mongod, database, "list") == Done(0, ["nothing waits for a person"], "")
    everything = await masses(strict_mongod, database, "list", "--all")
    assert [each.split(",")[0] for each in everything.told if not each.startswith(" ")] == [
        "request:1: approved by Ann",
        f"{NEW}: needs nobody's word",
    ]


async def test_a_refusal_is_not_taken_back(strict_mongod: Mongod, database: Database) -> None:
    desk = a_desk(database)
    await propose(desk)
    done = await masses(strict_mongod, database, "refuse", NEW, "--by", "Ann")
    assert done == Done(0, [f"refused: {NEW}; what is still open of it is closed"], "")
    told = f"Ann refused {NEW}, and its decisions are closed; send it anew\n"
    assert await masses(strict_mongod, database, "approve", NEW, "--by", "Bob") == Done(1, [], told)
    unknown = await masses(strict_mongod, database, "refuse", "request:9", "--by", "Bob")
    assert unknown == Done(1, [], "there is no mass cause request:9; see `masses list`\n")
