"""`accesses`: who looked at whose profile, when, and for what purpose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.storage.mongo import Database, translated


@dataclass(frozen=True, slots=True)
class Access:
    """`profile` None: of everybody, by a stream. `what`: the endpoint."""

    who: str
    profile: ProfileId | None
    what: str
    purpose: str | None


@dataclass(frozen=True, slots=True)
class MongoAccessStore:
    """`retention` is written into each record: another one holds for later records."""

    database: Database
    retention: timedelta

    async def insert(self, accesses: Sequence[Access]) -> None:
        now = datetime.now(UTC)
        documents = [
            {
                "profile": bytes.fromhex(each.profile) if each.profile else None,
                "at": now,
                "who": each.who,
                "what": each.what,
                "purpose": each.purpose,
                "expires_at": now + self.retention,
            }
            for each in accesses
        ]
        with translated():
            await self.database.accesses.insert_many(documents, ordered=False)
