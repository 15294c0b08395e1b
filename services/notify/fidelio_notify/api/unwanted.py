"""The suppression list, as people look at it and change it. The address stands in the body: what is in a path is logged
on its way."""

from dataclasses import dataclass

from fastapi import APIRouter, HTTPException, Response

from fidelio_notify.adapters.mongo_unwanted import MongoUnwanted
from fidelio_notify.api.shapes import Address, Listed, Removal, Unwelcome
from fidelio_notify.domain.typed_addresses import NoAddress, address_of
from fidelio_notify.domain.unwanted import Unwanted
from fidelio_shared.access.accesses import VisitOf
from fidelio_shared.access.answers import answer, refusals
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.messaging.stream_clock import ReadTime


@dataclass(frozen=True, slots=True)
class UnwantedEndpoints:
    unwanted: MongoUnwanted
    now: ReadTime

    def add_to(self, reading: APIRouter, writing: APIRouter) -> None:
        reading.post("/unwanted/checks", response_model=Listed, responses=refusals(400))(self.check)
        writing.post("/unwanted", response_model=Listed, responses=refusals(400))(self.add)
        writing.post("/unwanted/removals", response_model=Listed, responses=refusals(400, 404))(self.remove)

    async def check(self, told: Address) -> Response:
        """Whether an address is on the list, and why."""
        return await self._listed(_read(told))

    async def add(self, told: Unwelcome) -> Response:
        """Nothing is sent to this address any more, but by a person's word. One that is listed stays as it is."""
        address, now = _read(told), await self.now()
        if now is None:
            raise HTTPException(503, "the stream clock has no time yet; replay something first")
        await self.unwanted.add([address], Unwanted(told.why, now))
        return await self._listed(address)

    async def remove(self, told: Removal, visit: VisitOf) -> Response:
        """An address may be written to again; who says so and why is kept."""
        address = _read(told)
        if not await self.unwanted.remove(address, by=visit.who, reason=told.reason):
            raise HTTPException(404, "this address is not on the list")
        return await self._listed(address)

    async def _listed(self, address: Identifier) -> Response:
        found = (await self.unwanted.of([address])).get(address.value)
        told = {"why": found.why, "since": found.since, "decision": found.decision} if found else {}
        return answer({"is_listed": found is not None, **told})


def _read(told: Address) -> Identifier:
    try:
        return address_of(told.address)
    except NoAddress as error:
        raise HTTPException(422, str(error)) from error
