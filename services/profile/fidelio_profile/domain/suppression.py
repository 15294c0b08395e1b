"""Which identifiers of people who were erased are suppressed, and how somebody who was begins anew."""

from collections.abc import Mapping

from fidelio_profile.domain.people import Link
from fidelio_shared.contracts.canonical import Instant, instant
from fidelio_shared.contracts.ingest import Interaction

_BEGINNINGS = frozenset({"order.placed", "subscription.started"})


def suppressed_keys(links: Mapping[str, Link]) -> list[str]:
    """Those that the person alone held: what others were seen with goes on working for them."""
    return [key for key, link in links.items() if not link.seen_with]


def begins_anew(interaction: Interaction, erased_at: Instant) -> bool:
    """Whether somebody who was erased comes back by their own doing, and not by an export of what was known."""
    if instant(interaction.occurred_at) <= erased_at:
        return False
    consent = interaction.consent
    is_consent = interaction.type == "consent.changed" and consent is not None and consent.status == "granted"
    return interaction.type in _BEGINNINGS or is_consent
