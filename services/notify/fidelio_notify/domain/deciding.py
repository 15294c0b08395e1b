"""What becomes of the decisions that belong together: one is carried out, the others are not, and each says why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fidelio_notify.domain.choosing import choose
from fidelio_notify.domain.decisions import Decision
from fidelio_notify.domain.gates.best_hour import wanted_at
from fidelio_notify.domain.gates.case import Arm, Case
from fidelio_notify.domain.judging import Allowed, Deferred, Judgement, Suppressed, judge
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.notify import Verdict

_HELD_OUT = Verdict(gate="holdout", passed=False, reason="held_out")
_WITHDRAWN = Verdict(gate="switch", passed=False, reason="withdrawn")
_WAITING = Verdict(gate="approval", passed=False, reason="waiting")
_REFUSED = Verdict(gate="approval", passed=False, reason="refused")
_STALE = Verdict(gate="freshness", passed=False, reason="stale")
_AFTER_A_BUG = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Winner:
    """A decision that may be carried out, by what was known at `case.now`."""

    decision: Decision
    case: Case
    allowed: Allowed


@dataclass(frozen=True, slots=True)
class Move:
    """The profile `origin` has become part of `to`, whose key is on `partition`."""

    decision: str
    origin: ProfileId
    to: ProfileId
    partition: int


@dataclass(slots=True)
class Decided:
    """`held`: would have been written to, and are not, so that it can be told what writing does. `moved`: of people who
    are other profiles now. `put_off`: without a word, until when. `gone`: of people who were erased."""

    winners: list[Winner] = field(default_factory=list)
    deferred: list[Decision] = field(default_factory=list)
    suppressed: list[Decision] = field(default_factory=list)
    held: list[tuple[Decision, Case]] = field(default_factory=list)
    moved: list[Move] = field(default_factory=list)
    put_off: list[tuple[str, datetime]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    def add(self, other: "Decided") -> None:
        self.winners += other.winners
        self.deferred += other.deferred
        self.suppressed += other.suppressed
        self.held += other.held
        self.put_off += other.put_off

    def fail(self, decision: Decision, now: datetime) -> None:
        """Nobody could decide, because of a bug."""
        if now > decision.proposal.deadline:
            self.suppressed.append(_suppressed(decision, now, (_STALE,)))
        else:
            self.put_off.append((decision.id, now + _AFTER_A_BUG))

    def withdraw(self, decision: Decision, now: datetime) -> None:
        """Its playbook, or this step of it, is no more."""
        self.suppressed.append(_suppressed(decision, now, (_WITHDRAWN,)))


def decide(group: Sequence[tuple[Decision, Case]], arms: Mapping[str, Arm], decided: Decided) -> None:
    """`arms`: of those decisions whose playbook holds people out. Who is held is passed over, and the next of the group
    may be written to."""
    judged = [(decision, case, _as_it_stands(decision, case, judge(case))) for decision, case in group]
    while judged:
        chosen = choose([(case, judgement) for _, case, judgement in judged])
        held = next((index for index, each in enumerate(chosen) if _is_held(judged[index][0], each, arms)), None)
        if held is None:
            for (decision, case, _), judgement in zip(judged, chosen, strict=True):
                _settle(decision, case, judgement, arms.get(decision.id), decided)
            return
        decision, case, judgement = judged.pop(held)
        suppressed = _suppressed(replace(decision, arm="held"), case.now, _held_out(judgement.verdicts))
        decided.held.append((suppressed, case))


def waiting(decision: Decision, now: datetime) -> Decision:
    """For a person's word on its mass cause, whenever that comes."""
    return replace(decision, step="deferred", at=now, verdicts=(_WAITING,), until=None)


def refused(decision: Decision, now: datetime) -> Decision:
    """A person said no to its mass cause."""
    return _suppressed(decision, now, (_REFUSED,))


def _as_it_stands(decision: Decision, case: Case, judgement: Judgement) -> Judgement:
    """A step may wait for the hour in which the person acts most, once. An order that may have gone out is repeated to
    the same address or not at all: the provider would answer for the first."""
    if not isinstance(judgement, Allowed) or decision.step == "deferred":
        return judgement
    if decision.is_resumed:
        is_same = decision.sent is not None and decision.sent.to == judgement.address
        return judgement if is_same else Suppressed(judgement.verdicts)
    until = wanted_at(case)
    return Deferred(until, judgement.verdicts) if until > case.now else judgement


def _is_told(decision: Decision, judgement: Deferred) -> bool:
    """It was told already that its card is waited for: once is enough."""
    return _reasons(decision.verdicts) == _reasons(judgement.verdicts) == {"contact_unknown"}


def _reasons(verdicts: Sequence[Verdict]) -> frozenset[str]:
    return frozenset(each.reason for each in verdicts if not each.passed)


def _is_held(decision: Decision, judgement: Judgement, arms: Mapping[str, Arm]) -> bool:
    """Once an order may have gone out, nothing is held back any more."""
    return isinstance(judgement, Allowed) and arms.get(decision.id) == "held" and not decision.is_resumed


def _held_out(verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    return tuple(_HELD_OUT if each.gate == "holdout" else each for each in verdicts)


def _settle(decision: Decision, case: Case, judgement: Judgement, arm: Arm | None, decided: Decided) -> None:
    if isinstance(judgement, Suppressed):
        superseded = replace(decision, superseded_by=judgement.superseded_by)
        decided.suppressed.append(_suppressed(superseded, case.now, judgement.verdicts))
    elif isinstance(judgement, Deferred) and _is_told(decision, judgement):
        waited = case.now - decision.proposal.release_at
        decided.put_off.append((decision.id, max(judgement.until, case.now + min(waited, _LONGEST_WAIT))))
    elif isinstance(judgement, Deferred):
        until = judgement.until
        decided.deferred.append(
            replace(
                decision,
                proposal=replace(decision.proposal, release_at=until),
                step="deferred",
                at=case.now,
                verdicts=judgement.verdicts,
                until=until,
            )
        )
    else:
        ready = replace(
            decision, verdicts=judgement.verdicts, channel=judgement.channel, offer=case.step.offer, arm=arm
        )
        decided.winners.append(Winner(ready, case, judgement))


def _suppressed(decision: Decision, now: datetime, verdicts: Sequence[Verdict]) -> Decision:
    """An order that may have gone out before is not called suppressed: nobody can say that it was not sent. Of one that
    its provider certainly did not take, nothing was."""
    if decision.is_resumed:
        return replace(decision, step="failed", failure="interrupted", at=now, verdicts=tuple(verdicts))
    return replace(decision, step="suppressed", at=now, verdicts=tuple(verdicts), until=None, sent=None)
