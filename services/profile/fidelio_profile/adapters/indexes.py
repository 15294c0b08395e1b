"""The declared collections and indexes; nothing is unique but `_id`, so that all can be sharded by its hash."""

from pymongo import ASCENDING, DESCENDING, IndexModel

_ROUTE_SECONDS = 15 * 86_400
"""Retention of channels.* and interactions, 7 days each, and a day."""

_REQUEST_SECONDS = 90 * 86_400

INDEXES: dict[str, list[IndexModel]] = {
    "profiles": [],
    "identities": [],
    "heads": [],
    "reviews": [IndexModel([("status", ASCENDING), ("_id", ASCENDING)])],
    "requests": [
        IndexModel([("published_at", ASCENDING), ("at", ASCENDING)]),
        IndexModel([("at", ASCENDING)], expireAfterSeconds=_REQUEST_SECONDS),
    ],
    "routes": [IndexModel([("at", ASCENDING)], expireAfterSeconds=_ROUTE_SECONDS)],
    "timeline": [IndexModel([("profile", ASCENDING), ("occurred_at", DESCENDING), ("_id", DESCENDING)])],
    "offsets": [],
    "outcomes": [],
}
