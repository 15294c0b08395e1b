"""Numbers that conditions compare; None: there is none, and then no comparison holds."""

from decimal import Decimal

from fidelio_scoring.domain.segments.instants import channels_used
from fidelio_scoring.domain.segments.reading import Reading

Number = int | float | Decimal


def orders(reading: Reading) -> Number | None:
    found = reading.facts.orders
    return found.count if found else 0


def purchase_days(reading: Reading) -> Number | None:
    return _days(reading).bit_count()


def mean_gap_days(reading: Reading) -> Number | None:
    days = _days(reading)
    count = days.bit_count()
    return (days.bit_length() - (days & -days).bit_length()) / (count - 1) if count > 1 else None


def last_gap_days(reading: Reading) -> Number | None:
    """Between the last two purchase days."""
    days = _days(reading)
    before = days ^ (1 << days.bit_length() >> 1)
    return days.bit_length() - before.bit_length() if before else None


def revenue(reading: Reading, currency: str) -> Number | None:
    found = reading.facts.orders
    return next((each.revenue for each in found.totals if each.currency == currency), 0) if found else 0


def average_order(reading: Reading, currency: str) -> Number | None:
    found = reading.facts.orders
    totals = found.totals if found else ()
    return next((each.revenue / each.count for each in totals if each.currency == currency), None)


def return_share(reading: Reading) -> Number | None:
    """Returns to orders, by number."""
    found = reading.facts.orders
    return interactions_of(reading, "order.returned") / found.count if found else None


def interactions(reading: Reading) -> Number | None:
    return reading.facts.interactions


def interactions_of(reading: Reading, interaction_type: str) -> int:
    return sum(each.count for each in reading.activity(interaction_type))


def interactions_over(reading: Reading, interaction_type: str, channel: str) -> Number | None:
    return sum(each.count for each in reading.activity(interaction_type) if each.channel == channel)


def channels(reading: Reading, *types: str) -> Number | None:
    return len(channels_used(reading, *types))


def open_tickets(reading: Reading) -> Number | None:
    """Complaints too."""
    return sum(each.is_open for each in reading.facts.tickets)


def open_complaints(reading: Reading) -> Number | None:
    return sum(each.is_open and each.is_complaint for each in reading.facts.tickets)


def reopenings(reading: Reading) -> Number | None:
    """Of open tickets."""
    return sum(each.reopenings for each in reading.facts.tickets if each.is_open)


def subscriptions(reading: Reading) -> Number | None:
    return sum(each.is_active for each in reading.facts.subscriptions)


def subscriptions_to(reading: Reading, plan: str) -> Number | None:
    return sum(each.is_active and each.plan == plan for each in reading.facts.subscriptions)


def latest_rating(reading: Reading, scale: str) -> Number | None:
    ratings = reading.ratings(scale)
    return ratings.latest[0].value if ratings else None


def average_rating(reading: Reading, scale: str) -> Number | None:
    ratings = reading.ratings(scale)
    return ratings.total / ratings.count if ratings else None


def count_of_ratings(reading: Reading, scale: str) -> Number | None:
    ratings = reading.ratings(scale)
    return ratings.count if ratings else 0


def trait_number(reading: Reading, name: str) -> Number | None:
    value = reading.trait(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def recency(reading: Reading) -> Number | None:
    return reading.scores.rfm[0] if reading.scores.rfm else None


def frequency(reading: Reading) -> Number | None:
    return reading.scores.rfm[1] if reading.scores.rfm else None


def monetary(reading: Reading) -> Number | None:
    return reading.scores.rfm[2] if reading.scores.rfm else None


def clv(reading: Reading) -> Number | None:
    return reading.scores.clv


def health(reading: Reading) -> Number | None:
    return reading.scores.health


def _days(reading: Reading) -> int:
    found = reading.facts.orders
    return int(found.days, 16) if found else 0
