"""Which profiles are one person by now, as the contact cards say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.storage.mongo import Database, Document, translated

_MOST_HOPS = 64
"""A merge joins the later born to the earlier one: there are no circles, but a card might lie."""


@dataclass(frozen=True, slots=True)
class MongoHeads:
    database: Database

    async def of(self, profiles: Iterable[ProfileId]) -> Mapping[ProfileId, ProfileId]:
        """For each that was merged, on whichever side, the one that is left; others are not named."""
        asked = {bytes.fromhex(each) for each in profiles}
        left: dict[bytes, bytes] = {}
        seen, unknown = set(asked), asked
        while unknown:
            found = await self._merged(list(unknown))
            left |= {each["_id"]: each.get("merged_into", each["_id"]) for each in found}
            unknown = set(left.values()) - seen
            seen |= unknown
        return {ProfileId(each.hex()): ProfileId(_end(left, each).hex()) for each in asked & left.keys()}

    async def _merged(self, keys: Sequence[bytes]) -> Sequence[Document]:
        fields = {"merged_into": 1, "members": 1}
        with translated():
            found = await self.database.contacts.find({"_id": {"$in": keys}}, fields).to_list()
        return [each for each in found if each.keys() & fields.keys()]


def _end(left: Mapping[bytes, bytes], start: bytes) -> bytes:
    seen = start
    for _ in range(_MOST_HOPS):
        seen = left.get(seen, seen)
    return seen
