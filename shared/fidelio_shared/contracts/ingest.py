"""What ingest produces: the validated, normalised interaction on topic `interactions`."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)

from fidelio_shared.contracts.ids import InteractionId

Name = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=512)]
HexId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Scalar = str | int | float | bool | None

DESCRIBED = "described."
"""Before the name of an identifier's kind: it tells something of the person, and never links."""

RATING_SCALES = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7)}

ERASURE_REQUESTED = "erasure.requested"
CORRECTED = "profile.corrected"
PRIVILEGED_TYPES = frozenset({ERASURE_REQUESTED, "consent.changed", CORRECTED})
CORE_TYPES = frozenset({"order.placed", "subscription.started", "subscription.renewed", "feature.used", "visit.made"})
"""What counts as a customer's own activity; opening a mail does not, machines open mail."""


def _told_as_text(value: object) -> object:
    """A bare number is refused, also as text: nobody can tell seconds from milliseconds."""
    if isinstance(value, datetime) or (isinstance(value, str) and value[4:5] == "-"):
        return value
    raise ValueError("an instant is a text such as 2026-03-01T10:00:00Z")


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the instant lies outside the years 1 to 9999 of UTC") from error


ToldInstant = Annotated[AwareDatetime, BeforeValidator(_told_as_text)]


class Contract(BaseModel):
    """A frozen message; unknown fields are ignored, and errors never repeat what was sent."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, allow_inf_nan=False)


class Identifier(Contract):
    kind: Name
    value: Text


class SubmittedIdentifier(Contract):
    """As sent: an empty or blank value, a field that the customer left open, is no error and finds nobody."""

    kind: Name
    value: Annotated[str, StringConstraints(max_length=512)]


class Amount(Contract):
    value: Annotated[Decimal, Field(max_digits=18, decimal_places=4)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class Rating(Contract):
    scale: Name
    value: Annotated[int, Field(strict=True)]

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
    expires_at: Annotated[ToldInstant, AfterValidator(_in_utc)] | None = None


class Submission(Contract):
    """What a channel system says happened, before Fidelio checks and normalises it."""

    source: Text
    id: Text
    type: Annotated[str, StringConstraints(pattern=r"^[a-z_]+(\.[a-z_]+)+$", max_length=64)]
    occurred_at: ToldInstant | None = None
    sent_at: ToldInstant | None = None
    identifiers: Annotated[tuple[SubmittedIdentifier, ...], Field(max_length=20)]
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
        """The identifiers that may find a person; ingest puts the strongest first."""
        return tuple(each for each in self.identifiers if not each.kind.startswith(DESCRIBED))

    @property
    def anchor(self) -> str:
        """The strongest identifier, `kind:value`: also the record's key on `interactions`."""
        strongest = self.linking[0]
        return f"{strongest.kind}:{strongest.value}"
