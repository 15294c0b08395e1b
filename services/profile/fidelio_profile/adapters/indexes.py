"""The declared collections and indexes; nothing is unique but `_id`, so that all can be sharded by its hash."""

from pymongo import ASCENDING, DESCENDING, IndexModel

from fidelio_shared.access.indexes import ACCESS_INDEXES

ROUTE_SECONDS = 15 * 86_400
"""Retention of channels.* and interactions, 7 days each, and a day."""

REQUEST_SECONDS = 90 * 86_400

BY_NAME = "names_1__id_1"
_SOME_TEXT = {"$gt": ""}
"""An index with such a filter has no entry for those without a value."""

INDEXES: dict[str, list[IndexModel]] = {
    "profiles": [
        IndexModel([("state_version", ASCENDING), ("_id", ASCENDING)]),
        IndexModel(
            [("names", ASCENDING), ("_id", ASCENDING)], name=BY_NAME, partialFilterExpression={"names": _SOME_TEXT}
        ),
        IndexModel(
            [("state.accounts", ASCENDING), ("_id", ASCENDING)],
            partialFilterExpression={"state.accounts": _SOME_TEXT},
        ),
    ],
    "identities": [],
    "heads": [],
    "reviews": [
        IndexModel([("status", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("profile", ASCENDING)]),
        IndexModel([("demotion.owner", ASCENDING)]),
    ],
    "suppressed": [IndexModel([("key", ASCENDING)])],
    "erasures": [IndexModel([("step", ASCENDING), ("due_at", ASCENDING)]), IndexModel([("profile", ASCENDING)])],
    "requests": [
        IndexModel([("published_at", ASCENDING), ("at", ASCENDING)]),
        IndexModel([("profile", ASCENDING), ("at", ASCENDING)]),
        IndexModel([("others", ASCENDING), ("at", ASCENDING)]),
        IndexModel([("at", ASCENDING)], expireAfterSeconds=REQUEST_SECONDS),
    ],
    "routes": [IndexModel([("at", ASCENDING)], expireAfterSeconds=ROUTE_SECONDS)],
    "timeline": [IndexModel([("profile", ASCENDING), ("occurred_at", DESCENDING), ("_id", DESCENDING)])],
    "offsets": [],
    "outcomes": [
        IndexModel([("segments.memberships.segment", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("scores.churn.band", ASCENDING), ("_id", ASCENDING)]),
    ],
    **ACCESS_INDEXES,
}
