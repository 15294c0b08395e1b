"""What is said of an erasure, on topic `erasures`: profile asks, every store confirms, profile gives the receipt."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Contract, HexId

Store = Literal["profile", "outcomes", "scoring", "notify"]
STORES: tuple[Store, ...] = ("profile", "outcomes", "scoring", "notify")


class ErasureRequested(Contract):
    """`profiles`: the person's, with all that became part of it."""

    kind: Literal["requested"] = "requested"
    id: HexId
    profile: ProfileId
    profiles: tuple[ProfileId, ...]
    at: datetime


class ErasureConfirmed(Contract):
    """`store` holds nothing of `profile` any more, and takes nothing in."""

    kind: Literal["confirmed"] = "confirmed"
    id: HexId
    profile: ProfileId
    store: Store


class GoneFrom(Contract):
    """By when the last copy is gone from a topic, by its retention and compaction."""

    topic: str
    by: datetime


class ErasureReceipt(Contract):
    """Every store has confirmed it for every profile."""

    kind: Literal["receipt"] = "receipt"
    id: HexId
    profile: ProfileId
    requested_at: datetime
    topics: tuple[GoneFrom, ...]


ErasureRecord = Annotated[ErasureRequested | ErasureConfirmed | ErasureReceipt, Field(discriminator="kind")]
ERASURE_RECORD: TypeAdapter[ErasureRecord] = TypeAdapter(ErasureRecord)
