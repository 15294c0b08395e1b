"""The part of a snapshot that scoring reads; the rest is skipped while parsing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from fidelio_scoring.domain.facts import Facts
from fidelio_scoring.domain.standing import Evidence
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.rights import objections
from fidelio_shared.contracts.scoring import ScoringCause
from fidelio_shared.messaging.errors import Rejected
from fidelio_shared.messaging.records import Incoming


@dataclass(frozen=True, slots=True)
class _Cause:
    kind: Literal["interaction", "refold", "merge", "split", "erasure"]
    id: str
    type: str
    occurred_at: datetime
    received_at: datetime
    historical: bool = False


@dataclass(frozen=True, slots=True)
class _Snapshot:
    profile: ProfileId
    epoch: int
    revision: int
    cause: _Cause
    merged_into: ProfileId | None = None
    erased_at: datetime | None = None
    state: Facts | None = None


_SNAPSHOT = msgspec.json.Decoder(_Snapshot)
_NOT_SCORED = frozenset({"profiling", "processing"})
Decoder = Callable[[Incoming], Evidence | None]


def decode_evidence(record: Incoming) -> Evidence | None:
    """None for a tombstone, which follows the last snapshot of somebody who was erased."""
    if record.value is None:
        return None
    try:
        snapshot = _SNAPSHOT.decode(record.value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Rejected("schema", "not a profile by its contract; see its JSON Schema") from error
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
