"""What came of the history, as the system itself says it on its topics."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Literal, TypeVar

import orjson

from fidelio_deploy.topic_reader import TopicReader
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Contract
from fidelio_shared.contracts.notify import NotificationChanged
from fidelio_shared.contracts.profile import ProfileSnapshot
from fidelio_shared.contracts.scoring import ChurnScore, ScoreChanged, SegmentChanged
from fidelio_shared.contracts.topics import DEAD_LETTERS, NOTIFICATIONS, PROFILES, SCORES, SEGMENTS
from fidelio_shared.messaging.records import header_text
from fidelio_shared.messaging.settings import KafkaSettings

STAGES = ("new", "active", "loyal", "won_back", "at_risk", "lapsed")
"""Of life: of these segments, whoever bought is in one."""
C = TypeVar("C", bound=Contract)


@dataclass
class Latest(Generic[C]):
    """A compacted topic as a map: of each profile the value with the largest (epoch, number)."""

    reader: TopicReader
    model: type[C]
    number: Literal["revision", "sequence"]
    values: dict[ProfileId, tuple[tuple[int, int], bytes]] = field(default_factory=dict)

    async def catch_up(self) -> None:
        async for record in self.reader.new_records():
            if record.value is None:
                continue
            said = orjson.loads(record.value)
            profile, rank = ProfileId(said["profile"]), (said["epoch"], said[self.number])
            known = self.values.get(profile)
            if known is None or rank > known[0]:
                self.values[profile] = (rank, record.value)

    def decoded(self) -> Mapping[ProfileId, C]:
        return {profile: self.model.model_validate_json(value) for profile, (_, value) in self.values.items()}


@dataclass(frozen=True)
class Customer:
    """One profile with what is announced of it. `name` is the shop's own customer id."""

    name: str
    snapshot: ProfileSnapshot
    score: ScoreChanged
    stage: str

    @property
    def churn(self) -> ChurnScore:
        assert self.score.churn
        return self.score.churn

    @property
    def last_order_at(self) -> datetime:
        state = self.snapshot.state
        assert state
        assert state.orders
        return state.orders.last_at


@dataclass(frozen=True)
class DeadLetter:
    reason: str
    error: str


@dataclass
class Outcome:
    profiles: Latest[ProfileSnapshot]
    scores: Latest[ScoreChanged]
    segments: Latest[SegmentChanged]
    notifications: TopicReader
    dead: TopicReader

    async def snapshots(self) -> Mapping[ProfileId, ProfileSnapshot]:
        """Every profile as announced by now."""
        await self.profiles.catch_up()
        return self.profiles.decoded()

    async def customers(self, snapshots: Mapping[ProfileId, ProfileSnapshot]) -> tuple[Customer, ...]:
        """Those who bought and have a score and a stage of life by now, by name."""
        await self.scores.catch_up()
        await self.segments.catch_up()
        scores, segments = self.scores.decoded(), self.segments.decoded()
        return tuple(
            Customer(name, snapshots[profile], scores[profile], stage)
            for name, profile in sorted((_name(snapshot), profile) for profile, snapshot in snapshots.items())
            if profile in scores and has_bought(scores[profile])
            if profile in segments and (stage := _stage(segments[profile]))
        )

    async def decisions(self) -> tuple[NotificationChanged, ...]:
        """The last step of each."""
        last: dict[str, NotificationChanged] = {}
        async for record in self.notifications.new_records():
            changed = NotificationChanged.model_validate_json(record.value or b"")
            last[changed.decision] = changed
        return tuple(last.values())

    async def dead_letters(self) -> Mapping[DeadLetter, int]:
        counts = Counter(
            [
                DeadLetter(header_text(record, "fidelio-reason") or "", header_text(record, "fidelio-error") or "")
                async for record in self.dead.new_records()
            ]
        )
        return dict(sorted(counts.items(), key=lambda each: (each[0].reason, each[0].error)))


@asynccontextmanager
async def following(kafka: str) -> AsyncIterator[Outcome]:
    settings = KafkaSettings(bootstrap_servers=kafka)
    async with AsyncExitStack() as opened:

        async def reader(topic: str) -> TopicReader:
            return await opened.enter_async_context(TopicReader(settings, topic))

        yield Outcome(
            profiles=Latest(await reader(PROFILES.name), ProfileSnapshot, "revision"),
            scores=Latest(await reader(SCORES.name), ScoreChanged, "sequence"),
            segments=Latest(await reader(SEGMENTS.name), SegmentChanged, "sequence"),
            notifications=await reader(NOTIFICATIONS.name),
            dead=await reader(DEAD_LETTERS.name),
        )


def has_bought(score: ScoreChanged) -> bool:
    return score.churn is not None and score.churn.facts is not None


def _stage(segments: SegmentChanged) -> str | None:
    held = {each.segment for each in segments.memberships}
    return next((each for each in STAGES if each in held), None)


def _name(snapshot: ProfileSnapshot) -> str:
    identifiers = snapshot.state.identifiers if snapshot.state else ()
    return next((each.value for each in identifiers if each.kind == "customer_id"), "unknown")
