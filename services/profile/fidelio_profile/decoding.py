"""Records as they come from Kafka, as the models that the handlers work on."""

from pydantic import ValidationError

from fidelio_profile.domain.outcomes import Outcome
from fidelio_profile.domain.revisions import Foldable
from fidelio_shared.contracts.erasures import ERASURE_RECORD, ErasureRecord
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.notify import NotificationChanged
from fidelio_shared.contracts.profile import TIMELINE_RECORD
from fidelio_shared.contracts.scoring import ScoreChanged, SegmentChanged
from fidelio_shared.contracts.topics import ERASURES, NOTIFICATIONS, SCORES, SEGMENTS
from fidelio_shared.messaging.errors import Rejected
from fidelio_shared.messaging.records import Incoming

_OUTCOMES: dict[str, type[ScoreChanged] | type[SegmentChanged] | type[NotificationChanged]] = {
    SCORES.name: ScoreChanged,
    SEGMENTS.name: SegmentChanged,
    NOTIFICATIONS.name: NotificationChanged,
}


def decode_interaction(record: Incoming) -> Interaction:
    try:
        return Interaction.model_validate_json(record.value or b"")
    except ValidationError as error:
        raise _not_by_contract("an interaction", error) from error


def decode_timeline(record: Incoming) -> Foldable:
    try:
        return TIMELINE_RECORD.validate_json(record.value or b"")
    except ValidationError as error:
        raise _not_by_contract("a timeline record", error) from error


def decode_outcome(record: Incoming) -> Outcome | ErasureRecord | None:
    """None for a tombstone, which follows whatever it removes."""
    if record.value is None:
        return None
    try:
        if record.topic == ERASURES.name:
            return ERASURE_RECORD.validate_json(record.value)
        return _OUTCOMES[record.topic].model_validate_json(record.value)
    except ValidationError as error:
        raise _not_by_contract("an outcome", error) from error


def _not_by_contract(what: str, error: ValidationError) -> Rejected:
    return Rejected("schema", f"not {what} by its contract ({error.error_count()} errors); see its JSON Schema")
