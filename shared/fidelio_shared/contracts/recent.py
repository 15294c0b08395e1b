"""Of which types a profile keeps the latest instants (`recent` of its state), and so what may be asked of them."""

from collections.abc import Mapping

MOST_RECENT: Mapping[str, int] = {
    "call.missed": 3,
    "cart.abandoned": 3,
    "complaint.filed": 3,
    "conversation.ended": 3,
    "feature.used": 3,
    "mention.posted": 3,
    "message.bounced": 3,
    "message.clicked": 3,
    "message.replied": 3,
    "message.sent": 3,
    "message.unsubscribed": 1,
    "order.placed": 5,
    "order.returned": 3,
    "payment.failed": 3,
    "session.started": 3,
    "subscription.cancelled": 1,
    "subscription.downgraded": 2,
    "subscription.renewed": 1,
    "subscription.started": 1,
    "subscription.upgraded": 2,
    "survey.answered": 3,
    "ticket.opened": 3,
    "ticket.reopened": 3,
    "ticket.resolved": 3,
    "visit.made": 5,
}
"""How many of each type; of others none."""
