"""What the operating commands produce: the stream clock, and the headers of a dead letter."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict

from fidelio_shared.contracts.ingest import Contract

BRAND = "fidelio"
ClockKind = Literal["wall", "stream"]


class ClockAdvanced(Contract):
    """Everything with an instant up to and including `to` has been published and acknowledged."""

    brand: str
    to: datetime


DEAD_LETTER_REASONS = (
    "bad_header",
    "beyond_limits",
    "bug",
    "conflict",
    "not_json",
    "not_permitted",
    "not_yet",
    "schema",
    "time_out_of_range",
    "tombstone",
    "too_large",
    "unidentifiable",
    "unknown_content_type",
)
"""The closed set: also the label of the metric."""

FIRST_APPENDED = "fidelio-first-appended"
"""Header of a replayed record: when it first came, in milliseconds; a sender's clock is corrected by it."""

REPLAYED_FROM = "fidelio-replayed-from"
"""Header of a replayed record: the `ce_id` of the dead letter that it was."""

REPLAYED = "fidelio-replayed"
"""Header of a receipt on `dead-letters`: the `ce_id` of a dead letter that is back on its topic."""

ORIGINAL_HEADER = "original-"


def _header(field: str) -> str:
    return field if field.startswith("ce_") else "fidelio-" + field.replace("_", "-")


class DeadLetterHeaders(Contract):
    """Where the record was and why it is here. Its own headers follow, as `original-<name>`.

    What was cut, to fit, cannot be replayed: `cut_from_bytes` (with `sha256` of the whole value),
    `key_cut_from_bytes`, `headers_cut_from` (their number; also where one was too long).
    """

    model_config = ConfigDict(alias_generator=_header, validate_by_name=True, serialize_by_alias=True)

    ce_id: str
    reason: str
    error: str
    topic: str
    partition: int
    offset: int
    timestamp: int
    is_tombstone: bool = False
    sha256: str | None = None
    cut_from_bytes: int | None = None
    key_cut_from_bytes: int | None = None
    headers_cut_from: int | None = None
