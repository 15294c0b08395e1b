"""The part of a snapshot that scoring reads; the rest is skipped while parsing."""

from collections.abc import Callable
from datetime import datetime

from pydantic import ValidationError

from fidelio_scoring.domain.purchases import Purchases
from fidelio_scoring.domain.standing import Evidence
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Contract
from fidelio_shared.contracts.profile import Cause
from fidelio_shared.contracts.rights import objections
from fidelio_shared.contracts.scoring import ScoringCause
from fidelio_shared.messaging.errors import Rejected
from fidelio_shared.messaging.records import Incoming


class _Orders(Contract):
    count: int
    first_at: datetime
    last_at: datetime
    first_day: int
    days: str


class _Consent(Contract):
    purpose: str
    status: str


class _State(Contract):
    orders: _Orders | None = None
    consents: tuple[_Consent, ...] = ()


class _Snapshot(Contract):
    profile: ProfileId
    epoch: int
    revision: int
    cause: Cause
    merged_into: ProfileId | None = None
    erased_at: datetime | None = None
    state: _State | None


_NOT_SCORED = frozenset({"profiling", "processing"})
Decoder = Callable[[Incoming], Evidence | None]


def decode_evidence(record: Incoming) -> Evidence | None:
    """None for a tombstone, which follows the last snapshot of somebody who was erased."""
    if record.value is None:
        return None
    try:
        snapshot = _Snapshot.model_validate_json(record.value)
    except ValidationError as error:
        raise Rejected("schema", f"not a profile by its contract ({error.error_count()} errors)") from error
    orders = _orders(snapshot)
    cause = snapshot.cause
    return Evidence(
        profile=snapshot.profile,
        epoch=snapshot.epoch,
        revision=snapshot.revision,
        received_at=cause.received_at,
        cause=ScoringCause(
            kind=cause.kind, id=cause.id, type=cause.type, at=cause.occurred_at, historical=cause.historical
        ),
        purchases=_purchases(orders) if orders else None,
        erased_at=snapshot.erased_at,
    )


def _orders(snapshot: _Snapshot) -> _Orders | None:
    """None also where the person does not want to be profiled."""
    state = snapshot.state
    if state is None or snapshot.merged_into or objections(state.consents) & _NOT_SCORED:
        return None
    return state.orders


def _purchases(orders: _Orders) -> Purchases:
    return Purchases(
        first_order_at=orders.first_at,
        last_order_at=orders.last_at,
        days=int(orders.days, 16) << orders.first_day,
        order_count=orders.count,
    )
