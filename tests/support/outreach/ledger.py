"""What notify's own ledger says in the end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bson import MinKey

from fidelio_shared.storage.mongo import Database

_PARTITIONS = list(range(12))


@dataclass(frozen=True, slots=True)
class Entry:
    """`interaction`: by which consent was given, as the ledger proves it."""

    state: str
    step: str
    failure: str | None
    channel: str
    attempted_at: datetime | None
    interaction: str | None
    is_announced: bool

    @property
    def is_interrupted(self) -> bool:
        return self.failure == "interrupted"


Ledger = Mapping[str, Entry]


async def read_ledger(database: Database) -> Ledger:
    found = await database.decisions.find({"partition": {"$in": _PARTITIONS}}).to_list()
    return {each["_id"].hex(): _entry(each) for each in found}


async def is_settled(database: Database, until: datetime) -> bool:
    """Nothing is due by then, on its way, or unsaid."""
    theirs = {"partition": {"$in": _PARTITIONS}}
    due = {**theirs, "state": "open", "mass": None, "due_at": {"$lte": until}}
    waiting = ({**theirs, "state": "attempting"}, {**theirs, "is_announced": False}, due)
    return not any([await database.decisions.find_one(each) for each in waiting])


async def empty(database: Database) -> None:
    """For another run of the same world."""
    for name in ("contacts", "decisions", "exposures", "unwanted"):
        await database[name].delete_many({"_id": {"$gte": MinKey()}})


def _entry(document: Mapping[str, object]) -> Entry:
    sent = document["sent"]
    evidence = sent["evidence"] if isinstance(sent, dict) else {}
    return Entry(
        state=str(document["state"]),
        step=str(document["step"]),
        failure=document["failure"],  # type: ignore[arg-type]
        channel=str(document["channel"]),
        attempted_at=document.get("attempted_at"),  # type: ignore[arg-type]
        interaction=evidence.get("interaction"),
        is_announced=bool(document["is_announced"]),
    )
