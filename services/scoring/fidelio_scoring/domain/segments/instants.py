"""Instants in somebody's life from which conditions count; None: there was none."""

from datetime import datetime

from fidelio_scoring.domain.facts import Ticket
from fidelio_scoring.domain.segments.reading import Reading


def first_interaction(reading: Reading) -> datetime | None:
    return reading.facts.first_at


def first_order(reading: Reading) -> datetime | None:
    orders = reading.facts.orders
    return orders.first_at if orders else None


def last_order(reading: Reading) -> datetime | None:
    orders = reading.facts.orders
    return orders.last_at if orders else None


def oldest_open_ticket(reading: Reading) -> datetime | None:
    return min((_open_since(each) for each in reading.facts.tickets if each.is_open), default=None)


def oldest_open_complaint(reading: Reading) -> datetime | None:
    open_since = [_open_since(each) for each in reading.facts.tickets if each.is_open and each.is_complaint]
    return min(open_since, default=None)


def longest_unchanged_subscription(reading: Reading) -> datetime | None:
    """Of the active one that was started, renewed or changed longest ago: when that was."""
    return min((each.at for each in reading.facts.subscriptions if each.is_active), default=None)


def latest_rating(reading: Reading, scale: str) -> datetime | None:
    ratings = reading.ratings(scale)
    return ratings.latest[0].at if ratings else None


def kth_latest(reading: Reading, interaction_type: str, k: int) -> datetime | None:
    return reading.kth_latest(interaction_type, k)


def latest_over(reading: Reading, interaction_type: str, channel: str) -> datetime | None:
    return next((each.last_at for each in reading.activity(interaction_type) if each.channel == channel), None)


def silent_since(reading: Reading, interaction_type: str) -> datetime | None:
    return reading.latest(interaction_type) or reading.facts.first_at


def unanswered(reading: Reading, first: str, then: str) -> datetime | None:
    """The latest `first`, where no `then` came at that instant or after it."""
    asked, answered = reading.latest(first), reading.latest(then)
    return None if asked is None or (answered is not None and answered >= asked) else asked


def nth_channel(reading: Reading, n: int, *types: str) -> datetime | None:
    """When the n-th channel was last used, counted from the one used last."""
    used = channels_used(reading, *types)
    return sorted(used.values(), reverse=True)[n - 1] if len(used) >= n else None


def channels_used(reading: Reading, *types: str) -> dict[str, datetime]:
    """And when last, for these types of interactions."""
    used: dict[str, datetime] = {}
    for each in (one for name in types for one in reading.activity(name)):
        if each.channel not in used or used[each.channel] < each.last_at:
            used[each.channel] = each.last_at
    return used


def _open_since(ticket: Ticket) -> datetime:
    """Since it was opened; of one that was reopened, since what was last said of it: it was closed in between."""
    return ticket.at if ticket.reopenings or ticket.opened_at is None else ticket.opened_at
