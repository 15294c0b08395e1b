"""The collections of keys and accesses, in the database of each service that has an API over profiles."""

from pymongo import ASCENDING, DESCENDING, IndexModel

ACCESS_INDEXES: dict[str, list[IndexModel]] = {
    "keys": [IndexModel([("name", ASCENDING), ("created_at", ASCENDING)])],
    "accesses": [
        IndexModel([("profile", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
    ],
}
