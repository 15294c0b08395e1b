"""Raw records for ingest, of which a test names only what matters to it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from fidelio_ingest.domain.identifiers import IdentifierForms
from fidelio_ingest.domain.normalising import DoorRules, normalise
from fidelio_ingest.domain.raw import RawRecord
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.contracts.identity import shipped_identity_rules
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.contracts.retention import shipped_retention

CANARY = "canary5d1f@leak.example"
"""A person's data: no text that Fidelio writes about a record may repeat it."""

SOURCE = "shop.example/orders"
OCCURRED_AT = "2020-03-01T10:00:00Z"
APPENDED_AT = datetime(2026, 3, 1, 10, 0, 2, 123_000, tzinfo=UTC)
CHANNELS = read_channels(None)


def door_rules(clock: ClockKind = "wall") -> DoorRules:
    """As they are shipped."""
    return DoorRules(CHANNELS, clock, IdentifierForms(shipped_identity_rules()), shipped_retention())


def a_submission(**named: object) -> dict[str, object]:
    """A field given as Ellipsis is left out."""
    plain: dict[str, object] = {
        "source": SOURCE,
        "id": "4711",
        "type": "order.placed",
        "occurred_at": OCCURRED_AT,
        "identifiers": [an_identifier("customer_id", "42")],
    }
    return {name: value for name, value in {**plain, **named}.items() if value is not ...}


def a_telling_submission(**named: object) -> dict[str, object]:
    return a_submission(**{"identifiers": [an_identifier("email", CANARY)]} | named)


def an_identifier(kind: str, value: object) -> dict[str, object]:
    return {"kind": kind, "value": value}


def as_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def a_raw(
    body: bytes | None,
    *,
    channel: str = "store",
    headers: Mapping[str, str | None] | None = None,
    appended_at: datetime = APPENDED_AT,
    first_appended_at: datetime | None = None,
) -> RawRecord:
    return RawRecord(channel, headers or {}, body, appended_at, first_appended_at or appended_at)


def normalised(*, clock: ClockKind = "wall", **named: object) -> Interaction:
    return normalise(
        a_raw(as_json(a_submission(**named))),
        door_rules(clock),
    )
