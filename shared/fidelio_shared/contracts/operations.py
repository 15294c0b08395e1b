"""What the operating commands produce: the stream clock, and the headers of a dead letter."""

from datetime import datetime
from typing import Literal

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
    "identifier_invalid",
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
