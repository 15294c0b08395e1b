"""The declared table of topics; the deploy tool creates them, nothing else does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

_DAY_MS = 86_400_000
CHANNEL_PARTITIONS = 4
ANY_CHANNEL = "{channel}"
_LONGEST_SEGMENT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Topic:
    """`partitions` None: the deployment's common count. A keyed topic's count is never altered."""

    name: str
    partitions: int | None
    keyed: bool
    config: Mapping[str, str] = field(default_factory=dict)


def _deleted_after(days: int, **more: str) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(days * _DAY_MS), "compression.type": "producer"} | more


def _compacted() -> dict[str, str]:
    return {
        "cleanup.policy": "compact",
        "min.compaction.lag.ms": str(7 * _DAY_MS),
        "delete.retention.ms": str(14 * _DAY_MS),
        "compression.type": "producer",
    }


INTERACTIONS = Topic("interactions", None, keyed=True, config=_deleted_after(7))
TIMELINE = Topic("timeline", None, keyed=True, config=_deleted_after(7))
PROFILES = Topic("profiles", None, keyed=True, config=_compacted())
IDENTITIES = Topic("identities", None, keyed=True, config=_deleted_after(28))
SCORES = Topic("scores", None, keyed=True, config=_compacted())
SEGMENTS = Topic("segments", None, keyed=True, config=_compacted())
SHADOW_SCORES = Topic("shadow-scores", None, keyed=True, config=_deleted_after(28))
NOTIFICATIONS = Topic("notifications", None, keyed=True, config=_deleted_after(28))
ERASURES = Topic("erasures", None, keyed=True, config=_deleted_after(90))
CLOCK = Topic("clock", 1, keyed=True, config=_compacted())
DEAD_LETTERS = Topic(
    "dead-letters", 4, keyed=False, config=_deleted_after(28, **{"max.message.bytes": str(4 * 1024 * 1024)})
)

FIXED_TOPICS = (
    INTERACTIONS,
    TIMELINE,
    PROFILES,
    IDENTITIES,
    SCORES,
    SEGMENTS,
    SHADOW_SCORES,
    NOTIFICATIONS,
    ERASURES,
    CLOCK,
    DEAD_LETTERS,
)
CO_PARTITIONED = (TIMELINE, PROFILES, SCORES, SEGMENTS, SHADOW_SCORES, NOTIFICATIONS)


def gone_after(topic: Topic) -> timedelta:
    """When the last copy of what was said then is gone: a log's segments are closed after a week at the latest, and
    what is compacted waits for its lag first."""
    kept = topic.config.get("retention.ms") or topic.config["min.compaction.lag.ms"]
    return timedelta(milliseconds=int(kept)) + _LONGEST_SEGMENT


def channel_topic(channel: str) -> str:
    return f"channels.{channel}"


def topics_for(channels: Iterable[str]) -> tuple[Topic, ...]:
    raw = _deleted_after(7, **{"message.timestamp.type": "LogAppendTime"})
    return FIXED_TOPICS + tuple(
        Topic(channel_topic(each), CHANNEL_PARTITIONS, keyed=False, config=raw) for each in channels
    )
