"""A page of decisions judged: all that gates look at is read once for all of them."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fidelio_notify.domain.cards import REACHING, Card
from fidelio_notify.domain.deciding import Decided, Move, Winner, decide
from fidelio_notify.domain.decisions import Decision, groups, people
from fidelio_notify.domain.gates.case import Arm, Case, Contacted
from fidelio_notify.domain.judging import Judgement, judge
from fidelio_notify.domain.playbooks.model import Playbook, Step
from fidelio_notify.domain.unwanted import Unwanted, still_unwanted
from fidelio_notify.domain.uplift.assignment import arm_of, variant_of
from fidelio_notify.domain.uplift.exposures import Exposure, exposure_of
from fidelio_notify.in_use import PlaybooksInUse
from fidelio_notify.stores import Stores
from fidelio_notify.times import Times
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.observability.logs import log, where

_MOST_OPEN = 5_000
HeldOf = Callable[[Iterable[str | None]], Awaitable[frozenset[str]]]
"""Of these mass causes, those that wait for somebody's word."""


@dataclass(frozen=True, slots=True)
class Known:
    cards: Mapping[ProfileId, Card]
    contacted: Mapping[ProfileId, Mapping[str, Contacted]]
    unwanted: Mapping[str, Unwanted]
    arms: Mapping[tuple[str, ProfileId], Arm]


@dataclass(frozen=True, slots=True)
class Looked:
    """A decision as it would be judged, were it alone."""

    decision: Decision
    case: Case
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Judging:
    """`channels`: for which there is a provider. `holdout_key`: by which people are held out. `partition_of`: of a
    person's key."""

    stores: Stores
    in_use: PlaybooksInUse
    times: Times
    channels: frozenset[str]
    holdout_key: bytes
    partition_of: Callable[[ProfileId], int]

    async def judge(self, due: Sequence[Decision], reached: datetime, held_of: HeldOf) -> Decided:
        """Of each person whose time has come, with whatever else is open for them, but for what waits for somebody's
        word. What was due and is left, because its group is not complete, comes again."""
        now = self.times.now(reached)
        age = None if self.times.clock == "stream" else now - reached
        cards = await self.stores.cards.load(people(due))
        found = await self.stores.decisions.open_of(_everybody(cards) | people(due), limit=_MOST_OPEN)
        held = await held_of(each.proposal.mass for each in found)
        open_ = [each for each in found if each.proposal.mass not in held]
        decided = Decided()
        here = self._without_moved(self._without_erased(open_, cards, decided), cards, decided)
        playable = self._without_unknown(here, now, decided)
        known = await self._known([decision for decision, *_ in playable], cards, now)
        cases = {
            decision.id: self._case(decision, playbook, step, known, now=now, age=age)
            for decision, playbook, step in playable
        }
        urgent = {each.id for each in here if each.proposal.mass is None and not each.is_due_after(reached)}
        its_time = urgent | {each.id for each in due}
        for group in groups((each for each, *_ in playable), its_time, self.in_use.playbooks.policy.gather):
            self._decide([(each, cases[each.id]) for each in group], self._arms(group, cases, known), decided)
        await self._expose(decided)
        return decided

    async def look(
        self, decisions: Iterable[Decision], cards: Mapping[ProfileId, Card], now: datetime
    ) -> Sequence[Looked]:
        """At what would become of each, were it alone; nothing is stored. What has no playbook any more is left out."""
        playable = self._without_unknown(decisions, now, Decided())
        known = await self._known([decision for decision, *_ in playable], cards, now)
        looked: list[Looked] = []
        for decision, playbook, step in playable:
            case = self._case(decision, playbook, step, known, now=now, age=None)
            case = replace(case, arm=self._arms([decision], {decision.id: case}, known).get(decision.id))
            looked.append(Looked(replace(decision, variant=self._variant(decision, step)), case, judge(case)))
        return looked

    def _without_erased(
        self, decisions: Iterable[Decision], cards: Mapping[ProfileId, Card], decided: Decided
    ) -> Sequence[Decision]:
        """What came to be stored all the same, of somebody who was erased, goes without a word."""
        erased = {profile for profile, card in cards.items() if card.erased_at}
        decided.gone += [each.id for each in decisions if each.proposal.profile in erased]
        return [each for each in decisions if each.proposal.profile not in erased]

    def _without_moved(
        self, decisions: Iterable[Decision], cards: Mapping[ProfileId, Card], decided: Decided
    ) -> Sequence[Decision]:
        """Who became part of somebody else is decided for where that person is: here, where this page has them, so that
        the reasons of both become one message."""
        here: list[Decision] = []
        part_of = {member: card.profile for card in cards.values() for member in card.members if not card.merged_into}
        for each in decisions:
            profile = each.proposal.profile
            card = cards.get(profile)
            to = part_of.get(profile) or (card.merged_into if card else None)
            if to is None:
                here.append(each)
                continue
            decided.moved.append(Move(each.id, profile, to, self.partition_of(to)))
            if to in cards:
                here.append(replace(each, proposal=replace(each.proposal, profile=to, origin=profile)))
        return here

    def _decide(self, group: Sequence[tuple[Decision, Case]], arms: Mapping[str, Arm], decided: Decided) -> None:
        """A bug spoils no neighbours: what it concerns is looked at again, until it is stale."""
        found = Decided()
        try:
            decide(group, arms, found)
        except Exception as bug:
            log.error(
                "decision_failed", playbooks=sorted({each.proposal.playbook for each, _ in group}), bug=where(bug)
            )
            for each, case in group:
                decided.fail(each, case.now)
        else:
            decided.add(found)

    def _without_unknown(
        self, decisions: Iterable[Decision], now: datetime, decided: Decided
    ) -> Sequence[tuple[Decision, Playbook, Step]]:
        """What a playbook proposed that is no more, nobody wants to send any more."""
        playable: list[tuple[Decision, Playbook, Step]] = []
        for each in decisions:
            playbook = self.in_use.playbooks.playbook(each.proposal.playbook)
            if playbook is None or each.proposal.step >= len(playbook.steps):
                decided.withdraw(each, now)
            else:
                said = replace(each, playbook_version=playbook.version, playbooks=self.in_use.playbooks.version)
                playable.append((said, playbook, playbook.steps[each.proposal.step]))
        return playable

    async def unwanted_of(self, card: Card) -> dict[str, str]:
        """Of their addresses, those on the suppression list, and why."""
        return still_unwanted(await self._unwanted([card]), card.person)

    async def _unwanted(self, cards: Iterable[Card]) -> Mapping[str, Unwanted]:
        reaching = frozenset(REACHING.values())
        addresses = [each for card in cards for each in card.person.identifiers if each.kind in reaching]
        return await self.stores.unwanted.of(addresses)

    async def _known(self, decisions: Sequence[Decision], cards: Mapping[ProfileId, Card], now: datetime) -> Known:
        everybody = {each for card in cards.values() for each in card.everybody} | people(decisions)
        since = now - self.in_use.playbooks.policy.longest_window
        held = [each for each in decisions if self._holdout(each)]
        exposed = await self.stores.exposures.of((each.proposal.playbook, each.proposal.profile) for each in held)
        return Known(
            cards,
            await self.stores.decisions.contacted(everybody, since),
            await self._unwanted(cards.values()),
            {(each.playbook, each.profile): each.arm for each in exposed},
        )

    def _holdout(self, decision: Decision) -> float:
        playbook = self.in_use.playbooks.playbook(decision.proposal.playbook)
        return playbook.holdout if playbook else 0.0

    def _case(
        self,
        decision: Decision,
        playbook: Playbook,
        step: Step,
        known: Known,
        *,
        now: datetime,
        age: timedelta | None,
    ) -> Case:
        card = known.cards.get(decision.proposal.profile)
        theirs = card.everybody if card else frozenset((decision.proposal.profile,))
        contacted = tuple(
            each for profile in theirs for name, each in known.contacted.get(profile, {}).items() if name != decision.id
        )
        if decision.is_resumed:
            step = replace(step, channels=(decision.channel,))
        return Case(
            playbook=playbook,
            step=step,
            policy=self.in_use.playbooks.policy,
            proposal=decision.proposal,
            card=card,
            now=now,
            watermark_age=age,
            stopped=self.in_use.stopped,
            unwanted=still_unwanted(known.unwanted, card.person) if card else {},
            contacted=contacted,
            channels=self.channels,
        )

    def _arms(self, group: Sequence[Decision], cases: Mapping[str, Case], known: Known) -> Mapping[str, Arm]:
        """As it was when they were exposed first; else by chance."""
        arms: dict[str, Arm] = {}
        for each in group:
            playbook = cases[each.id].playbook
            if playbook.holdout:
                profile = each.proposal.profile
                stored = known.arms.get((playbook.name, profile))
                arms[each.id] = stored or arm_of(self.holdout_key, playbook.name, profile, playbook.holdout)
        return arms

    async def _expose(self, decided: Decided) -> None:
        """Whoever is written to now by a playbook that holds people out or has variants, and whoever is held out: what
        comes of it is compared."""
        decided.winners = [self._with_variant(each) for each in decided.winners]
        shown = [*((each.decision, each.case) for each in decided.winners), *decided.held]
        exposures = [
            (self._exposure(decision, case), self.partition_of(decision.proposal.profile))
            for decision, case in shown
            if case.playbook.holdout or len(case.step.variants) > 1
        ]
        await self.stores.exposures.expose(exposures, stored_at=self.times.wall())

    def _with_variant(self, winner: Winner) -> Winner:
        decision = winner.decision
        return replace(winner, decision=replace(decision, variant=self._variant(decision, winner.case.step)))

    def _variant(self, decision: Decision, step: Step) -> str:
        proposal = decision.proposal
        return variant_of(self.holdout_key, proposal.playbook, proposal.step, proposal.profile, step.variants).name

    def _exposure(self, decision: Decision, case: Case) -> Exposure:
        scored = case.card.scored if case.card else None
        return exposure_of(
            case.playbook,
            decision.proposal.profile,
            arm=decision.arm or "treated",
            variant=decision.variant,
            risk=scored.churn.after if scored and scored.churn else None,
            at=case.now,
        )


def _everybody(cards: Mapping[ProfileId, Card]) -> frozenset[ProfileId]:
    return frozenset(each for card in cards.values() for each in card.everybody)
