"""In memory: what the database would hold of timelines and profiles, as the bytes that would be stored."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import bson

from fidelio_profile.adapters.mongo_profiles import (
    MongoProfileStore,
    _deduplication_keys,
    _wanted_timelines,
    profile_from,
)
from fidelio_profile.adapters.timeline_documents import interaction_from
from fidelio_profile.domain.profile import Profile
from fidelio_profile.domain.revisions import Foldable, Folded, Stored
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.storage.mongo import connect

EPOCH = 1
_encoder = MongoProfileStore(connect("mongodb://127.0.0.1:1", "unused"), EPOCH)


@dataclass(slots=True)
class ProfileDatabase:
    timeline: dict[str, dict[str, Any]] = field(default_factory=dict)
    profiles: dict[ProfileId, bytes] = field(default_factory=dict)

    def load(self, records: Sequence[Foldable]) -> Stored:
        wanted = {each.profile for each in records} & self.profiles.keys()
        profiles = {each: self.profile(each) for each in wanted}
        return Stored(
            profiles=profiles,
            seen=frozenset(_deduplication_keys(records) & self.timeline.keys()),
            timelines={each: tuple(self.interactions(each)) for each in _wanted_timelines(records, profiles)},
        )

    def save(self, folded: Folded) -> None:
        encoded = _encoder.encode(folded)
        for document in map(dict, encoded.timeline):
            self.timeline[document["_id"].hex()] = document
        self.profiles |= {ProfileId(key.hex()): bson.encode(raw) for key, raw in encoded.profiles}
        for owner, interactions in encoded.moved.items():
            for each in interactions:
                self.timeline[each]["profile"] = bytes.fromhex(owner)

    def profile(self, profile: ProfileId) -> Profile:
        return profile_from(bson.decode(self.profiles[profile]))

    def interactions(self, profile: ProfileId) -> list[Interaction]:
        return [
            interaction_from(each["body"])
            for each in self.timeline.values()
            if each["kind"] == "interaction" and each["profile"] == bytes.fromhex(profile)
        ]
