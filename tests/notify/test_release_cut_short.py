"""A process that ends in the middle of a group leaves nothing half decided; two that work at once count each other."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from fidelio_notify.adapters.mongo_decisions import MongoDecisionStore
from fidelio_notify.domain.decisions import Decision
from fidelio_notify.domain.playbooks.model import Cap, Step, Variant
from fidelio_notify.providers import Later, Refused
from fidelio_notify.stores import Stores
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.storage.mongo import Database
from fidelio_shared.storage.suppression import Suppressor
from support.gate_cases import (
    ANN,
    BY_MAIL,
    MAIL,
    NOON,
    PLAYBOOK,
    POLICY,
    STEP,
    a_consent,
    a_person,
    a_proposal,
    hours,
)
from support.releases import LATER, PARTITION, SECRET, Desk, FakeProvider, Killed, a_desk, playbooks_of

BOB = ProfileId(hash16("test", "bob"))
MINUTE = timedelta(minutes=1)
GATHERED = NOON + POLICY.gather
LOUD = replace(PLAYBOOK, name="loud", priority=90)


@pytest.fixture
def database(strict_database: Database) -> Database:
    return strict_database


class EndsBefore:
    """A store with which the process ends when it is about to do that."""

    def __init__(self, store: object, name: str) -> None:
        self._store, self._name = store, name

    def __getattr__(self, name: str) -> Any:
        return _killed if name == self._name else getattr(self._store, name)


async def _killed(*_: object, **__: object) -> None:
    raise Killed


def ending_before(database: Database, name: str) -> Stores:
    stores = Stores.of(database, Suppressor(SECRET))
    return replace(stores, decisions=EndsBefore(stores.decisions, name))


async def test_who_stands_for_others_is_written_to_at_once_after_a_crash_though_not_due_alone(
    database: Database,
) -> None:
    inform = playbooks_of(PLAYBOOK, LOUD)
    desk = a_desk(database, playbooks=inform, stores=ending_before(database, "begin"), now=GATHERED)
    await desk.know()
    await desk.propose(a_proposal("first"), a_proposal("loud", playbook="loud", release_at=NOON + 4 * MINUTE))
    with pytest.raises(Killed):
        await desk.release_all()
    next_ = a_desk(database, playbooks=inform, now=GATHERED)
    await next_.release_all()

    assert next_.mail.sent == [a_proposal("loud").decision]


@pytest.mark.parametrize("name", ["close_unattempted", "defer"])
async def test_who_is_put_off_for_others_too_leaves_none_of_them_behind_in_a_crash(
    name: str, database: Database
) -> None:
    """Else those would be written to now, and this one later."""
    policy = replace(POLICY, quiet=(hours("12:00-20:00", frozenset({"sms"})),))
    by_text = replace(LOUD, steps=(replace(STEP, channels=("sms",)),))
    inform = playbooks_of(PLAYBOOK, by_text, policy=policy)
    texts = FakeProvider()
    desk = a_desk(
        database, playbooks=inform, providers={"sms": texts}, stores=ending_before(database, name), now=GATHERED
    )
    await desk.know(a_person(consents=(a_consent(), a_consent(channel="sms"))))
    await desk.propose(a_proposal("first"), a_proposal("loud", playbook="loud"))
    with pytest.raises(Killed):
        await desk.release_all()
    next_ = a_desk(database, playbooks=inform, providers={"sms": texts}, now=GATHERED)
    await next_.release_all()

    assert (next_.mail.sent, texts.sent) == ([], [])
    told = [*desk.publisher.told(), *next_.publisher.told()]
    assert sorted(each["step"] for each in told) == ["decided", "decided", "deferred", "suppressed"]


async def test_a_dead_address_is_remembered_though_the_process_ends_before_its_attempt_does(database: Database) -> None:
    desk = a_desk(database, stores=ending_before(database, "end"))
    desk.mail.answers = [Refused("550 5.1.1", is_address_dead=True)]
    await desk.know()
    await desk.propose(a_proposal())
    with pytest.raises(Killed):
        await desk.release_all()

    assert set(await desk.stores.unwanted.of([BY_MAIL])) == {MAIL}


async def test_the_next_step_of_somebody_who_became_part_of_another_waits_for_no_card_in_vain(
    database: Database,
) -> None:
    """What the first step had seen was a revision of who they were before."""
    again = Step(after=timedelta(hours=1), channels=("email",), variants=(Variant("only", 1.0, "again"),))
    desk = a_desk(database, playbooks=playbooks_of(replace(PLAYBOOK, steps=(STEP, again))))
    await desk.know(profile=BOB, revision=8, merged_into=ANN, state=None)
    await desk.know(revision=3, members=(BOB,))
    await desk.propose(a_proposal(profile=BOB, revision=7))
    await desk.release_all()
    await desk.release_all(LATER + timedelta(hours=2))

    assert [each.letter.text for each in desk.mail.orders] == ["hello by email", "again by email"]


async def test_reasons_of_who_became_one_person_become_one_message_whoever_comes_first(database: Database) -> None:
    """Also where only the winner's news has been stored yet."""
    desk = a_desk(database, playbooks=playbooks_of(PLAYBOOK, LOUD))
    await desk.know(profile=BOB)
    await desk.know(revision=8, members=(BOB,))
    await desk.propose(a_proposal("bob's", profile=BOB, playbook="loud", release_at=NOON + MINUTE), a_proposal("ann's"))
    await desk.release_all(GATHERED)

    assert desk.mail.sent == [a_proposal("bob's").decision]
    assert sorted(desk.publisher.steps()) == ["decided", "decided", "sent", "suppressed"]


async def test_of_two_that_write_to_one_person_at_once_the_later_counts_what_the_other_did(database: Database) -> None:
    assert await _two_at_once(database) == [a_proposal("first").decision]


async def test_who_does_not_count_again_is_found_out(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    contacted = MongoDecisionStore.contacted

    async def not_again(self: MongoDecisionStore, profiles: Any, since: Any, session: object = None) -> Any:
        return {} if session else await contacted(self, profiles, since)

    monkeypatch.setattr(MongoDecisionStore, "contacted", not_again)
    assert await _two_at_once(database) == [a_proposal("first").decision, a_proposal("second").decision]


async def test_who_does_not_look_at_the_card_again_overlooks_a_withdrawal(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test that it holds while its page is worked on."""
    begin = MongoDecisionStore.begin

    async def blindly(self: MongoDecisionStore, decision: Any, **known: Any) -> bool:
        return await begin(self, decision, **{**known, "may": lambda *_: True})

    monkeypatch.setattr(MongoDecisionStore, "begin", blindly)
    desk = a_desk(database)
    await desk.know()
    await desk.propose(a_proposal())
    await desk.release_all(NOON)
    decided = await desk.release.judging.judge(await _due(desk, LATER), LATER, _nothing_held)
    await desk.know(a_person(consents=(a_consent(status="denied"),)), revision=8)
    await desk.release.attempts.all(decided.winners, judged_at=time.monotonic())

    assert desk.mail.sent == [a_proposal().decision]


async def _two_at_once(database: Database) -> list[str]:
    """Two desks have judged one message each for one person, who may be sent one a day; then both go on."""
    one_a_day = replace(POLICY, caps=(Cap(1, timedelta(days=1)),))
    desk, other = (a_desk(database, playbooks=playbooks_of(PLAYBOOK, policy=one_a_day), owner=each) for each in "ab")
    desk.mail.answers = [Later("451", after=timedelta(hours=2))]
    await desk.know()
    await desk.propose(a_proposal("first"))
    await desk.release_all(GATHERED)
    desk.mail.orders.clear()
    await desk.propose(a_proposal("second", release_at=NOON + timedelta(minutes=20)))
    await desk.release_all(GATHERED)
    afterwards = [
        (each, await each.release.judging.judge(await _due(each, now), now, _nothing_held))
        for each, now in ((desk, LATER + timedelta(hours=3)), (other, LATER))
    ]
    for each, decided in afterwards:
        await each.release.attempts.all(decided.winners, judged_at=time.monotonic())
    return desk.mail.sent + other.mail.sent


async def _due(desk: Desk, now: datetime) -> Sequence[Decision]:
    return await desk.stores.decisions.due([PARTITION], now, of_masses=False, limit=10)


async def _nothing_held(_: object) -> frozenset[str]:
    return frozenset()
