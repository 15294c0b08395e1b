"""What came of the messages of a playbook, as the ledger tells it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fidelio_notify.domain.uplift.exposures import Fate
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.storage.mongo import Database, translated


@dataclass(frozen=True, slots=True)
class MongoFates:
    database: Database

    async def of(self, playbook: str, profiles: Iterable[ProfileId]) -> Mapping[ProfileId, Fate]:
        """Of those to whom a message was sent, or else how the last attempt failed. What was meant for somebody who is
        part of another person by now is told of both."""
        query = {
            "profile": {"$in": [bytes.fromhex(each) for each in profiles]},
            "state": "closed",
            "playbook": playbook,
            "step": {"$in": ["sent", "failed"]},
        }
        fields = {"profile": 1, "origin": 1, "step": 1, "failure": 1, "at": 1}
        with translated():
            found = await self.database.decisions.find(query, fields).to_list()
        fates: dict[ProfileId, Fate] = {}
        for each in sorted(found, key=lambda told: (told["step"] == "sent", told["at"])):
            for key in {each["profile"], each.get("origin", each["profile"])}:
                fates[ProfileId(key.hex())] = "sent" if each["step"] == "sent" else each["failure"]
        return fates
