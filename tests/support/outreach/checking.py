"""What must be true of a run, each with the name under which it is found missing."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fidelio_notify.domain.playbooks.model import Playbook, Playbooks, SegmentEntered
from fidelio_notify.domain.proposals import decision_id, step_id
from fidelio_shared.contracts.profile import ProfileSnapshot, ProfileState
from fidelio_shared.contracts.scoring import SegmentChanged
from support.outreach.behaviour import behaviour_of
from support.outreach.ledger import Entry
from support.outreach.oracle import KNOW_THEIR_ORDERS, Told, ask, consent_of, is_asleep
from support.outreach.recording import Taken
from support.outreach.run import Run
from support.outreach.world import World

MORE_UNKNOWN = "more is unknown than there were kills"
ANOTHER_SET = "other messages are accepted than the oracle says"
ANOTHER_END = "decisions end otherwise than the oracle says"
TWICE = "a decision is accepted twice"
TOO_MANY = "more in a window than the cap allows"
WOKEN = "somebody is written to in quiet hours"
NO_CONSENT = "somebody is written to without consent"
NO_PROOF = "the ledger does not prove the consent"
LEFT = "something is left open or unsaid"


@dataclass(frozen=True, slots=True)
class Judged:
    """`differing`: decisions that end otherwise than they should, with how; for whoever looks for the cause."""

    violations: tuple[str, ...]
    interrupted: int
    differing: Mapping[str, tuple[str | None, str | None]]


@dataclass(frozen=True, slots=True)
class _Received:
    """A message, and what was true of its recipient then."""

    taken: Taken
    playbook: Playbook
    state: ProfileState | None

    @property
    def at(self) -> datetime:
        return self.taken.at


def judge_run(world: World, run: Run, playbooks: Playbooks, holdout_key: bytes) -> Judged:
    """Of people who were erased since, the ledger does not tell any more which of their messages are unknown: those
    that differ are counted as such."""
    interrupted = {
        decision: each.attempted_at
        for decision, each in run.ledger.items()
        if each.is_interrupted and each.attempted_at
    }
    told = ask(world, playbooks, holdout_key, interrupted)
    received = list(_received(world, run, playbooks))
    others = {each.decision for each in run.taken} ^ told.accepted.keys()
    forgotten = {each for each in others if each not in run.ledger and each not in told.ends}
    differing = dict(_differing(told, run))
    found = {
        MORE_UNKNOWN: len(interrupted) + len(forgotten) > run.kills
        or not all(_is_beyond_knowledge(each, run.ledger[each]) for each in interrupted),
        ANOTHER_SET: bool(others - interrupted.keys() - forgotten),
        ANOTHER_END: bool(differing),
        TWICE: any(count > 1 for count in Counter(each.decision for each in run.taken).values()),
        TOO_MANY: any(_is_too_many(each, received, playbooks) for each in received),
        WOKEN: any(
            each.state is None or is_asleep(playbooks, each.state, each.taken.channel, each.at) for each in received
        ),
        NO_CONSENT: not all(_is_entitled(each) for each in received),
        NO_PROOF: any(_lacks_proof(each, run) for each in received),
        LEFT: any(each.state != "closed" or not each.is_announced for each in run.ledger.values()),
    }
    return Judged(tuple(name for name, is_so in found.items() if is_so), len(interrupted) + len(forgotten), differing)


def _is_beyond_knowledge(decision: str, entry: Entry) -> bool:
    """Its provider does not know its orders again; or it does, and did not take it."""
    return entry.channel not in KNOW_THEIR_ORDERS or behaviour_of(decision, entry.channel) in ("busy", "refuses")


def _differing(told: Told, run: Run) -> Iterator[tuple[str, tuple[str | None, str | None]]]:
    for decision in sorted(told.ends.keys() | run.ledger.keys()):
        meant, entry = told.ends.get(decision), run.ledger.get(decision)
        if meant != (entry.step if entry else None):
            yield decision, (meant, entry.step if entry else None)


def _received(world: World, run: Run, playbooks: Playbooks) -> Iterator[_Received]:
    whose = dict(_playbooks_of(world, playbooks))
    holders: dict[str, ProfileSnapshot] = {}
    taken: dict[datetime, list[Taken]] = {}
    for each in run.taken:
        taken.setdefault(each.at, []).append(each)
    for step in world.steps:
        for each in step.news:
            if isinstance(each, ProfileSnapshot):
                _note(holders, each)
        for one in taken.get(step.at, ()):
            holder = holders.get(one.address)
            yield _Received(one, whose[one.decision], holder.state if holder else None)


def _note(holders: dict[str, ProfileSnapshot], snapshot: ProfileSnapshot) -> None:
    if snapshot.state:
        holders |= {each.value: snapshot for each in snapshot.state.identifiers}
    elif snapshot.erased_at:
        gone = [address for address, each in holders.items() if each.profile == snapshot.profile]
        for each in gone:
            del holders[each]


def _playbooks_of(world: World, playbooks: Playbooks) -> Iterator[tuple[str, Playbook]]:
    for change in (each for step in world.steps for each in step.news if isinstance(each, SegmentChanged)):
        for playbook in playbooks.playbooks:
            assert isinstance(playbook.trigger, SegmentEntered)
            segment = playbook.trigger.segment
            if segment in change.entered:
                root = decision_id(playbook.name, change.profile, change.epoch, change.sequence, segment)
                yield from ((step_id(root, number), playbook) for number in range(len(playbook.steps)))


def _is_woken(message: _Received, playbooks: Playbooks) -> bool:
    return message.state is None or is_asleep(playbooks, message.state, message.taken.channel, message.at)


def _is_too_many(message: _Received, received: Sequence[_Received], playbooks: Playbooks) -> bool:
    if message.state is None or message.playbook.is_transactional:
        return False
    theirs = {each.value for each in message.state.identifiers}
    before = [
        each
        for each in received
        if each.taken.address in theirs and not each.playbook.is_transactional and each.at <= message.at
    ]
    return any(
        sum(message.at - each.at < cap.window and cap.channel in (None, each.taken.channel) for each in before)
        > cap.most
        for cap in playbooks.policy.caps
        if cap.channel in (None, message.taken.channel)
    )


def _is_entitled(message: _Received) -> bool:
    return message.state is not None and (
        message.playbook.is_transactional
        or consent_of(message.state, message.playbook.purpose, message.taken.channel, message.at) is not None
    )


def _lacks_proof(message: _Received, run: Run) -> bool:
    entry = run.ledger.get(message.taken.decision)
    if message.playbook.is_transactional or message.state is None or entry is None or entry.step != "sent":
        return False
    consent = consent_of(message.state, message.playbook.purpose, message.taken.channel, message.at)
    return consent is None or entry.interaction != consent.id
