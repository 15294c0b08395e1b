"""From a decision to a message, or to none: on a real ledger."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from fidelio_notify.adapters.mongo_unwanted import Unwanted
from fidelio_notify.domain.playbooks.model import Cap, Step, Variant
from fidelio_notify.providers import Later, Refused, Unknown
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.storage.mongo import Database
from support.gate_cases import (
    ANN,
    BY_MAIL,
    BY_PHONE,
    MAIL,
    NOON,
    OWED,
    PLAYBOOK,
    POLICY,
    STEP,
    a_consent,
    a_person,
    a_proposal,
)
from support.releases import LATER, PARTITION, FakeProvider, Killed, a_desk, playbooks_of

BOB = ProfileId(hash16("test", "bob"))
ONE_A_DAY = replace(POLICY, caps=(Cap(1, timedelta(days=1)),))


@pytest.fixture
def database(strict_database: Database) -> Database:
    return strict_database


async def test_a_decision_is_announced_sent_once_and_stands_on_its_channel(database: Database) -> None:
    desk = a_desk(database)
    await desk.know()
    for _ in range(3):
        await desk.propose(a_proposal())
        await desk.release_all()

    assert desk.mail.sent == [a_proposal().decision]
    assert (desk.mail.orders[0].to, desk.mail.orders[0].letter.text) == (MAIL, "hello by email")
    assert desk.publisher.steps() == ["decided", "sent"]
    assert [each.topic for each in desk.publisher.records] == ["notifications", "notifications", "channels.email"]


async def test_a_consent_withdrawn_between_decision_and_release_holds(database: Database) -> None:
    desk = a_desk(database)
    await desk.know()
    await desk.propose(a_proposal())
    await desk.know(a_person(consents=(a_consent(status="denied"),)), revision=8)
    await desk.release_all()

    assert desk.mail.sent == []
    assert desk.publisher.refusals() == {"consent": "denied"}


async def test_a_consent_withdrawn_while_its_page_is_worked_on_holds(database: Database) -> None:
    """The card is read again in the transaction that records the attempt."""
    desk = a_desk(database)
    await desk.know()
    await desk.propose(a_proposal())
    await desk.release_all(NOON)
    due = await desk.stores.decisions.due([PARTITION], LATER, of_masses=False, limit=10)
    decided = await desk.release.judging.judge(due, LATER, desk.release.mass.held_of)
    await desk.know(a_person(consents=(a_consent(status="denied"),)), revision=8)
    await desk.release.attempts.all(decided.winners, judged_at=time.monotonic())

    assert (len(decided.winners), desk.mail.sent) == (1, [])


async def test_an_older_card_does_not_bring_a_consent_back(database: Database) -> None:
    desk = a_desk(database)
    await desk.know(a_person(consents=()), revision=8)
    await desk.know(revision=7)
    await desk.propose(a_proposal())
    await desk.release_all()

    assert desk.mail.sent == []
    assert desk.publisher.refusals() == {"consent": "unknown"}


async def test_several_reasons_at_once_become_one_message(database: Database) -> None:
    loud = replace(PLAYBOOK, name="loud", priority=90)
    desk = a_desk(database, playbooks=playbooks_of(PLAYBOOK, loud))
    await desk.know()
    await desk.propose(a_proposal("quiet"), a_proposal("loud", playbook="loud", release_at=NOON + timedelta(minutes=4)))
    await desk.release_all()

    assert desk.mail.sent == [a_proposal("loud").decision]
    assert sorted(desk.publisher.steps()) == ["decided", "decided", "sent", "suppressed"]
    (lost,) = (each for each in desk.publisher.told() if each["step"] == "suppressed")
    assert (lost["superseded_by"], lost["verdicts"][-1]["reason"]) == (a_proposal("loud").decision, "superseded")


async def test_what_comes_after_the_first_has_gathered_is_another_message(database: Database) -> None:
    desk = a_desk(database)
    await desk.know()
    await desk.propose(a_proposal("first"), a_proposal("second", release_at=NOON + timedelta(minutes=6)))
    await desk.release_all()

    assert desk.mail.sent == [a_proposal("first").decision, a_proposal("second").decision]


async def test_a_cap_holds_for_all_profiles_that_became_one_person(database: Database) -> None:
    desk = a_desk(database, playbooks=playbooks_of(PLAYBOOK, OWED, policy=ONE_A_DAY))
    await desk.know()
    await desk.know(profile=BOB)
    await desk.propose(a_proposal("to bob", profile=BOB))
    await desk.release_all()
    await desk.know(profile=BOB, revision=8, merged_into=ANN, state=None)
    await desk.know(revision=8, members=(BOB,))
    await desk.propose(a_proposal("to ann", release_at=LATER), a_proposal("late to bob", profile=BOB))
    await desk.release_all(LATER + timedelta(hours=1))

    assert desk.mail.sent == [a_proposal("to bob").decision]
    lost = [each for each in desk.publisher.told() if each["step"] == "suppressed"]
    assert [(each["profile"], each["verdicts"][-1]["gate"]) for each in lost] == [(ANN, "cap"), (ANN, "cap")]


async def test_what_is_owed_is_sent_at_once_and_is_no_part_of_a_cap(database: Database) -> None:
    desk = a_desk(database, playbooks=playbooks_of(PLAYBOOK, OWED, policy=ONE_A_DAY))
    await desk.know(a_person(consents=()))
    await desk.propose(a_proposal("one", playbook="owed"), a_proposal("two", playbook="owed"))
    await desk.release_all(NOON)

    assert sorted(desk.mail.sent) == sorted([a_proposal("one").decision, a_proposal("two").decision])


async def test_after_an_attempt_without_an_end_nothing_is_repeated(database: Database) -> None:
    desk = a_desk(database)
    await desk.know()
    await desk.propose(a_proposal())
    desk.mail.answers = [Killed]
    with pytest.raises(Killed):
        await desk.release_all()
    await desk.release_all()

    assert desk.mail.sent == [a_proposal().decision]
    assert (desk.publisher.steps(), desk.publisher.told()[-1]["failure"]) == (["decided", "failed"], "interrupted")


async def test_a_provider_that_knows_its_orders_again_is_asked_again(database: Database) -> None:
    desk = a_desk(database)
    desk.mail.repeats_safely = True
    await desk.know()
    await desk.propose(a_proposal())
    desk.mail.answers = [Killed, Unknown()]
    with pytest.raises(Killed):
        await desk.release_all()
    await desk.release_all()

    assert desk.mail.sent == [a_proposal().decision] * 3
    assert desk.publisher.steps() == ["decided", "sent"]


async def test_what_may_have_gone_out_is_not_sent_again_after_a_withdrawal(database: Database) -> None:
    desk = a_desk(database)
    desk.mail.repeats_safely = True
    await desk.know()
    await desk.propose(a_proposal())
    desk.mail.answers = [Killed]
    with pytest.raises(Killed):
        await desk.release_all()
    await desk.know(a_person(consents=(a_consent(status="denied"),)), revision=8)
    await desk.release_all()

    assert desk.mail.sent == [a_proposal().decision]
    assert (desk.publisher.steps(), desk.publisher.told()[-1]["failure"]) == (["decided", "failed"], "interrupted")


async def test_while_a_lease_runs_nobody_else_closes_the_attempt(database: Database) -> None:
    desk = a_desk(database, lease=timedelta(minutes=5))
    await desk.know()
    await desk.propose(a_proposal())
    desk.mail.answers = [Killed]
    with pytest.raises(Killed):
        await desk.release_all()
    other = a_desk(database, owner="another")
    await other.release_all()

    assert (other.mail.sent, other.publisher.steps()) == ([], [])


async def test_a_provider_that_is_down_costs_no_decision_and_holds_up_no_other_channel(database: Database) -> None:
    texts = FakeProvider()
    by_text = replace(PLAYBOOK, name="text", steps=(replace(STEP, channels=("sms",)),))
    desk = a_desk(database, playbooks=playbooks_of(PLAYBOOK, by_text), providers={"sms": texts})
    desk.mail.is_down = True
    consents = (a_consent(), a_consent(channel="sms"))
    await desk.know(a_person(consents=consents))
    await desk.know(a_person(consents=consents), profile=BOB)
    await desk.propose(a_proposal(), a_proposal("text", playbook="text", profile=BOB))
    await desk.release_all()
    assert (desk.mail.sent, texts.sent) == ([], [a_proposal("text").decision])
    assert desk.release.health.is_waiting_for("smtp")

    desk.mail.is_down = False
    desk.release.attempts.down.clear()
    await desk.release_all(LATER + timedelta(minutes=1))
    assert desk.mail.sent == [a_proposal().decision]
    assert not desk.release.health.is_waiting_for("smtp")


async def test_a_refused_message_is_a_failed_decision_and_counts_for_no_cap(database: Database) -> None:
    desk = a_desk(database, playbooks=playbooks_of(PLAYBOOK, policy=ONE_A_DAY))
    desk.mail.answers = [Refused("550")]
    await desk.know()
    await desk.propose(a_proposal("first"), a_proposal("second", release_at=LATER))
    await desk.release_all(LATER + timedelta(hours=1))

    assert desk.mail.sent == [a_proposal("first").decision, a_proposal("second").decision]
    assert [each["failure"] for each in desk.publisher.told() if each["step"] == "failed"] == ["refused"]


async def test_a_dead_address_is_never_written_to_again(database: Database) -> None:
    desk = a_desk(database)
    desk.mail.answers = [Refused("550 5.1.1", is_address_dead=True)]
    await desk.know()
    await desk.propose(a_proposal("first"), a_proposal("second", release_at=LATER))
    await desk.release_all(LATER + timedelta(hours=1))

    assert desk.mail.sent == [a_proposal("first").decision]
    assert desk.publisher.refusals() == {"suppression_list": "bounced"}
    assert set(await desk.stores.unwanted.of([BY_MAIL])) == {MAIL}


async def test_what_was_put_off_is_offered_again_and_in_the_end_is_stale(database: Database) -> None:
    desk = a_desk(database)
    desk.mail.answers = [Later("451"), Later("451", after=timedelta(days=3))]
    await desk.know()
    await desk.propose(a_proposal())
    await desk.release_all()
    assert len(desk.mail.sent) == 1
    await desk.release_all(LATER + timedelta(minutes=1))
    assert len(desk.mail.sent) == 2
    await desk.release_all(LATER + timedelta(days=4))

    assert len(desk.mail.sent) == 2
    assert (desk.publisher.steps(), desk.publisher.refusals()) == (["decided", "suppressed"], {"freshness": "stale"})
    (kept,) = await database.decisions.find({"_id": bytes.fromhex(a_proposal().decision)}).to_list()
    assert kept["sent"] is None


async def test_where_the_connection_breaks_in_a_message_that_one_alone_is_lost(database: Database) -> None:
    """Nobody knows whether it was taken, so it is not sent again; who comes after it was not attempted at all."""
    desk = a_desk(database)
    desk.mail.answers = [Unknown()]
    people = [ProfileId(hash16("person", number)) for number in range(4)]
    for person in people:
        await desk.know(profile=person)
    await desk.propose(*(a_proposal(each, profile=each) for each in people))
    await desk.release_all()

    assert len(set(desk.mail.sent)) == len(desk.mail.sent) == 4
    assert sorted(desk.publisher.steps()) == ["decided"] * 4 + ["failed"] + ["sent"] * 3
    failed = [each for each in desk.publisher.told() if each["step"] == "failed"]
    assert [(each["failure"], each["message_id"]) for each in failed] == [("unknown", None)]


async def test_a_letter_that_cannot_be_written_fails_alone(database: Database) -> None:
    broken = replace(PLAYBOOK, name="broken", steps=(replace(STEP, variants=(Variant("only", 1.0, "broken"),)),))
    desk = a_desk(database, playbooks=playbooks_of(PLAYBOOK, broken))
    await desk.know()
    await desk.know(profile=BOB)
    await desk.propose(a_proposal(), a_proposal("other", playbook="broken", profile=BOB))
    await desk.release_all()

    assert desk.mail.sent == [a_proposal().decision]
    assert {(each["step"], each["failure"]) for each in desk.publisher.told()} == {
        ("decided", None),
        ("failed", "unwritable"),
        ("sent", None),
    }


async def test_without_a_watermark_nothing_is_released(database: Database) -> None:
    desk = a_desk(database, now=None)
    await desk.know()
    await desk.propose(a_proposal())
    await desk.release_all()

    assert (desk.mail.sent, desk.publisher.steps()) == ([], ["decided"])


async def test_a_decision_ahead_of_its_card_is_deferred_and_makes_room(database: Database) -> None:
    desk = a_desk(database)
    await desk.know(revision=6)
    await desk.propose(a_proposal())
    await desk.release_all()
    assert desk.publisher.steps() == ["decided", "deferred"]
    await desk.know(revision=7)
    await desk.release_all(LATER + timedelta(hours=1))

    assert desk.mail.sent == [a_proposal().decision]
    assert desk.publisher.steps() == ["decided", "deferred", "sent"]


async def test_the_next_step_follows_what_was_sent_unless_its_reason_is_gone(database: Database) -> None:
    later = Step(after=timedelta(days=1), channels=("email",), variants=(Variant("only", 1.0, "again"),))
    desk = a_desk(database, playbooks=playbooks_of(replace(PLAYBOOK, steps=(STEP, later))))
    await desk.know()
    await desk.propose(a_proposal())
    await desk.release_all()
    await desk.release_all(LATER + timedelta(hours=23))
    assert [each.letter.text for each in desk.mail.orders] == ["hello by email"]
    await desk.release_all(LATER + timedelta(hours=25))

    assert [each.letter.text for each in desk.mail.orders] == ["hello by email", "again by email"]


async def test_the_next_step_of_what_was_meant_for_a_merged_profile_is_sent_to_whom_it_became(
    database: Database,
) -> None:
    """Their card's numbers are not those that the reason saw."""
    later = Step(after=timedelta(days=1), channels=("email",), variants=(Variant("only", 1.0, "again"),))
    desk = a_desk(database, playbooks=playbooks_of(replace(PLAYBOOK, steps=(STEP, later))))
    await desk.know(revision=2, members=(BOB,))
    await desk.know(profile=BOB, revision=8, merged_into=ANN, state=None)
    await desk.propose(a_proposal(profile=BOB))
    await desk.release_all()
    await desk.release_all(LATER + timedelta(hours=25))

    assert [each.letter.text for each in desk.mail.orders] == ["hello by email", "again by email"]


async def test_who_is_held_out_is_told_and_nobody_else_changes_it(database: Database) -> None:
    held = replace(PLAYBOOK, holdout=0.5)
    desk = a_desk(database, playbooks=playbooks_of(held))
    people = [ProfileId(hash16("person", number)) for number in range(40)]
    for person in people:
        await desk.know(profile=person)
    await desk.propose(*(a_proposal(each, profile=each) for each in people))
    await desk.release_all()

    told = {each["profile"]: each for each in desk.publisher.told() if each["step"] != "decided"}
    arms = {profile: each["arm"] for profile, each in told.items()}
    assert {each["step"] for each in told.values() if each["arm"] == "held"} == {"suppressed"}
    assert 5 < len(desk.mail.sent) == sum(each == "treated" for each in arms.values()) < 35
    exposed = await desk.stores.exposures.of((held.name, each) for each in people)
    assert {each.profile: each.arm for each in exposed} == arms


async def test_a_mass_cause_waits_for_a_person_and_then_keeps_its_pace(database: Database) -> None:
    policy = replace(POLICY, mass_threshold=3, mass_per_second=1000.0)
    desk = a_desk(database, playbooks=playbooks_of(PLAYBOOK, policy=policy))
    people = [ProfileId(hash16("person", number)) for number in range(4)]
    for person in people:
        await desk.know(profile=person)
    await desk.stores.masses.add(["definition:new"], at=NOON)
    await desk.propose(*(a_proposal(each, profile=each, mass="definition:new") for each in people))
    await desk.release_all()
    assert desk.mail.sent == []

    await desk.stores.masses.say("definition:new", is_approved=True, by="eve", at=NOON)
    waiting = a_desk(database, playbooks=playbooks_of(PLAYBOOK, policy=policy))
    await waiting.release_all()
    assert sorted(waiting.mail.sent) == sorted(a_proposal(each).decision for each in people)


async def test_what_may_have_gone_out_counts_for_the_cap_whatever_its_provider_says_later(database: Database) -> None:
    desk = a_desk(database, playbooks=playbooks_of(PLAYBOOK, policy=ONE_A_DAY))
    desk.mail.repeats_safely = True
    desk.mail.answers = [Killed, Later("503", after=timedelta(hours=2)), Refused("400")]
    await desk.know()
    await desk.propose(a_proposal("first"), a_proposal("second", release_at=LATER))
    with pytest.raises(Killed):
        await desk.release_all()
    await desk.release_all(LATER + timedelta(hours=1))
    await desk.release_all(LATER + timedelta(hours=4))

    assert desk.mail.sent == [a_proposal("first").decision] * 3
    ends = {each["decision"]: each for each in desk.publisher.told() if each["step"] != "decided"}
    assert ends[a_proposal("first").decision]["failure"] == "interrupted"
    assert ends[a_proposal("second").decision]["step"] == "suppressed"


@pytest.mark.parametrize("meanwhile", ["stopped", "unsubscribed"])
async def test_what_people_say_while_a_page_is_worked_on_holds(database: Database, meanwhile: str) -> None:
    desk = a_desk(database)
    await desk.know()
    await desk.propose(a_proposal())
    await desk.release_all(NOON)
    due = await desk.stores.decisions.due([PARTITION], LATER, of_masses=False, limit=10)
    decided = await desk.release.judging.judge(due, LATER, desk.release.mass.held_of)
    if meanwhile == "stopped":
        desk.release.in_use.stopped = frozenset({"*"})
    else:
        await desk.stores.unwanted.add([BY_MAIL], Unwanted("unsubscribed", LATER))
    await desk.release.attempts.all(decided.winners, judged_at=time.monotonic())

    assert (len(decided.winners), desk.mail.sent) == (1, [])


async def test_what_many_others_are_too_comes_last(database: Database) -> None:
    desk = a_desk(database, playbooks=playbooks_of(PLAYBOOK, policy=replace(POLICY, mass_per_second=1000.0)))
    people = sorted(ProfileId(hash16("person", number)) for number in range(3))
    for person in people:
        await desk.know(profile=person)
    await desk.stores.masses.add(["definition:new"], at=NOON)
    await desk.propose(
        *(a_proposal(each, profile=each, mass="definition:new") for each in people[:2]),
        a_proposal("urgent", profile=people[2], release_at=NOON + timedelta(minutes=1)),
    )
    await desk.release_all()

    assert len(desk.mail.sent) == 3
    assert desk.mail.sent[0] == a_proposal("urgent").decision


async def test_who_became_part_of_somebody_is_judged_as_that_person_also_before_their_own_last_word(
    database: Database,
) -> None:
    desk = a_desk(database)
    await desk.know(profile=BOB)
    await desk.know(a_person(consents=(a_consent(status="denied"),)), revision=8, members=(BOB,))
    await desk.propose(a_proposal("to bob", profile=BOB))
    await desk.release_all()

    assert desk.mail.sent == []
    assert (desk.publisher.told()[-1]["profile"], desk.publisher.refusals()) == (ANN, {"consent": "denied"})


async def test_what_is_stored_of_somebody_erased_all_the_same_goes_without_a_word(database: Database) -> None:
    desk = a_desk(database)
    await desk.know(revision=8, erased_at=NOON, state=None)
    await desk.propose(a_proposal())
    await desk.release_all()

    assert await database.decisions.find({"_id": bytes.fromhex(a_proposal().decision)}).to_list() == []
    assert desk.publisher.steps() == ["decided"]
    assert "attempts" not in (await database.contacts.find_one({"_id": bytes.fromhex(ANN)}) or {})


async def test_a_decision_that_nobody_can_take_holds_up_no_other(database: Database) -> None:
    faulty = replace(PLAYBOOK, name="faulty", when=None)  # type: ignore[arg-type]
    desk = a_desk(database, playbooks=playbooks_of(PLAYBOOK, faulty))
    await desk.know()
    await desk.know(profile=BOB)
    await desk.propose(a_proposal("bad", playbook="faulty"), a_proposal("good", profile=BOB))
    await desk.release_all()
    assert desk.mail.sent == [a_proposal("good").decision]

    await desk.release_all(LATER + timedelta(days=3))
    assert desk.publisher.refusals() == {"freshness": "stale"}


async def test_that_a_card_is_waited_for_is_told_once(database: Database) -> None:
    desk = a_desk(database)
    await desk.know(revision=6)
    await desk.propose(a_proposal())
    for minutes in range(30):
        await desk.release_all(LATER + timedelta(minutes=minutes))

    assert desk.publisher.steps() == ["decided", "deferred"]


async def test_an_order_is_not_repeated_to_another_address(database: Database) -> None:
    """The provider would answer for the first one."""
    desk = a_desk(database)
    desk.mail.repeats_safely = True
    desk.mail.answers = [Killed]
    await desk.know()
    await desk.propose(a_proposal())
    with pytest.raises(Killed):
        await desk.release_all()
    await desk.know(a_person(identifiers=(Identifier(kind="email", value="another@example.org"),)), revision=8)
    await desk.release_all()

    assert len(desk.mail.sent) == 1
    assert desk.publisher.told()[-1]["failure"] == "interrupted"
    (kept,) = await database.decisions.find({"_id": bytes.fromhex(a_proposal().decision)}).to_list()
    assert (kept["sent"]["to"], kept["sent"]["message_id"]) == (MAIL, "")


async def test_where_a_message_reaches_nobody_the_next_step_has_its_turn(database: Database) -> None:
    calls = FakeProvider()
    call = Step(after=timedelta(days=1), channels=("sms",), variants=(Variant("only", 1.0, "call"),))
    desk = a_desk(database, playbooks=playbooks_of(replace(OWED, steps=(STEP, call))), providers={"sms": calls})
    desk.mail.answers = [Refused("550")]
    await desk.know()
    await desk.know(a_person(identifiers=(BY_PHONE,)), profile=BOB)
    await desk.propose(a_proposal("refused", playbook="owed"), a_proposal("no mail", playbook="owed", profile=BOB))
    await desk.release_all()
    await desk.release_all(LATER + timedelta(hours=25))

    assert len(calls.sent) == 2


async def test_a_provider_that_is_slow_to_connect_gets_one_message_a_page(database: Database) -> None:
    desk = a_desk(database)
    await desk.know()
    await desk.know(profile=BOB)
    await desk.propose(a_proposal("one"), a_proposal("two", profile=BOB))
    await desk.release_all(NOON)
    due = await desk.stores.decisions.due([PARTITION], LATER, of_masses=False, limit=10)
    decided = await desk.release.judging.judge(due, LATER, desk.release.mass.held_of)
    await desk.release.attempts.all(decided.winners, judged_at=time.monotonic() - 60)

    assert (len(decided.winners), len(desk.mail.sent)) == (2, 1)
