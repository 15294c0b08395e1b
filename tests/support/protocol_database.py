"""In memory: what the database would hold of timelines and profiles, as the bytes that would be stored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import bson
from bson import CodecOptions

from fidelio_profile.adapters.mongo_profiles import MongoProfileStore, _deduplication_keys, profile_from
from fidelio_profile.adapters.mongo_timelines import Walk, page_walk, wanted_timelines
from fidelio_profile.adapters.timeline_documents import interaction_from
from fidelio_profile.domain.profile import Profile
from fidelio_profile.domain.refolds import Page
from fidelio_profile.domain.revisions import Foldable, Folded, Stored
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.profile import Position
from fidelio_shared.storage.mongo import connect

EPOCH = 1
_encoder = MongoProfileStore(connect("mongodb://127.0.0.1:1", "unused"), EPOCH)


@dataclass(slots=True)
class ProfileDatabase:
    timeline: dict[str, dict[str, Any]] = field(default_factory=dict)
    profiles: dict[ProfileId, bytes] = field(default_factory=dict)
    most_at_once: int = 1_000

    def load(self, records: Sequence[Foldable]) -> Stored:
        wanted = {each.profile for each in records} & self.profiles.keys()
        profiles = {each: self.profile(each) for each in wanted}
        timelines = wanted_timelines(records, profiles, self.most_at_once).values()
        walk = page_walk(records, profiles)
        return Stored(
            profiles=profiles,
            seen=frozenset(_deduplication_keys(records) & self.timeline.keys()),
            timelines={each: tuple(self.interactions(each)) for names in timelines for each in names},
            page=self._page(walk) if walk else None,
            most_at_once=self.most_at_once,
        )

    def _page(self, walk: Walk) -> Page:
        chosen: list[Interaction] = []
        others: set[ProfileId] = set()
        beyond = walk.beyond
        for profile, each in self._walk(walk):
            owner = walk.owner(each.anchor)
            if owner == walk.wanted and len(chosen) == self.most_at_once:
                return Page(chosen, beyond, frozenset(others))
            if owner == walk.wanted:
                chosen.append(each)
                beyond = Position(profile=profile, occurred_at=each.occurred_at, id=each.id)
            elif owner:
                others.add(owner)
        return Page(chosen, None, frozenset(others))

    def _walk(self, walk: Walk) -> Iterator[tuple[ProfileId, Interaction]]:
        beyond = walk.beyond
        for profile in walk.profiles:
            for each in sorted(self.interactions(profile), key=_age, reverse=True):
                is_later = beyond and profile == beyond.profile and _age(each) >= (beyond.occurred_at, beyond.id)
                if not (is_later or (beyond and profile < beyond.profile)):
                    yield profile, each

    def save(self, folded: Folded) -> None:
        encoded = _encoder.encode(folded)
        for document in map(dict, encoded.timeline):
            self.timeline[document["_id"].hex()] = document
        self.profiles |= {ProfileId(key.hex()): bson.encode(raw) for key, raw in encoded.profiles}
        for owner, interactions in encoded.moved.items():
            for each in interactions:
                self.timeline[each]["profile"] = bytes.fromhex(owner)

    def profile(self, profile: ProfileId) -> Profile:
        return profile_from(bson.decode(self.profiles[profile], CodecOptions(tz_aware=True)))

    def interactions(self, profile: ProfileId) -> list[Interaction]:
        return [
            interaction_from(each["body"])
            for each in self.timeline.values()
            if each["kind"] == "interaction" and each["profile"] == bytes.fromhex(profile)
        ]


def _age(interaction: Interaction) -> tuple[datetime, str]:
    return interaction.occurred_at, interaction.id
