"""Decisions whose time has come: judged on what is true by then, attempted once, and announced."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fidelio_notify.adapters.mongo_decisions import MongoDecisionStore, Proposed
from fidelio_notify.attempting import Attempts
from fidelio_notify.domain.deciding import Decided, Winner
from fidelio_notify.domain.decisions import Decision, due_at, is_followed, proposed
from fidelio_notify.domain.playbooks.triggers import next_step
from fidelio_notify.in_use import PlaybooksInUse
from fidelio_notify.judging_page import Judging
from fidelio_notify.mass import MassRelease
from fidelio_notify.metrics import NotifyMetrics
from fidelio_notify.records import step_records
from fidelio_notify.times import Times
from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.health import Health
from fidelio_shared.messaging.ownership import Ownership
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.watermark import Watermark

_EVERY_SECONDS: Mapping[ClockKind, float] = {"wall": 0.5, "stream": 0.05}
"""On the stream clock a round begins only where T has moved: to look costs little, and a replay waits for it."""
_LOOK_AGAIN_SECONDS = 1.0
_TURN_SECONDS = 1.0
_PAGE = 100
_MASS_PAGE = 500
_OLDEST_WATERMARK = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Release:
    decisions: MongoDecisionStore
    judging: Judging
    attempts: Attempts
    mass: MassRelease
    in_use: PlaybooksInUse
    publisher: Publisher
    ownership: Ownership
    watermark: Watermark
    times: Times
    health: Health
    metrics: NotifyMetrics

    async def run(self) -> None:
        """Where time stands still, there is nothing new to release; what was interrupted is looked for now and then."""
        reached, looked_at = None, 0.0
        while True:
            started = time.monotonic()
            try:
                await self.watermark.tick()
                if self.watermark.value != reached or started - looked_at > _LOOK_AGAIN_SECONDS:
                    reached, looked_at = self.watermark.value, started
                    if await self._release_for_a_while(started):
                        self.metrics.released_up_to(reached)
                    else:
                        reached = None
                self.health.go_on("release")
            except Unavailable as error:
                reached = None
                self.health.wait_for(error.dependency, who="release")
            await asyncio.sleep(max(0.0, started + _EVERY_SECONDS[self.times.clock] - time.monotonic()))

    async def _release_for_a_while(self, since: float) -> bool:
        """False where more is left: time goes on, and what has become urgent meanwhile goes before it."""
        while await self.release_page():
            if time.monotonic() - since > _TURN_SECONDS:
                return False
            await asyncio.sleep(0)
        return True

    async def release_page(self) -> bool:
        """True where there may be more. It is judged under the lock that batches and rebalances take: whoever judges
        owns the partition. Providers are called without it, for they may be slow, and news must go on: each attempt is
        judged once more by the transaction that records it."""
        async with self.ownership.lock:
            judged_at = time.monotonic()
            winners = await self._judge_page()
        if winners is None:
            return False
        await self.attempts.all(winners, judged_at=judged_at)
        async with self.ownership.lock:
            await self._announce(self._partitions())
        return True

    async def _judge_page(self) -> Sequence[Winner] | None:
        """None where nothing is due."""
        partitions = self._partitions()
        await self._take_up_interrupted(partitions)
        await self._announce(partitions)
        reached = self._fresh_watermark()
        if not partitions or reached is None:
            return None
        due = await self._due(partitions, reached)
        if not due:
            if await self.mass.follow(partitions, self.times.now(reached)):
                await self._announce(partitions)
            return None
        decided = await self.judging.judge(due, reached, self.mass.held_of)
        await self._settle(decided, reached)
        return decided.winners

    def _partitions(self) -> Sequence[int]:
        return sorted({each.partition for each in self.ownership.owned})

    def _fresh_watermark(self) -> datetime | None:
        """None where consents might have changed that nobody has read yet."""
        value = self.watermark.value
        if value is None or self.times.clock == "stream":
            return value
        return value if self.times.wall() - value <= _OLDEST_WATERMARK else None

    async def _due(self, partitions: Sequence[int], reached: datetime) -> Sequence[Decision]:
        """Mass causes come behind all others, and at their own pace."""
        urgent = await self.decisions.due(partitions, reached, of_masses=False, limit=_PAGE)
        if len(urgent) == _PAGE:
            return urgent
        return [*urgent, *await self.mass.due(partitions, reached, limit=_PAGE - len(urgent))]

    async def _settle(self, decided: Decided, reached: datetime) -> None:
        """In this order: wherever a process ends, what stands for others is still to come, and comes at once."""
        await self.decisions.remove(decided.gone)
        await self.decisions.move(decided.moved)
        await self.decisions.put_off(decided.put_off)
        early = [each.decision for each in decided.winners if each.decision.is_due_after(reached)]
        await self.decisions.reschedule(early, due_at=reached)
        suppressed = [*decided.suppressed, *(decision for decision, _ in decided.held)]
        await self.decisions.close_unattempted(suppressed)
        gather = self.in_use.playbooks.policy.gather
        await self.decisions.defer(decided.deferred, lambda each: due_at(each, gather))
        for each in suppressed:
            self.metrics.suppressed(each.verdicts)

    async def _take_up_interrupted(self, partitions: Sequence[int]) -> None:
        """Of an attempt that nobody ended, nobody can say whether the provider took it; but one that knows its orders
        again may be given the same one once more."""
        now = self.times.wall()
        for decision in await self.decisions.interrupted(partitions, now, limit=_PAGE):
            if self.attempts.may_repeat(decision):
                await self.decisions.resume(decision, now=now)
            else:
                failed = replace(decision, step="failed", failure="interrupted")
                counts_at = now if self.times.clock == "wall" else None
                await self.decisions.close_interrupted(failed, now=now, counts_at=counts_at)
                self.metrics.failed("interrupted", decision.channel)

    async def _announce(self, partitions: Sequence[int]) -> None:
        """Of mass causes a page at a time: there may be very many, and others wait for the lock."""
        while pending := await self.decisions.unannounced(partitions, of_masses=False, limit=_PAGE):
            await self._announce_page(pending)
        if pending := await self.decisions.unannounced(partitions, of_masses=True, limit=_MASS_PAGE):
            await self._announce_page(pending)

    async def _announce_page(self, pending: Sequence[Decision]) -> None:
        await self._propose_next_steps(pending)
        await self.publisher.publish_all([each for one in pending for each in step_records(one)])
        await self.decisions.announced(pending)

    async def _propose_next_steps(self, decisions: Sequence[Decision]) -> None:
        """Before what it follows is announced, which is done again after a crash: so a next step is never forgotten."""
        playbooks = self.in_use.playbooks
        following: list[Proposed] = []
        for each in decisions:
            playbook = playbooks.playbook(each.proposal.playbook)
            proposal = next_step(playbook, each.proposal, each.at) if playbook and is_followed(each) else None
            if playbook and proposal:
                decision = proposed(proposal, playbook, playbooks)
                partition = self.judging.partition_of(proposal.profile)
                following.append(Proposed(decision, partition, due_at(decision, playbooks.policy.gather)))
        await self.decisions.insert(following, stored_at=self.times.wall())
