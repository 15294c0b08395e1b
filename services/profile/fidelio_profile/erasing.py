"""Erasures that are due are begun, and their tombstones repeated; everything may be done again."""

from dataclasses import dataclass

from fidelio_profile.adapters.mongo_erasures import Erasure, MongoErasureStore
from fidelio_profile.adapters.mongo_requests import MongoRequestStore
from fidelio_profile.domain.regrouping import NotPossible, erase
from fidelio_profile.records import SOURCE, erasure_records
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.erasures import ErasureRequested
from fidelio_shared.contracts.profile import EraseRequested
from fidelio_shared.messaging.erasures import erasure_record
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.observability.logs import log


@dataclass(frozen=True, slots=True)
class Erasing:
    erasures: MongoErasureStore
    requests: MongoRequestStore
    publisher: Publisher

    async def carry_out_due(self) -> None:
        for each in await self.erasures.due():
            await self._begin(each)
        for each in await self.erasures.to_repeat():
            await self._repeat_tombstones(each)

    async def _begin(self, asked: Erasure) -> None:
        """The identifiers go first, so that nothing more is routed to the profile; then its fold is told.

        A split brings one of two people what is theirs; while it does, nobody else can say what that is.
        """
        try:
            if await self.requests.is_being_split(asked.profile):
                return
            regrouped = await self.requests.carry_out(
                asked.id, [asked.profile], lambda heads, at: erase(heads[0], asked.id, at), by=asked.by
            )
        except NotPossible as error:
            log.error("erasure_not_possible", request=asked.id, why=str(error))
            await self.erasures.cancel(asked.id)
            return
        at = next(each.at for each in regrouped.records if isinstance(each, EraseRequested))
        profiles = (regrouped.profile, *regrouped.others)
        said = ErasureRequested(id=asked.id, profile=regrouped.profile, profiles=profiles, at=at)
        await self.erasures.forget(asked.id, profiles, at)
        await self.publisher.publish_all([erasure_record(said, source=SOURCE, at=instant(at))])
        await self.erasures.begin(asked.id, at)

    async def _repeat_tombstones(self, erasure: Erasure) -> None:
        if erasure.at is not None:
            erased = [EraseRequested(profile=each, id=erasure.id, at=erasure.at) for each in erasure.profiles]
            await self.publisher.publish_all(erasure_records(erased))
        await self.erasures.repeated(erasure.id)
