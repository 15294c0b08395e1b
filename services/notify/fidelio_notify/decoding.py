"""Records as they come from Kafka, as what notify works on: of a profile, its contact card."""

from pydantic import ValidationError

from fidelio_notify.domain.contacts import Contact, ReachablePerson, contact_from
from fidelio_shared.contracts.scoring import ScoreChanged, SegmentChanged
from fidelio_shared.contracts.topics import PROFILES, SCORES, SEGMENTS
from fidelio_shared.messaging.errors import Rejected
from fidelio_shared.messaging.records import Incoming

News = Contact | ScoreChanged | SegmentChanged
_KINDS: dict[str, type[ReachablePerson] | type[ScoreChanged] | type[SegmentChanged]] = {
    PROFILES.name: ReachablePerson,
    SCORES.name: ScoreChanged,
    SEGMENTS.name: SegmentChanged,
}


def decode_news(record: Incoming) -> News | None:
    """None for a tombstone, which follows whatever was last said of somebody who was erased."""
    if record.value is None:
        return None
    try:
        found = _KINDS[record.topic].model_validate_json(record.value)
    except ValidationError as error:
        raise Rejected("schema", f"not by the contract of {record.topic} ({error.error_count()} errors)") from error
    return contact_from(found) if isinstance(found, ReachablePerson) else found
