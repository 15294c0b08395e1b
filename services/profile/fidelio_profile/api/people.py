"""Who is meant: a search for people in service, and the members of an account."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Response

from fidelio_profile.adapters.mongo_accounts import MOST_MEMBERS, MongoAccounts
from fidelio_profile.adapters.mongo_people import SHORTEST_BEGINNING, START, Hits, MongoPeople, Position
from fidelio_profile.api.shapes import AccountView, PeoplePage
from fidelio_shared.access.accesses import AccessLog, Visit, VisitOf
from fidelio_shared.access.answers import (
    Cursor,
    answer,
    bad_cursor,
    cursor,
    key_behind,
    position,
    position_key,
    refusals,
)
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.scoring import Band

_PAGE, _LARGEST_PAGE = 20, 50
Limit = Annotated[int, Query(ge=1, le=_LARGEST_PAGE)]
Asked = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=512,
        description="an identifier (also as kind:value), or the beginning of an e-mail address or of a name, "
        f"from {SHORTEST_BEGINNING} characters on; in names without regard to case and accents",
    ),
]
Segment = Annotated[str | None, Query(min_length=1, max_length=128, description="whose members")]
ChurnBand = Annotated[Band | None, Query(description="who is in this band of churn risk")]
Account = Annotated[str, Path(min_length=1, max_length=512, description="as interactions name it in account_id")]


@dataclass(frozen=True, slots=True)
class PeopleEndpoints:
    people: MongoPeople
    accounts: MongoAccounts
    accesses: AccessLog

    def add_to(self, routes: APIRouter) -> None:
        routes.get("/profiles", response_model=PeoplePage, responses=refusals(400))(self.search)
        routes.get("/accounts/{account:path}", response_model=AccountView, responses=refusals(400, 404))(self.account)

    async def search(
        self,
        visit: VisitOf,
        *,
        q: Asked = None,
        segment: Segment = None,
        band: ChurnBand = None,
        limit: Limit = _PAGE,
        cursor: Cursor = None,
    ) -> Response:
        """People by exactly one of `q`, `segment` and `band`, each once; `next` is the cursor of the following page.

        By `q`: who has it as an identifier, then by e-mail address, then by name. A page may hold fewer than `limit`.
        """
        match q, segment, band:
            case str(), None, None:
                hits = await self.people.meant_by(q, _position(cursor), limit)
            case None, str(), None:
                hits = await self.people.in_segment(segment, key_behind(cursor), limit)
            case None, None, str():
                hits = await self.people.in_band(band, key_behind(cursor), limit)
            case _:
                raise HTTPException(422, "give exactly one of q, segment and band")
        return answer(await self._page(hits, visit))

    async def account(self, account: Account, visit: VisitOf, limit: Limit = _PAGE, cursor: Cursor = None) -> Response:
        """What the members of an account come to together, and a page of the members."""
        after = key_behind(cursor)
        sums, hits = await asyncio.gather(self.accounts.sums(account), self.people.in_account(account, after, limit))
        if sums is None:
            raise HTTPException(404, "no profile belongs to this account")
        view = {
            "account": account,
            "is_complete": sums.members < MOST_MEMBERS,
            "members": sums.members,
            "interactions": sums.interactions,
            "orders": sums.orders,
            "revenue": [{"currency": currency, "revenue": each} for currency, each in sums.revenue.items()],
        }
        return answer({**view, **await self._page(hits, visit)})

    async def _page(self, hits: Hits, visit: Visit) -> Mapping[str, object]:
        profiles = [each.profile for each in hits.found]
        _, found = await asyncio.gather(
            self.accesses.record(visit, [ProfileId(each.hex()) for each in profiles]),
            self.people.summaries(profiles),
        )
        return {"people": [_person(each) for each in found], "next": cursor(hits.following)}


def _person(found: Mapping[str, Any]) -> dict[str, object]:
    state = found["state"]
    return {
        "profile": found["_id"].hex(),
        "name": _name({each["name"]: each["value"] for each in state["traits"]}),
        "identifiers": state["identifiers"],
        "interactions": state["interactions"],
        "last_at": state["last_at"],
    }


def _name(traits: Mapping[str, object]) -> str | None:
    parts = [traits["name"]] if traits.get("name") else [traits.get("first_name"), traits.get("last_name")]
    return " ".join(each for each in parts if isinstance(each, str)) or None


def _position(told: str | None) -> Position:
    match (*START,) if told is None else position(told):
        case ("exact" | "email", str()) as found:
            return found
        case ("name", str(), str(key)) as found:
            position_key(key)
            return found
        case _:
            raise bad_cursor()
