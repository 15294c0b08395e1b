"""Interactions of which a test names only what matters to it."""

from datetime import UTC, datetime

from fidelio_shared.contracts.ids import ProfileId, hash16, interaction_id
from fidelio_shared.contracts.ingest import Identifier, Interaction
from fidelio_shared.contracts.profile import InteractionRecorded, RefoldRequested

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def an_interaction(number: int = 1, **named: object) -> Interaction:
    """`number` is the source's own event id; another number is another interaction."""
    source, source_id = "shop.example", str(number)
    plain: dict[str, object] = {
        "id": interaction_id(source, source_id),
        "digest": f"1:{source_id}",
        "source": source,
        "source_id": source_id,
        "channel": "web",
        "type": "page.viewed",
        "occurred_at": NOON,
        "received_at": NOON,
        "identifiers": (customer("ann"),),
    }
    return Interaction.model_validate(plain | named)


def an_order(number: int = 1, value: str = "10.00", currency: str = "EUR", **named: object) -> Interaction:
    plain: dict[str, object] = {"type": "order.placed", "amount": {"value": value, "currency": currency}}
    return an_interaction(number, **plain | named)


def a_consent_change(number: int, status: str, **named: object) -> Interaction:
    given = {"purpose": "marketing", "channel": "email", "status": status}
    return an_interaction(number, type="consent.changed", consent=given, **named)


def a_profile_id(name: str = "ann") -> ProfileId:
    return ProfileId(hash16("test", name))


def recorded(interaction: Interaction, profile: ProfileId | None = None) -> InteractionRecorded:
    return InteractionRecorded(profile=profile or a_profile_id(), interaction=interaction)


def a_refold(number: int = 1, profile: ProfileId | None = None) -> RefoldRequested:
    return RefoldRequested(
        profile=profile or a_profile_id(), id=hash16("test refold", number), reason="verify", at=NOON
    )


def customer(value: str) -> Identifier:
    return Identifier(kind="customer_id", value=value)


def email(value: str) -> Identifier:
    return Identifier(kind="email", value=value)


def device(value: str) -> Identifier:
    return Identifier(kind="device_id", value=value)
