"""The part of a snapshot that scoring reads; the rest is skipped while parsing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from fidelio_scoring.domain.facts import Facts
from fidelio_scoring.domain.standing import Evidence
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.profile import Cause
from fidelio_shared.contracts.rights import objections
from fidelio_shared.contracts.scoring import ScoringCause
from fidelio_shared.messaging.errors import Rejected
from fidelio_shared.messaging.records import Incoming


@dataclass(frozen=True, slots=True)
class _Snapshot:
    profile: ProfileId
    epoch: int
    revision: int
    cause: Cause
    merged_into: ProfileId | None = None
    erased_at: datetime | None = None
    state: Facts | None = None


_SNAPSHOT = TypeAdapter(_Snapshot)
_NOT_SCORED = frozenset({"profiling", "processing"})
Decoder = Callable[[Incoming], Evidence | None]


def decode_evidence(record: Incoming) -> Evidence | None:
    """None for a tombstone, which follows the last snapshot of somebody who was erased."""
    if record.value is None:
        return None
    try:
        snapshot = _SNAPSHOT.validate_json(record.value)
    except ValidationError as error:
        raise Rejected("schema", f"not a profile by its contract ({error.error_count()} errors)") from error
    cause = snapshot.cause
    return Evidence(
        profile=snapshot.profile,
        epoch=snapshot.epoch,
        revision=snapshot.revision,
        received_at=cause.received_at,
        cause=ScoringCause(
            kind=cause.kind, id=cause.id, type=cause.type, at=cause.occurred_at, historical=cause.historical
        ),
        facts=_facts(snapshot),
        erased_at=snapshot.erased_at,
    )


def _facts(snapshot: _Snapshot) -> Facts | None:
    """None also where the person does not want to be profiled."""
    state = snapshot.state
    if state is None or snapshot.merged_into or objections(state.consents) & _NOT_SCORED:
        return None
    return state
