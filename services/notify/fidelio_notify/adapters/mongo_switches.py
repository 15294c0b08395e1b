"""`switches`: what people stopped, a playbook or all of them, until somebody starts it again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo import IndexModel

from fidelio_shared.storage.mongo import Database, translated

EVERY_PLAYBOOK = "*"
SWITCH_INDEXES: dict[str, list[IndexModel]] = {"switches": []}
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Switch:
    """`playbook`: its name, `*` for all."""

    playbook: str
    by: str
    why: str
    since: datetime


@dataclass(frozen=True, slots=True)
class MongoSwitches:
    database: Database

    async def all(self) -> tuple[Switch, ...]:
        """By name. Where there are more than can be looked at, one that stops everything is the last."""
        with translated():
            found = await self.database.switches.find({"_id": {"$gte": ""}}).sort("_id", 1).limit(_MOST + 1).to_list()
        switches = tuple(Switch(each["_id"], each["by"], each["why"], each["since"]) for each in found)
        if len(switches) <= _MOST:
            return switches
        return (*switches[:_MOST], Switch(EVERY_PLAYBOOK, "fidelio", f"more than {_MOST} switches", found[-1]["since"]))

    async def stop(self, playbook: str, *, by: str, why: str) -> None:
        """Who stopped it first is remembered."""
        stopped = {"by": by, "why": why, "since": datetime.now(UTC)}
        with translated():
            await self.database.switches.update_one({"_id": playbook}, {"$setOnInsert": stopped}, upsert=True)

    async def start(self, playbook: str) -> bool:
        """False where nobody had stopped it."""
        with translated():
            result = await self.database.switches.delete_one({"_id": playbook})
        return result.deleted_count == 1


def stopped(switches: Iterable[Switch]) -> frozenset[str]:
    return frozenset(each.playbook for each in switches)
