"""`outcomes`: the latest scores and segments and the last notifications of each profile, kept apart from fold's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pymongo import ReplaceOne
from pymongo.asynchronous.client_session import AsyncClientSession

from fidelio_profile.domain.outcomes import Outcome, with_outcome
from fidelio_shared.contracts.erasures import ErasureRequested
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.storage.mongo import Database, Document, in_transaction


@dataclass(frozen=True, slots=True)
class MongoOutcomeStore:
    database: Database

    async def save(self, outcomes: Iterable[Outcome]) -> None:
        """Read, compared and replaced in one transaction: another process's word between them repeats it."""
        told = [(bytes.fromhex(profile), each) for each in outcomes for profile in _concerned(each)]
        if not told:
            return

        async def replace_changed(session: AsyncClientSession) -> None:
            known = await self._load({key for key, _ in told}, session)
            latest = dict(known)
            for key, outcome in told:
                latest[key] = with_outcome(latest.get(key, {}), outcome)
            changed: list[ReplaceOne[Document]] = [
                ReplaceOne({"_id": key}, each, upsert=True)
                for key, each in latest.items()
                if each is not known.get(key)
            ]
            if changed:
                await self.database.outcomes.bulk_write(changed, ordered=False, session=session)

        await in_transaction(self.database, replace_changed)

    async def _load(self, keys: Iterable[bytes], session: AsyncClientSession) -> Mapping[bytes, Document]:
        found = await self.database.outcomes.find({"_id": {"$in": list(keys)}}, session=session).to_list()
        return {each["_id"]: each for each in found}


def _concerned(outcome: Outcome) -> tuple[ProfileId, ...]:
    return outcome.profiles if isinstance(outcome, ErasureRequested) else (outcome.profile,)
