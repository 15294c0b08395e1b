"""A playbook sent to a segment: one decision for each person in it, through the same gates, whatever is cut short."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from aiokafka import TopicPartition

from fidelio_deploy.kafka import Kafka
from fidelio_deploy.mongo import Mongod
from fidelio_deploy.topics import create_topics
from fidelio_notify.adapters.mongo_masses import Asked
from fidelio_notify.domain.cards import Person
from fidelio_notify.domain.playbooks.model import OnRequest
from fidelio_notify.domain.requests import Request
from fidelio_notify.looking import Looking
from fidelio_notify.partitions import Partitions
from fidelio_notify.sending import Trial, store_all, tried
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.scoring import Membership, SegmentChanged
from fidelio_shared.contracts.topics import PROFILES
from fidelio_shared.messaging.lag import OffsetReader
from fidelio_shared.messaging.publisher import partition_of_key
from fidelio_shared.messaging.settings import KafkaSettings
from fidelio_shared.storage.mongo import Database
from support.gate_cases import ANN, NOON, PLAYBOOK, POLICY, a_consent, a_person
from support.news import a_scoring_cause
from support.notify_commands import run
from support.releases import LATER, Desk, Killed, a_desk, playbooks_of

BY_REQUEST = replace(PLAYBOOK, name="news", trigger=OnRequest())
PLAYBOOKS = playbooks_of(BY_REQUEST, policy=replace(POLICY, mass_per_second=10_000.0))
REQUEST = Request("ab" * 16, BY_REQUEST, "loyal", NOON)
PEOPLE = [ProfileId(hash16("person", number)) for number in range(7)]
FOUR = Partitions(4)


@pytest.fixture
def database(strict_database: Database) -> Database:
    return strict_database


async def belong(desk: Desk, profile: ProfileId, *segments: str, sequence: int = 1) -> None:
    change = SegmentChanged(
        profile=profile,
        epoch=1,
        sequence=sequence,
        revision=7,
        at=NOON,
        cause=a_scoring_cause(),
        definition="shipped-1-00000000",
        entered=(),
        exited=(),
        memberships=tuple(Membership(segment=each, since=NOON) for each in segments),
    )
    await desk.stores.cards.save([change])


async def know_all(desk: Desk, person: Person | None = None, people: Sequence[ProfileId] = PEOPLE) -> None:
    for each in people:
        await desk.know(person, profile=each)
        await belong(desk, each, "loyal", "big")


async def ask(desk: Desk) -> None:
    await desk.stores.masses.ask(REQUEST.mass, Asked("eve", "news", "loyal"), at=REQUEST.at)


async def store(desk: Desk, told: Callable[[int], None] = lambda _: None) -> None:
    await store_all(desk.stores, PLAYBOOKS, REQUEST, FOUR, told=told, page=3)


async def test_everybody_in_the_segment_is_decided_for_on_their_own_partition(database: Database) -> None:
    desk = a_desk(database, playbooks=PLAYBOOKS)
    await know_all(desk)
    await desk.know(profile=ANN)
    await belong(desk, ANN, "big")
    await ask(desk)
    pages: list[int] = []
    await store(desk, pages.append)
    assert pages == [3, 3, 1]

    found = await database.decisions.find({"mass": REQUEST.mass}).hint([("mass", 1)]).to_list()
    assert {each["profile"].hex(): each["partition"] for each in found} == {
        each: partition_of_key(each.encode(), 4) for each in PEOPLE
    }
    assert {(each["reason"]["kind"], each["reason"]["request"], each["reason"]["segment"]) for each in found} == {
        ("request", REQUEST.id, "loyal")
    }


async def test_what_was_cut_short_is_gone_on_with_and_nobody_has_two(database: Database) -> None:
    """Nothing is sent before all is stored: nobody could say how many it concerns."""
    desk = a_desk(database, playbooks=PLAYBOOKS)
    await know_all(desk)
    await ask(desk)
    with pytest.raises(Killed):
        await store(desk, _killed)
    await _release_on_all_partitions(desk)
    assert (await database.decisions.count_documents({"mass": REQUEST.mass}), desk.mail.sent) == (3, [])

    await store(desk)
    await store(desk)
    after = a_desk(database, playbooks=PLAYBOOKS)
    await _release_on_all_partitions(after)
    assert sorted(after.mail.sent) == sorted(REQUEST.decision(each) for each in PEOPLE)


def _killed(_: int) -> None:
    raise Killed


async def _release_on_all_partitions(desk: Desk) -> None:
    desk.release.ownership.owned = frozenset(TopicPartition("scores", each) for each in range(4))
    await desk.release_all(LATER)


async def test_who_became_part_of_somebody_meanwhile_is_not_decided_for_again(database: Database) -> None:
    desk = a_desk(database, playbooks=PLAYBOOKS)
    await know_all(desk)
    await ask(desk)
    await store(desk)
    ann = ProfileId("f" * 32)
    await desk.know(profile=ann, revision=8, members=(PEOPLE[0],))
    await belong(desk, ann, "loyal")
    await desk.know(profile=PEOPLE[0], revision=8, merged_into=ann, state=None)
    await store(desk)

    assert await database.decisions.count_documents({"mass": REQUEST.mass}) == len(PEOPLE)


async def test_the_same_gates_hold_for_what_is_sent_on_request(database: Database) -> None:
    desk = a_desk(database, playbooks=PLAYBOOKS)
    await know_all(desk, people=PEOPLE[:3])
    await know_all(desk, a_person(consents=(a_consent(status="denied"),)), people=PEOPLE[3:])
    await ask(desk)
    await store(desk)
    await _release_on_all_partitions(desk)

    assert sorted(desk.mail.sent) == sorted(REQUEST.decision(each) for each in PEOPLE[:3])
    assert desk.publisher.steps().count("suppressed") == 4


@pytest.mark.parametrize("most", [None, 4])
async def test_a_dry_run_counts_by_channel_and_by_the_first_gate_and_stores_nothing(
    database: Database, most: int | None
) -> None:
    desk = a_desk(database, playbooks=PLAYBOOKS)
    ordered = sorted(PEOPLE)
    await know_all(desk, people=ordered[:3])
    await know_all(desk, a_person(consents=()), people=ordered[3:5])
    await know_all(desk, a_person(identifiers=()), people=ordered[5:])
    looking = Looking(desk.stores, desk.release.judging, desk.release.attempts.writer, LATER)
    counted: list[int] = []
    trial = await tried(looking, PLAYBOOKS, REQUEST, most=most, told=counted.append, page=3)

    if most:
        assert trial == Trial(4, {"email": 3}, {}, {"consent": 1})  # type: ignore[arg-type]
    else:
        assert trial == Trial(7, {"email": 3}, {}, {"consent": 2, "contact": 2})  # type: ignore[arg-type]
    assert await database.decisions.find({"mass": REQUEST.mass}).hint([("mass", 1)]).to_list() == []
    assert await desk.stores.masses.latest() == []


async def test_a_send_is_asked_for_and_gone_on_with_by_the_command(
    strict_mongod: Mongod, kafka: Kafka, database: Database
) -> None:
    await asyncio.to_thread(create_topics, kafka.bootstrap, [PROFILES])
    desk = a_desk(database, playbooks=PLAYBOOKS)
    await know_all(desk)
    settings = {
        "FIDELIO_SUPPRESSION_KEY": "a secret of the tests",
        "FIDELIO_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap,
    }
    arguments = ("send", "check_in_when_churn_risk_rises", "loyal", "--by", "Eve")
    code, told, errors = await run(strict_mongod, database, *arguments, **settings)
    (mass,) = await desk.stores.masses.latest()
    request = mass.name.removeprefix("request:")
    expected = f"request {request}: check_in_when_churn_risk_rises to loyal; 7 decisions are released at 20 a second"
    assert (code, told, mass.is_whole) == (0, [expected], True)
    assert f"--request {request}" in errors

    again = await run(strict_mongod, database, *arguments, "--request", request, **settings)
    assert (again.code, again.told) == (0, [expected])
    other = await run(
        strict_mongod, database, "send", "win_back", "loyal", "--by", "Eve", "--request", request, **settings
    )
    assert (other.code, other.errors) == (1, f"request {request} is another one; leave --request out to begin anew\n")
    nobody = await run(strict_mongod, database, "send", "win_back", "nobody", "--by", "Eve", **settings)
    assert (nobody.code, nobody.told) == (1, [])
    assert nobody.errors.startswith("nobody is in a segment nobody")

    reader = OffsetReader(KafkaSettings(bootstrap_servers=kafka.bootstrap))
    count = len(await reader.ends((PROFILES.name,)))
    await reader.close()
    stored = await database.decisions.find({"mass": mass.name}).hint([("mass", 1)]).to_list()
    assert {each["partition"] for each in stored} == {partition_of_key(each.encode(), count) for each in PEOPLE}


async def test_a_dry_run_of_the_command_says_what_it_looked_at(strict_mongod: Mongod, database: Database) -> None:
    desk = a_desk(database, playbooks=PLAYBOOKS)
    await know_all(desk)
    arguments = ("send", "check_in_when_churn_risk_rises", "loyal", "--by", "Eve", "--dry-run", "--most", "5")
    done = await run(strict_mongod, database, *arguments, FIDELIO_SUPPRESSION_KEY="a secret of the tests")
    assert (done.code, done.told) == (
        0,
        [
            "5 people of 7, a sample; stored nothing. Each was judged alone, without other messages that wait.",
            f"  {'sent now by email':<40} {5:>9}",
        ],
    )
