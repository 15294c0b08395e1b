"""What the members of an account come to, together."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fidelio_shared.storage.mongo import Database, translated

MOST_MEMBERS = 10_000
_TOTALS = [
    {
        "$group": {
            "_id": None,
            "members": {"$sum": 1},
            "interactions": {"$sum": "$state.interactions"},
            "orders": {"$sum": "$state.orders.count"},
        }
    }
]
_REVENUE = [
    {"$unwind": "$state.orders.totals"},
    {
        "$group": {
            "_id": "$state.orders.totals.currency",
            "revenue": {"$sum": {"$toDecimal": "$state.orders.totals.revenue"}},
        }
    },
    {"$sort": {"_id": 1}},
]


@dataclass(frozen=True, slots=True)
class AccountSums:
    """Of at most MOST_MEMBERS."""

    members: int
    interactions: int
    orders: int
    revenue: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class MongoAccounts:
    database: Database

    async def sums(self, account: str) -> AccountSums | None:
        pipeline: list[Mapping[str, Any]] = [
            {"$match": {"state.accounts": account}},
            {"$sort": {"_id": 1}},
            {"$limit": MOST_MEMBERS},
            {"$project": {"state.interactions": 1, "state.orders.count": 1, "state.orders.totals": 1}},
            {"$facet": {"totals": _TOTALS, "revenue": _REVENUE}},
        ]
        with translated():
            async with await self.database.profiles.aggregate(pipeline) as cursor:
                found = await cursor.next()
        if not found["totals"]:
            return None
        totals = found["totals"][0]
        revenue = {each["_id"]: each["revenue"].to_decimal() for each in found["revenue"]}
        return AccountSums(totals["members"], totals["interactions"], totals["orders"], revenue)
