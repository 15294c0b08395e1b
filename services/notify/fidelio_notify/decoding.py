"""Records as they come from Kafka, as what notify works on."""

from pydantic import ValidationError

from fidelio_notify.domain.cards import PersonSnapshot
from fidelio_shared.contracts.scoring import ScoreChanged, SegmentChanged
from fidelio_shared.contracts.topics import PROFILES, SCORES, SEGMENTS
from fidelio_shared.messaging.errors import Rejected
from fidelio_shared.messaging.records import Incoming

News = PersonSnapshot | ScoreChanged | SegmentChanged
_KINDS: dict[str, type[News]] = {
    PROFILES.name: PersonSnapshot,
    SCORES.name: ScoreChanged,
    SEGMENTS.name: SegmentChanged,
}


def decode_news(record: Incoming) -> News | None:
    """None for a tombstone, which follows whatever was last said of somebody who was erased."""
    if record.value is None:
        return None
    try:
        return _KINDS[record.topic].model_validate_json(record.value)
    except ValidationError as error:
        raise Rejected("schema", f"not by the contract of {record.topic} ({error.error_count()} errors)") from error
