"""What would have become of people under other playbooks: news heard in their order, released by a watermark that is
only imagined. Nothing here waits, and the same news gives the same fates."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush

from fidelio_notify.domain.cards import Card
from fidelio_notify.domain.deciding import Decided, Winner, decide
from fidelio_notify.domain.decisions import Decision, due_at, groups, proposed
from fidelio_notify.domain.gates.case import Arm, Case, Contacted
from fidelio_notify.domain.judging import Allowed, first_refusal, judge
from fidelio_notify.domain.playbooks.model import Playbook, Playbooks, Step
from fidelio_notify.domain.playbooks.triggers import News, Triggers, next_step, proposals, triggers_of
from fidelio_notify.domain.proposals import Proposal
from fidelio_notify.domain.simulated_people import SimulatedPeople, TooMany
from fidelio_notify.domain.uplift.assignment import arm_of
from fidelio_shared.contracts.ids import ProfileId

MOST_DECISIONS = 500_000
OPEN = "waits"
_A_MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Fate:
    """`what`: it waits, it was sent (and `by` which channel), or suppressed (`by` which gate)."""

    playbook: str
    profile: ProfileId
    what: str = OPEN
    by: str = ""


@dataclass(slots=True)
class Simulation:
    """Under one playbooks file. `channels`: for which there is a provider; each accepts everything at once. Mass causes
    wait for nobody. `fates`: by decision."""

    playbooks: Playbooks
    people: SimulatedPeople
    holdout_key: bytes
    channels: frozenset[str]
    fates: dict[str, Fate] = field(default_factory=dict)
    _triggers: Triggers = field(init=False)
    _open: dict[str, Decision] = field(default_factory=dict)
    _of: dict[ProfileId, set[str]] = field(default_factory=lambda: defaultdict(set))
    _due: list[tuple[datetime, str]] = field(default_factory=list)
    _sent: dict[ProfileId, dict[str, Contacted]] = field(default_factory=lambda: defaultdict(dict))

    def __post_init__(self) -> None:
        self._triggers = triggers_of(self.playbooks)

    def hear(self, news: News) -> None:
        """After `people` have been told. Raises TooMany."""
        card = self.people.cards.get(news.profile)
        if card and card.erased_at:
            self._forget(news.profile)
            return
        for proposal in proposals(self._triggers, news):
            self._propose(proposal)

    def next_due(self) -> datetime | None:
        while self._due and not self._is_due(*self._due[0]):
            heappop(self._due)
        return self._due[0][0] if self._due else None

    def release(self, now: datetime) -> None:
        """As one round of the release, its watermark being `now`."""
        while due := self._taken(now):
            self._judge(due, now)
            for each in due:
                if (left := self._open.get(each)) and left.due_at and left.due_at <= now:
                    heappush(self._due, (left.due_at, each))

    def _is_due(self, at: datetime, decision: str) -> bool:
        found = self._open.get(decision)
        return found is not None and found.due_at == at

    def _taken(self, now: datetime) -> frozenset[str]:
        taken = set()
        while self._due and self._due[0][0] <= now:
            at, decision = heappop(self._due)
            if self._is_due(at, decision):
                taken.add(decision)
        return frozenset(taken)

    def _propose(self, proposal: Proposal) -> None:
        playbook = self.playbooks.playbook(proposal.playbook)
        if playbook is None or proposal.decision in self.fates:
            return
        if len(self.fates) == MOST_DECISIONS:
            raise TooMany(f"there are more than {MOST_DECISIONS} decisions in these days; take fewer days")
        self.fates[proposal.decision] = Fate(playbook.name, proposal.profile)
        self._put(proposed(proposal, playbook, self.playbooks))

    def _put(self, decision: Decision) -> None:
        self._put_at(decision, due_at(decision, self.playbooks.policy.gather))

    def _put_at(self, decision: Decision, at: datetime) -> None:
        self._open[decision.id] = replace(decision, due_at=at)
        self._of[decision.proposal.profile].add(decision.id)
        heappush(self._due, (at, decision.id))

    def _close(self, decision: Decision, what: str, by: str) -> None:
        self._take_out(decision.id)
        self.fates[decision.id] = Fate(decision.proposal.playbook, decision.proposal.profile, what, by)

    def _take_out(self, decision: str) -> None:
        found = self._open.pop(decision)
        self._of[found.proposal.profile].discard(decision)

    def _forget(self, profile: ProfileId) -> None:
        """Nothing is left of somebody who was erased."""
        for each in tuple(self._of.pop(profile, ())):
            del self._open[each]
        self._sent.pop(profile, None)
        self.fates = {name: each for name, each in self.fates.items() if each.profile != profile}

    def _judge(self, due: frozenset[str], now: datetime) -> None:
        whose = frozenset(self._open[each].proposal.profile for each in due)
        cards = {each: card for each in whose if (card := self.people.cards.get(each))}
        everybody = whose.union(*(each.everybody for each in cards.values()))
        here = self._without_moved(self._all_open(everybody), cards)
        cases = {each.id: case for each in here if (case := self._case(each, now))}
        playable = [each for each in here if each.id in cases]
        its_time = due | {each.id for each in here if each.proposal.mass is None and not each.is_due_after(now)}
        decided = Decided()
        for group in groups(playable, its_time, self.playbooks.policy.gather):
            decide([(each, cases[each.id]) for each in group], self._arms(group), decided)
        self._settle(decided, now)
        for winner in decided.winners:
            self._attempt(winner, now)

    def _all_open(self, whose: Iterable[ProfileId]) -> Sequence[Decision]:
        return [self._open[each] for profile in whose for each in sorted(self._of.get(profile, ()))]

    def _without_moved(self, decisions: Iterable[Decision], cards: Mapping[ProfileId, Card]) -> Sequence[Decision]:
        """Who became part of somebody else is decided for where that person is."""
        here: list[Decision] = []
        part_of = {member: card.profile for card in cards.values() for member in card.members if not card.merged_into}
        for each in decisions:
            profile = each.proposal.profile
            card = cards.get(profile)
            to = part_of.get(profile) or (card.merged_into if card else None)
            moved = self._moved(each, to) if to else each
            if to is None or to in cards:
                here.append(moved)
        return here

    def _moved(self, decision: Decision, to: ProfileId) -> Decision:
        proposal = decision.proposal
        self._take_out(decision.id)
        moved = replace(decision, proposal=replace(proposal, profile=to, origin=proposal.profile))
        self._open[decision.id] = moved
        self._of[to].add(decision.id)
        self.fates[decision.id] = Fate(proposal.playbook, to)
        return moved

    def _case(self, decision: Decision, now: datetime) -> Case | None:
        found = self._playable(decision)
        if found is None:
            return None
        playbook, step = found
        card = self.people.cards.get(decision.proposal.profile)
        return Case(
            playbook=playbook,
            step=step,
            policy=self.playbooks.policy,
            proposal=decision.proposal,
            card=card,
            now=now,
            unwanted=self.people.unwanted_of(card) if card else {},
            contacted=self._contacted(decision),
            channels=self.channels,
        )

    def _playable(self, decision: Decision) -> tuple[Playbook, Step] | None:
        playbook = self.playbooks.playbook(decision.proposal.playbook)
        return (playbook, playbook.steps[decision.proposal.step]) if playbook else None

    def _contacted(self, decision: Decision) -> tuple[Contacted, ...]:
        profile = decision.proposal.profile
        card = self.people.cards.get(profile)
        everybody = card.everybody if card else frozenset((profile,))
        before = [each for one in everybody for each in self.people.contacted.get(one, ())]
        since = [each for one in everybody for each in self._sent.get(one, {}).values()]
        return (*before, *since)

    def _arms(self, group: Sequence[Decision]) -> Mapping[str, Arm]:
        arms: dict[str, Arm] = {}
        for each in group:
            playbook = self.playbooks.playbook(each.proposal.playbook)
            if playbook and playbook.holdout:
                arms[each.id] = arm_of(self.holdout_key, playbook.name, each.proposal.profile, playbook.holdout)
        return arms

    def _settle(self, decided: Decided, now: datetime) -> None:
        for winner in decided.winners:
            if winner.decision.is_due_after(now):
                self._put_at(winner.decision, now)
        for each in decided.deferred:
            self._put(each)
        for each in decided.suppressed:
            by = "one_message" if each.superseded_by else first_refusal(each.verdicts)
            self._close(each, "suppressed", by)
        for each, _ in decided.held:
            self._close(each, "suppressed", "holdout")

    def _attempt(self, winner: Winner, now: datetime) -> None:
        """Somebody else of the same round may have been written to first: then it is judged again."""
        decision, allowed = winner.decision, winner.allowed
        again = judge(replace(winner.case, contacted=self._contacted(decision)))
        if not isinstance(again, Allowed) or (again.channel, again.address) != (allowed.channel, allowed.address):
            return
        self._send(winner, now)

    def _send(self, winner: Winner, now: datetime) -> None:
        decision, channel, at = winner.decision, winner.allowed.channel, now + _A_MOMENT
        self._close(decision, "sent", channel)
        self._sent[decision.proposal.profile][decision.id] = Contacted(at, channel, decision.is_transactional)
        if following := next_step(winner.case.playbook, decision.proposal, at):
            self._propose(following)


def run_to(simulation: Simulation, until: datetime) -> None:
    """The watermark moves on to `until`, and stops wherever something is due."""
    while (due := simulation.next_due()) and due <= until:
        simulation.release(due)
