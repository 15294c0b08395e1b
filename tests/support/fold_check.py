"""Whether a fold keeps its guarantee, asked of any implementation: the property tests and the mutants share it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import orjson

from fidelio_profile.domain.documents import state_from
from fidelio_profile.domain.profile import Profile
from fidelio_profile.domain.revisions import Foldable, Folded, Stored, record_key
from fidelio_profile.records import snapshot_records
from fidelio_profile.verifying import differences
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.profile import InteractionRecorded
from fidelio_shared.messaging.records import Outgoing
from support.fold_meaning import meaning

Fold = Callable[[Stored, Iterable[Foldable]], Folded]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One order of arrival, and ways to cut it: each a set of places at which a new batch begins."""

    records: tuple[Foldable, ...]
    cuts: tuple[frozenset[int], ...]


def violations(fold: Fold, deliveries: Sequence[Delivery]) -> list[str]:
    """Nothing where every delivery means what its interactions mean, and every way to cut it publishes the same."""
    return [each for delivery in deliveries for each in _delivery_violations(fold, delivery)]


@dataclass(slots=True)
class _Database:
    """States as the bytes that are stored, so that what does not survive storage shows."""

    profiles: dict[ProfileId, tuple[int, bytes]] = field(default_factory=dict)
    timeline: dict[str, Foldable] = field(default_factory=dict)

    def load(self, records: Sequence[Foldable]) -> Stored:
        wanted = {each.profile for each in records} & self.profiles.keys()
        return Stored(
            profiles={each: self._profile(each) for each in wanted},
            seen=frozenset(record_key(each) for each in records if record_key(each) in self.timeline),
            timelines={each.profile: self._timeline(each.profile) for each in records if each.kind == "refold"},
        )

    def save(self, folded: Folded) -> None:
        self.timeline |= {record_key(each): each for each in folded.accepted}
        for each in folded.profiles.values():
            self.profiles[each.profile.id] = (each.profile.revision, encode(each.document))

    def _profile(self, profile: ProfileId) -> Profile:
        revision, state = self.profiles[profile]
        return Profile(profile, revision, state_from(orjson.loads(state)))

    def _timeline(self, profile: ProfileId) -> tuple[Interaction, ...]:
        records = [each for each in self.timeline.values() if each.profile == profile]
        return tuple(each.interaction for each in records if isinstance(each, InteractionRecorded))


def _delivery_violations(fold: Fold, delivery: Delivery) -> Iterable[str]:
    published: list[list[Outgoing]] = []
    for cut in delivery.cuts:
        database, records = _deliver(fold, delivery.records, cut)
        published.append(records)
        yield from _state_violations(database, delivery.records)
    if any(each != published[0] for each in published):
        yield "another way to cut the batches publishes other bytes"
    yield from _revision_violations(published[0], delivery.records)


def _deliver(fold: Fold, records: Sequence[Foldable], cut: frozenset[int]) -> tuple[_Database, list[Outgoing]]:
    database, published = _Database(), list[Outgoing]()
    starts = sorted({0, *(each for each in cut if each < len(records))})
    for start, end in zip(starts, [*starts[1:], len(records)], strict=True):
        folded = fold(database.load(records[start:end]), records[start:end])
        published += snapshot_records(folded, epoch=1)
        database.save(folded)
    return database, published


def _state_violations(database: _Database, records: Sequence[Foldable]) -> Iterable[str]:
    by_profile: dict[ProfileId, list[Interaction]] = {}
    for each in records:
        if isinstance(each, InteractionRecorded):
            by_profile.setdefault(each.profile, []).append(each.interaction)
    if by_profile.keys() != database.profiles.keys():
        yield "other profiles than those that were spoken of"
    for profile, (_, state) in database.profiles.items():
        expected = orjson.loads(encode(meaning(by_profile[profile])))
        yield from differences(orjson.loads(state), expected)


def _revision_violations(published: Sequence[Outgoing], records: Sequence[Foldable]) -> Iterable[str]:
    """Revisions count from 1 on each key, one for each record that is news: a repair of nobody is none."""
    expected: dict[str, list[str]] = {}
    for each in records:
        key, causes = record_key(each), expected.get(each.profile, [])
        if key not in causes and (causes or isinstance(each, InteractionRecorded)):
            expected[each.profile] = [*causes, key]
    found: dict[str, list[str]] = {}
    for snapshot in (orjson.loads(each.value or b"") for each in published):
        found.setdefault(snapshot["profile"], []).append(snapshot["cause"]["id"])
        if snapshot["revision"] != len(found[snapshot["profile"]]):
            yield f"revision {snapshot['revision']} comes as number {len(found[snapshot['profile']])}"
    if found != expected:
        yield "revisions have other causes than the records that were news"
