"""One attempt: the letter written, the attempt recorded, the provider called, its end recorded.

A crash in between leaves an attempt that is never blindly repeated.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fidelio_notify.adapters.mongo_decisions import Lease
from fidelio_notify.domain.cards import REACHING, Card
from fidelio_notify.domain.deciding import Winner
from fidelio_notify.domain.decisions import Decision, Sent
from fidelio_notify.domain.gates.case import Contacted
from fidelio_notify.domain.judging import Allowed, judge
from fidelio_notify.domain.letters.letter import Unwritable
from fidelio_notify.domain.unwanted import Unwanted
from fidelio_notify.in_use import PlaybooksInUse
from fidelio_notify.metrics import NotifyMetrics
from fidelio_notify.providers import Accepted, Later, Outcome, Provider, Refused, Session, Unknown
from fidelio_notify.stores import Stores
from fidelio_notify.times import Times
from fidelio_notify.writing import Writer, Written
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.contracts.notify import Failure
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.health import Health
from fidelio_shared.observability.logs import log, where

_A_WHILE = timedelta(seconds=10)
_FRESH_SECONDS = 5.0
_CONNECT_SECONDS = 10.0
_LAST_CALL_SECONDS = 2.0
_TRY_AGAIN_SECONDS = 1.0
UnwantedOf = Callable[[Card], Awaitable[dict[str, str]]]
"""Of the person's addresses, those on the suppression list, and why."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """`owner`: this process, unlike any other. `lease`: longer than any provider's call may take."""

    stores: Stores
    providers: Mapping[str, Provider]
    writer: Writer
    health: Health
    metrics: NotifyMetrics
    times: Times
    owner: str
    lease: timedelta
    partition_of: Callable[[ProfileId], int]
    in_use: PlaybooksInUse
    unwanted_of: UnwantedOf
    down: dict[str, float] = field(default_factory=dict)

    def may_repeat(self, decision: Decision) -> bool:
        """Its provider knows its orders again."""
        provider = self.providers.get(decision.channel)
        return provider is not None and provider.repeats_safely

    async def all(self, winners: Sequence[Winner], *, judged_at: float) -> None:
        """Of each channel one after the other, so that a crash leaves one in doubt there at most; a slow one keeps no
        other waiting. What many others are, too, comes last. Whoever is left when the page has grown old, or a
        provider cannot be reached, was not attempted and comes again; but the first of each channel has its turn, so
        that one who is slow to connect is not left for ever. `judged_at`: by the monotonic clock."""
        by_channel: dict[str, list[Winner]] = {}
        for each in sorted(winners, key=_urgency):
            by_channel.setdefault(each.decision.channel, []).append(each)
        lines = [self._all_of(channel, theirs, judged_at) for channel, theirs in by_channel.items()]
        for ending in await asyncio.gather(*lines, return_exceptions=True):
            if isinstance(ending, BaseException):
                raise ending

    async def _all_of(self, channel: str, winners: Sequence[Winner], judged_at: float) -> None:
        async with AsyncExitStack() as stack:
            line = _Line(channel, self.providers[channel], self.health, self.down, stack)
            for index, each in enumerate(winners):
                if index and time.monotonic() - judged_at > _FRESH_SECONDS:
                    return
                session = await line.session()
                if session is None:
                    due_at = self.times.now(each.case.now) + _A_WHILE
                    await self.stores.decisions.reschedule([each.decision], due_at=due_at)
                elif isinstance(await self._whole(session, each), Unknown):
                    line.leave()

    async def _whole(self, session: Session, winner: Winner) -> Outcome | None:
        """A process that is told to end lets the call in hand come to its end, for a moment."""
        attempt = asyncio.create_task(self._one(session, winner))
        try:
            return await asyncio.shield(attempt)
        except asyncio.CancelledError:
            await asyncio.wait({attempt}, timeout=_LAST_CALL_SECONDS)
            raise

    async def _one(self, session: Session, winner: Winner) -> Outcome | None:
        """None where there was no call."""
        decision, now = winner.decision, winner.case.now
        written = self._written(winner)
        if written is None:
            await self.stores.decisions.close_unattempted([_failed(decision, "unwritable", now)])
            return None
        begun, lease = _to_be_sent(winner, written), Lease(self.owner, self.times.wall() + self.lease)
        began = time.monotonic()
        if not await self._begin(replace(winner, decision=begun), lease):
            return None
        if time.monotonic() - began > max(self.lease.total_seconds() / 2, _FRESH_SECONDS):
            await self.stores.decisions.try_later(decision, owner=self.owner, due_at=now)
            return None
        outcome = await self._called(session, written, decision)
        await self._ended(winner, begun, outcome, self.times.after(now), lease)
        return outcome

    async def _called(self, session: Session, written: Written, decision: Decision) -> Outcome:
        """A bug in the call leaves it unknown: it may have come after the provider took the message."""
        try:
            return await session.send(written.order)
        except Exception as bug:
            log.error("provider_failed", playbook=decision.proposal.playbook, channel=decision.channel, bug=where(bug))
            return Unknown()

    async def _ended(self, winner: Winner, decision: Decision, outcome: Outcome, at: datetime, lease: Lease) -> None:
        """What is known is kept, also where the database is away for a while: until the lease is over."""
        while True:
            try:
                return await self._end(winner, decision, outcome, at)
            except Unavailable:
                if self.times.wall() >= lease.until:
                    raise
                await asyncio.sleep(_TRY_AGAIN_SECONDS)

    async def _end(self, winner: Winner, decision: Decision, outcome: Outcome, at: datetime) -> None:
        if isinstance(outcome, Accepted):
            await self._sent(decision, outcome, at)
        elif isinstance(outcome, Later):
            await self._later(decision, at + (outcome.after or _A_WHILE))
        elif isinstance(outcome, Refused):
            await self._refused(winner, decision, outcome, at)
        else:
            await self._unknown(decision, at)

    def _written(self, winner: Winner) -> Written | None:
        """None where the template cannot say this: the fault of one letter is not its neighbours'."""
        try:
            return self.writer.write(winner, partition=self.partition_of(winner.decision.proposal.profile))
        except Unwritable as error:
            log.error("letter_failed", playbook=winner.decision.proposal.playbook, error=str(error))
        except (ArithmeticError, LookupError, TypeError, ValueError) as bug:
            log.error("letter_failed", playbook=winner.decision.proposal.playbook, bug=where(bug))
        return None

    async def _begin(self, winner: Winner, lease: Lease) -> bool:
        case, decision = winner.case, winner.decision
        now = self.times.now(case.now)
        age = None if case.watermark_age is None else case.watermark_age + (now - case.now)
        unwanted = await self.unwanted_of(case.card) if case.card else {}

        def may(card: Card, contacted: Sequence[Contacted]) -> bool:
            """All of it may have changed since the page was judged, and somebody else may have written."""
            fresh = replace(
                case,
                card=card,
                contacted=tuple(contacted),
                now=now,
                watermark_age=age,
                stopped=self.in_use.stopped,
                unwanted=unwanted,
            )
            again = judge(fresh)
            told = winner.allowed.channel, winner.allowed.address
            return isinstance(again, Allowed) and (again.channel, again.address) == told

        since = now - case.policy.longest_window
        return await self.stores.decisions.begin(decision, at=now, lease=lease, since=since, may=may)

    async def _sent(self, decision: Decision, outcome: Accepted, at: datetime) -> None:
        assert decision.sent
        sent = replace(decision.sent, message_id=outcome.message_id)
        accepted = replace(decision, step="sent", at=at, sent=sent, until=None)
        if not await self.stores.decisions.end(accepted, owner=self.owner, counts_at=at):
            log.error("attempt_was_taken_over", decision=decision.id)
        self.metrics.accepted(decision.channel)

    async def _later(self, decision: Decision, due_at: datetime) -> None:
        await self.stores.decisions.try_later(decision, owner=self.owner, due_at=due_at)
        self.metrics.put_off(decision.channel)

    async def _refused(self, winner: Winner, decision: Decision, outcome: Refused, at: datetime) -> None:
        """A dead address is remembered first: once the attempt has its end, nobody would come back to it. What may have
        gone out before is not called refused."""
        failed = _failed(decision, "interrupted" if decision.is_resumed else "refused", at)
        if outcome.is_address_dead:
            address = Identifier(kind=REACHING[failed.channel], value=winner.allowed.address)
            await self.stores.unwanted.add([address], Unwanted("bounced", at, failed.id))
        await self.stores.decisions.end(failed, owner=self.owner, counts_at=None)
        self.metrics.failed("refused", failed.channel)

    async def _unknown(self, decision: Decision, at: datetime) -> None:
        """Where the provider knows its orders again, the lease's end brings it back; else it is told as it is."""
        if self.may_repeat(decision):
            return
        await self.stores.decisions.end(_failed(decision, "unknown", at), owner=self.owner, counts_at=at)
        self.metrics.failed("unknown", decision.channel)


def _failed(decision: Decision, failure: Failure, at: datetime) -> Decision:
    return replace(decision, step="failed", at=at, failure=failure, until=None)


def _urgency(winner: Winner) -> tuple[bool, datetime, str]:
    proposal = winner.decision.proposal
    return proposal.mass is not None, proposal.release_at, proposal.decision


def _to_be_sent(winner: Winner, written: Written) -> Decision:
    """Recorded with the attempt, so that there is proof of what may have been sent, too."""
    sent = Sent("", winner.allowed.address, written.digest, winner.allowed.evidence)
    return replace(winner.decision, sent=sent, call_back=written.call_back)


@dataclass(slots=True)
class _Line:
    """To one provider, opened when it is needed first. `down`: until when providers are left alone that could not be
    reached, by channel and the monotonic clock."""

    channel: str
    provider: Provider
    health: Health
    down: dict[str, float]
    stack: AsyncExitStack
    open: Session | None = None

    async def session(self) -> Session | None:
        """None where the provider cannot be reached, which this process then waits for, while other channels go on."""
        if self.open is None and time.monotonic() >= self.down.get(self.channel, 0.0):
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    self.open = await self.stack.enter_async_context(self.provider.session())
                self.health.go_on(f"release {self.channel}")
            except (Unavailable, TimeoutError) as error:
                self.down[self.channel] = time.monotonic() + _A_WHILE.total_seconds()
                dependency = error.dependency if isinstance(error, Unavailable) else self.channel
                self.health.wait_for(dependency, who=f"release {self.channel}")
        return self.open

    def leave(self) -> None:
        """Its connection broke: the next one is opened anew."""
        self.open = None
