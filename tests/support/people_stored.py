"""Who is who, by all that a real deployment stored and published of it; each answer is a list of violations."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson

from fidelio_profile.adapters.identity_documents import head_from
from fidelio_profile.adapters.mongo_profiles import profile_from
from fidelio_profile.domain.people import Head
from fidelio_profile.domain.profile import Profile
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Identifier, Interaction
from fidelio_shared.storage.mongo import Database
from support.topics import Record

Places = Mapping[str, ProfileId]
"""Under which profile an interaction came, by its id."""


@dataclass(frozen=True, slots=True)
class PeopleStored:
    owners: Mapping[str, ProfileId]
    heads: Mapping[ProfileId, Head]
    profiles: Mapping[ProfileId, Profile]
    places: Places

    @property
    def persons(self) -> Mapping[str, ProfileId]:
        """Whose an interaction is, whatever it came under."""
        whole = {
            name: each.id
            for each in self.profiles.values()
            if not each.merged_into
            for name in (each.id, *each.members)
        }
        return {interaction: whole[place] for interaction, place in self.places.items() if place in whole}


async def read_people(database: Database) -> PeopleStored:
    identities = await database.identities.find({}, {"profile": 1}).to_list()
    heads = [head_from(each) for each in await database.heads.find({}).to_list()]
    profiles = [profile_from(each) for each in await database.profiles.find({}).to_list()]
    said = await database.timeline.find({"kind": "interaction"}, {"profile": 1}).to_list()
    return PeopleStored(
        owners={each["_id"]: ProfileId(each["profile"].hex()) for each in identities},
        heads={each.profile: each for each in heads},
        profiles={each.id: each for each in profiles},
        places={each["_id"].hex(): ProfileId(each["profile"].hex()) for each in said},
    )


def agreement_violations(people: PeopleStored) -> Iterable[str]:
    """Each identifier is in its owner's head alone, and each profile's history says the same as its head."""
    held = sorted((key, head.profile) for head in people.heads.values() for key in head.keys)
    if held != sorted(people.owners.items()):
        yield "identities and heads disagree"
    for each, head in people.heads.items():
        profile = people.profiles.get(each) or Profile(each, 0, None)
        if profile.merged_into != head.merged_into:
            yield f"profile {each} is part of another one than its head"
        if not head.merged_into and set(profile.members) != head.absorbed:
            yield f"profile {each} has other members than its head"


def last_record_violations(people: PeopleStored, snapshots: Sequence[Record]) -> Iterable[str]:
    """The last record of a profile that is part of another says so, and no other last record does."""
    last = {(each.key or b"").decode(): orjson.loads(each.value or b"") for each in snapshots}
    for key, said in last.items():
        if said["merged_into"] != people.profiles[ProfileId(key)].merged_into:
            yield f"profile {key}: the last record says that it is part of {said['merged_into']}"


def evidence_violations(people: PeopleStored, said: Sequence[Interaction]) -> Iterable[str]:
    """Together is who is joined by strong identifiers, however long the chain, and nobody else; as long as no limit is
    reached and there are no weak ones."""
    persons = people.persons
    expected = {frozenset(each) for each in _components(said)}
    together: dict[ProfileId, set[str]] = {}
    for interaction, person in persons.items():
        together.setdefault(person, set()).add(interaction)
    found = {frozenset(each) for each in together.values()}
    if found != expected:
        yield f"{len(found)} people, of whom {len(found - expected)} are other groups than the evidence joins"


def _components(said: Sequence[Interaction]) -> Iterable[set[str]]:
    groups: list[tuple[set[Identifier], set[str]]] = []
    for each in said:
        named, ids = set(each.identifiers), {str(each.id)}
        apart = [group for group in groups if not group[0] & named]
        for keys, others in [group for group in groups if group[0] & named]:
            named |= keys
            ids |= others
        groups = [*apart, (named, ids)]
    return [ids for _, ids in groups]
