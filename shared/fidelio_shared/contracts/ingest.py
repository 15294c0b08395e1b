"""What ingest produces: the validated, normalised interaction on topic `interactions`."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator

from fidelio_shared.contracts.ids import InteractionId

Name = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=512)]
HexId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Scalar = str | int | float | bool | None

STRONG_KINDS = ("customer_id", "account_user_id", "email", "phone", "loyalty_id")
WEAK_KINDS = ("social_handle", "device_id", "anonymous_id")
LINKING_KINDS = STRONG_KINDS + WEAK_KINDS
"""Strongest first. A kind that is not listed describes a person and never links."""

RATING_SCALES = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7)}

PRIVILEGED_TYPES = frozenset({"erasure.requested", "consent.changed"})
CORE_TYPES = frozenset({"order.placed", "subscription.started", "subscription.renewed", "feature.used", "visit.made"})
"""What counts as a customer's own activity; opening a mail does not, machines open mail."""


class Contract(BaseModel):
    """A frozen message; unknown fields are ignored, and errors never repeat what was sent."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, allow_inf_nan=False)


class Identifier(Contract):
    kind: Name
    value: Text


class Amount(Contract):
    value: Annotated[Decimal, Field(max_digits=18, decimal_places=4)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class Rating(Contract):
    scale: Name
    value: int

    @model_validator(mode="after")
    def _within_scale(self) -> "Rating":
        lowest, highest = RATING_SCALES.get(self.scale, (0, 100))
        if not lowest <= self.value <= highest:
            raise ValueError(f"a rating on this scale lies between {lowest} and {highest}")
        return self


class Reference(Contract):
    kind: Name
    id: Text


class Consent(Contract):
    purpose: Name
    channel: Name
    status: Literal["granted", "denied"]
    lawful_basis: Name | None = None
    policy_version: Name | None = None
    evidence: Text | None = None
    expires_at: AwareDatetime | None = None


class Submission(Contract):
    """What a channel system says happened, before Fidelio checks and normalises it."""

    source: Text
    id: Text
    type: Annotated[str, StringConstraints(pattern=r"^[a-z_]+(\.[a-z_]+)+$", max_length=64)]
    occurred_at: AwareDatetime | None = None
    sent_at: AwareDatetime | None = None
    identifiers: Annotated[tuple[Identifier, ...], Field(max_length=20)]
    account_id: Text | None = None
    traits: Annotated[dict[Name, Scalar], Field(max_length=100)] = {}
    amount: Amount | None = None
    rating: Rating | None = None
    reference: Reference | None = None
    consent: Consent | None = None
    data: dict[str, JsonValue] = {}


class Interaction(Contract):
    id: InteractionId
    digest: str
    source: Text
    source_id: Text
    channel: Name
    type: Name
    occurred_at: datetime
    received_at: datetime
    identifiers: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=20)]
    account_id: Text | None = None
    traits: Annotated[dict[Name, Scalar], Field(max_length=100)] = {}
    amount: Amount | None = None
    rating: Rating | None = None
    reference: Reference | None = None
    consent: Consent | None = None
    historical: bool = False
    data: dict[str, JsonValue] = {}

    @property
    def linking(self) -> tuple[Identifier, ...]:
        """The identifiers that may find a person, strongest first."""
        found = [each for each in self.identifiers if each.kind in LINKING_KINDS]
        return tuple(sorted(found, key=lambda each: (LINKING_KINDS.index(each.kind), each.value)))

    @property
    def anchor(self) -> str:
        """The strongest identifier, `kind:value`: also the record's key on `interactions`."""
        strongest = self.linking[0]
        return f"{strongest.kind}:{strongest.value}"
