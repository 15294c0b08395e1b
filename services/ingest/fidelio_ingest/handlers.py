"""`channels.*` to `interactions`: decode (in the batch, record by record), publish; the commit follows."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fidelio_ingest.domain.identifiers import IdentifierForms
from fidelio_ingest.domain.normalising import DoorRules, normalise
from fidelio_ingest.domain.raw import RawRecord
from fidelio_ingest.metrics import IngestMetrics
from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.channels import Channel
from fidelio_shared.contracts.identity import IdentityRules
from fidelio_shared.contracts.ids import record_id
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.operations import FIRST_APPENDED, ClockKind
from fidelio_shared.contracts.retention import Retention, shipped_retention
from fidelio_shared.contracts.topics import INTERACTIONS, channel_topic
from fidelio_shared.messaging.batch import Batch, Refusal
from fidelio_shared.messaging.errors import Rejected
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.records import Incoming, Outgoing, make_record

_CHANNEL = len(channel_topic(""))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_DIGITS = 15


def interaction_decoder(
    channels: Mapping[str, Channel], clock: ClockKind, rules: IdentityRules, retention: Retention | None = None
) -> Callable[[Incoming], Interaction]:
    door = DoorRules(channels, clock, IdentifierForms(rules), retention or shipped_retention())

    def decode(record: Incoming) -> Interaction:
        return normalise(_raw(record), door)

    return decode


@dataclass(frozen=True, slots=True)
class IngestHandlers:
    publisher: Publisher
    metrics: IngestMetrics

    async def publish_interactions(self, batch: Batch[Interaction]) -> Sequence[Refusal]:
        await self.publisher.publish_all([_record(each) for each in batch.values])
        for channel, count in Counter(each.channel for each in batch.values).items():
            self.metrics.interactions.labels(channel).inc(count)
        return ()


def _record(interaction: Interaction) -> Outgoing:
    return make_record(
        INTERACTIONS.name,
        interaction.anchor,
        encode(interaction),
        ce_id=record_id(INTERACTIONS.name, interaction.id),
        ce_type="fidelio.interaction",
        source="fidelio/ingest",
        at=instant(interaction.received_at),
        trace=interaction.id,
    )


def _raw(record: Incoming) -> RawRecord:
    headers = {name.lower(): _text(value) for name, value in record.headers or ()}
    appended_at = _moment(record.timestamp)
    told = headers.get(FIRST_APPENDED, str(record.timestamp))
    return RawRecord(
        channel=record.topic[_CHANNEL:],
        headers=headers,
        body=record.value,
        appended_at=appended_at,
        first_appended_at=min(appended_at, _first_appended(told)),
    )


def _moment(milliseconds: int) -> datetime:
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError as error:
        text = "the record's timestamp is beyond any calendar; the topic needs message.timestamp.type=LogAppendTime"
        raise Rejected("time_out_of_range", text) from error


def _first_appended(told: str | None) -> datetime:
    if told is None or not told.isdecimal() or len(told) > _MOST_DIGITS:
        raise Rejected("bad_header", f"header {FIRST_APPENDED} is no count of milliseconds; leave it out")
    return _moment(int(told))


def _text(value: bytes | None) -> str | None:
    try:
        return value.decode() if value is not None else ""
    except UnicodeDecodeError:
        return None
