"""Records as they come from Kafka, as the models that the handlers work on."""

from pydantic import ValidationError

from fidelio_shared.contracts.profile import ProfileSnapshot
from fidelio_shared.contracts.scoring import ScoreChanged, SegmentChanged
from fidelio_shared.contracts.topics import PROFILES, SCORES, SEGMENTS
from fidelio_shared.messaging.errors import Rejected
from fidelio_shared.messaging.records import Incoming

News = ProfileSnapshot | ScoreChanged | SegmentChanged
_KINDS: dict[str, type[ProfileSnapshot] | type[ScoreChanged] | type[SegmentChanged]] = {
    PROFILES.name: ProfileSnapshot,
    SCORES.name: ScoreChanged,
    SEGMENTS.name: SegmentChanged,
}


def decode_news(record: Incoming) -> News:
    try:
        return _KINDS[record.topic].model_validate_json(record.value or b"")
    except ValidationError as error:
        raise Rejected("schema", f"not by the contract of {record.topic} ({error.error_count()} errors)") from error
