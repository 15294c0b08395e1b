"""Decisions whose time has come: judged on what is true by then, attempted once, and announced."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from liquid import BoundTemplate
from liquid.exceptions import LiquidError

from fidelio_notify.adapters.mongo_contacts import MongoContactStore
from fidelio_notify.adapters.mongo_decisions import Decision, MongoDecisionStore, Sent
from fidelio_notify.adapters.smtp_mail import Accepted, Refused, SmtpServer, SmtpSession
from fidelio_notify.domain.check_in import Playbook
from fidelio_notify.domain.check_in_letters import Letter, write_letter
from fidelio_notify.domain.contacts import every_profile
from fidelio_notify.domain.decisions import Allowed, Message, Suppressed, judge, window_start
from fidelio_notify.metrics import NotifyMetrics
from fidelio_notify.records import step_records
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.notify import Failure, Verdict
from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.health import Health
from fidelio_shared.messaging.ownership import Ownership
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.watermark import Watermark
from fidelio_shared.observability.logs import log, where

_EVERY_SECONDS: Mapping[ClockKind, float] = {"wall": 0.5, "stream": 0.05}
"""On the stream clock a round begins only where T has moved: to look costs little, and a replay waits for it."""
_PAGE = 200
_OLDEST_WATERMARK_SECONDS = 30.0
_WAIT_FOR_THE_CARD = timedelta(seconds=10)
_A_MOMENT = timedelta(milliseconds=1)
"""A message is sent after the instant up to which its decision knows everything."""


@dataclass(frozen=True, slots=True)
class Release:
    contacts: MongoContactStore
    decisions: MongoDecisionStore
    mail: SmtpServer
    playbook: Playbook
    templates: Mapping[str, BoundTemplate]
    publisher: Publisher
    ownership: Ownership
    watermark: Watermark
    clock: ClockKind
    health: Health
    metrics: NotifyMetrics

    async def run(self) -> None:
        while True:
            started = time.monotonic()
            try:
                await self.watermark.tick()
                reached = self.watermark.value
                while await self.release_page() == _PAGE:
                    await asyncio.sleep(0)
                self.metrics.released_up_to(reached)
                self.health.go_on("release")
            except Unavailable as error:
                self.health.wait_for(error.dependency, who="release")
            await asyncio.sleep(max(0.0, started + _EVERY_SECONDS[self.clock] - time.monotonic()))

    async def release_page(self) -> int:
        """Under the lock that batches and rebalances take: whoever releases owns the partition."""
        async with self.ownership.lock:
            partitions = sorted({each.partition for each in self.ownership.owned})
            if not partitions:
                return 0
            await self._close_interrupted(partitions)
            await self._announce(partitions)
            until = self._fresh_watermark()
            due = await self.decisions.releasable(partitions, until, limit=_PAGE) if until else ()
            if due and until:
                await self._release_all(due, until)
                await self._announce(partitions)
            return len(due)

    def _fresh_watermark(self) -> datetime | None:
        """None where consents might have changed that nobody has read yet."""
        value = self.watermark.value
        if value is None or self.clock == "stream":
            return value
        return value if time.time() - value.timestamp() <= _OLDEST_WATERMARK_SECONDS else None

    async def _release_all(self, due: Sequence[Decision], now: datetime) -> None:
        profiles = {each.proposal.profile for each in due}
        contacts = await self.contacts.load(profiles)
        people = {each: every_profile(each, contacts.get(each)) for each in profiles}
        recent = await self._recent_messages(people, now)
        allowed: list[tuple[Decision, Allowed]] = []
        suppressed: list[tuple[str, Sequence[Verdict]]] = []
        behind: list[str] = []
        for decision in due:
            profile = decision.proposal.profile
            judged = judge(
                self.playbook, decision.proposal, contacts.get(profile), recent=recent.get(profile, 0), now=now
            )
            if isinstance(judged, Suppressed):
                suppressed.append((decision.proposal.decision, judged.verdicts))
            elif isinstance(judged, Allowed):
                allowed.append((decision, judged))
            else:
                behind.append(decision.proposal.decision)
        await self.decisions.defer(behind, at=now, until=now + _WAIT_FOR_THE_CARD)
        await self.decisions.suppress(suppressed, at=now)
        for _, verdicts in suppressed:
            self.metrics.suppressed(verdicts)
        if allowed:
            await self._attempt_all(allowed, now)

    async def _recent_messages(
        self, people: Mapping[ProfileId, frozenset[ProfileId]], now: datetime
    ) -> Mapping[ProfileId, int]:
        """To each person, whichever of their profiles it was."""
        profiles = frozenset[ProfileId]().union(*people.values())
        sent = await self.decisions.attempts_since(profiles, window_start(self.playbook, now))
        return {person: sum(sent.get(each, 0) for each in profiles) for person, profiles in people.items()}

    async def _attempt_all(self, allowed: Sequence[tuple[Decision, Allowed]], now: datetime) -> None:
        """Whoever is left when the connection breaks was not attempted, and is in the next page, over another one."""
        async with self.mail.session() as session:
            for decision, judged in allowed:
                letter = self._letter(judged.message)
                if letter is None:
                    await self._fail(decision, "unwritable", judged.verdicts, now)
                elif await self._attempt(session, decision, judged, letter, now) == "unknown":
                    break

    def _letter(self, message: Message) -> Letter | None:
        """None where the template cannot say this: the fault of one letter is not its neighbours'."""
        try:
            return write_letter(self.templates, message)
        except (LiquidError, ArithmeticError, LookupError, TypeError, ValueError) as bug:
            log.error("letter_failed", playbook=self.playbook.name, bug=where(bug))
            return None

    async def _attempt(
        self, session: SmtpSession, decision: Decision, allowed: Allowed, letter: Letter, now: datetime
    ) -> Failure | None:
        """Recorded, called, closed. A crash in between leaves an attempt that nobody repeats."""
        key, to, profile = decision.proposal.decision, allowed.message.to, decision.proposal.profile
        recent = await self._recent_messages({profile: allowed.profiles}, now)
        if recent.get(profile, 0) >= self.playbook.cap_messages or not await self.decisions.begin_attempt(key, at=now):
            return None
        outcome = await session.send(key, to, letter)
        if isinstance(outcome, Accepted):
            sent = Sent(outcome.message_id, to)
            await self.decisions.succeed(key, sent, at=now + _A_MOMENT, verdicts=allowed.verdicts)
            self.metrics.accepted()
            return None
        failure: Failure = "refused" if isinstance(outcome, Refused) else "unknown"
        await self._fail(decision, failure, allowed.verdicts, now)
        return failure

    async def _fail(self, decision: Decision, failure: Failure, verdicts: Sequence[Verdict], at: datetime) -> None:
        await self.decisions.fail(decision.proposal.decision, failure, at=at, verdicts=verdicts)
        self.metrics.failed(failure)

    async def _close_interrupted(self, partitions: Sequence[int]) -> None:
        for decision in await self.decisions.interrupted(partitions, limit=_PAGE):
            await self._fail(decision, "interrupted", decision.verdicts, decision.at)

    async def _announce(self, partitions: Sequence[int]) -> None:
        while pending := await self.decisions.unannounced(partitions, limit=_PAGE):
            await self.publisher.publish_all([each for one in pending for each in step_records(self.playbook, one)])
            await self.decisions.announced(pending)
