"""Dead letters on their way back to the topic that they came from."""

from dataclasses import dataclass

from fidelio_shared.contracts.canonical import Instant
from fidelio_shared.contracts.ids import record_id
from fidelio_shared.contracts.operations import FIRST_APPENDED, REPLAYED, REPLAYED_FROM
from fidelio_shared.contracts.topics import DEAD_LETTERS, FIXED_TOPICS, channel_topic
from fidelio_shared.messaging.dead_letters import DeadLetter, read_dead_letter
from fidelio_shared.messaging.records import Headers, Incoming, Outgoing

_CHANNELS = channel_topic("")
_COMPACTED = frozenset(each.name for each in FIXED_TOPICS if each.config["cleanup.policy"] == "compact")
_KEPT_IN_FULL = frozenset(each.name for each in FIXED_TOPICS) - _COMPACTED - {DEAD_LETTERS.name}


@dataclass(frozen=True, slots=True)
class Selection:
    """What is None does not matter."""

    reason: str | None = None
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None

    def takes(self, letter: DeadLetter) -> bool:
        about = letter.about
        wanted = (
            (self.reason, about.reason),
            (self.topic, about.topic),
            (self.partition, about.partition),
            (self.offset, about.offset),
        )
        return all(asked is None or asked == found for asked, found in wanted)


@dataclass(frozen=True, slots=True)
class NotReplayable:
    why: str


def replayed(letter: DeadLetter) -> Outgoing | NotReplayable:
    """The original bytes, key and headers, and beside them whence they come."""
    topic = letter.about.topic
    if letter.is_cut:
        return NotReplayable("it was too large to be kept whole; only its source can send it again")
    if topic in _COMPACTED:
        return NotReplayable(f"{topic} keeps the last record of each key, and an old one must not come last")
    if topic not in _KEPT_IN_FULL and not topic.startswith(_CHANNELS):
        return NotReplayable(f"{topic} is no topic of Fidelio's")
    return Outgoing(topic, letter.key, letter.value, _headers(letter))


def receipt(letter: DeadLetter, *, at: Instant) -> Outgoing:
    """Written after the replay, so that a later one skips this letter."""
    replayed_id = letter.about.ce_id
    ce_id = record_id(DEAD_LETTERS.name, "replayed", replayed_id)
    headers = (
        ("content-type", b"application/octet-stream"),
        ("ce_specversion", b"1.0"),
        ("ce_id", ce_id.encode()),
        ("ce_type", b"fidelio.dead-letter.replayed"),
        ("ce_source", b"fidelio/operations"),
        ("ce_time", at.encode()),
        (REPLAYED, replayed_id.encode()),
    )
    return Outgoing(DEAD_LETTERS.name, letter.key, b"", headers)


def replayed_before(record: Incoming) -> str | None:
    """The `ce_id` of the dead letter of which this record proves that it was replayed.

    It is a receipt, or the dead letter of the replayed record, which failed again.
    """
    letter = read_dead_letter(record)
    headers, name = (letter.headers, REPLAYED_FROM) if letter else (record.headers, REPLAYED)
    return next((value.decode(errors="replace") for key, value in headers if key == name and value), None)


def _headers(letter: DeadLetter) -> Headers:
    own = {name for name, _ in letter.headers}
    headers = [(name, value) for name, value in letter.headers if name != REPLAYED_FROM]
    headers.append((REPLAYED_FROM, letter.about.ce_id.encode()))
    if letter.about.topic.startswith(_CHANNELS) and FIRST_APPENDED not in own:
        headers.append((FIRST_APPENDED, str(letter.about.timestamp).encode()))
    return tuple(headers)
