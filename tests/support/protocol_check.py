"""Whether resolve and fold kept their guarantees, asked when everything has come to rest."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import orjson

from fidelio_profile.domain.documents import state_document
from fidelio_profile.domain.people import Head
from fidelio_profile.domain.profile import Profile, joined
from fidelio_profile.verifying import differences
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.messaging.records import Outgoing
from support.assignment_meaning import People
from support.identity_rules import JOINING_RULES
from support.invariants import PROFILES, numbering_violations
from support.protocol_cases import Story
from support.protocol_world import World
from support.topics import Record


def violations(story: Story) -> list[str]:
    world = World(story.layout, story.most_at_once)
    for each in story.happenings:
        each.do(world)
    if not world.drain():
        return ["something goes on for ever"]
    profiles = {each: world.database.profile(each) for each in world.database.profiles}
    return [
        *_application_violations(world, profiles),
        *_state_violations(world, profiles),
        *world.directory.disagreements(),
        *_people_violations(world, profiles),
        *_publication_violations(world, profiles),
    ]


def _application_violations(world: World, profiles: Mapping[ProfileId, Profile]) -> Iterable[str]:
    live = [each for each in profiles.values() if not each.merged_into]
    applied = [each for each, document in world.database.timeline.items() if document["kind"] == "interaction"]
    if set(applied) != world.directory.routes.keys():
        yield "other interactions were applied than accepted"
    if sum(each.state.interactions for each in live if each.state) != len(world.directory.routes):
        yield "profiles count other interactions than were accepted"
    if any(count > 1 for count in Counter(name for each in live for name in (each.id, *each.members)).values()):
        yield "one timeline is part of two profiles"
    whole = {name for each in live for name in (each.id, *each.members)}
    if any(ProfileId(each["profile"].hex()) not in whole for each in world.database.timeline.values()):
        yield "something is on nobody's timeline"


def _state_violations(world: World, profiles: Mapping[ProfileId, Profile]) -> Iterable[str]:
    for profile in profiles.values():
        if profile.refolding:
            yield "a refold has not come to its end"
        if profile.merged_into:
            if profile.state:
                yield "who is part of another has a state"
            continue
        said = [one for name in (profile.id, *profile.members) for one in world.database.interactions(name)]
        state = joined([profile.lift(each) for each in said])
        paths = differences(
            state_document(profile.state) if profile.state else None, state_document(state) if state else None
        )
        if paths:
            yield f"a profile differs from its timeline at {paths[0]}"


def _people_violations(world: World, profiles: Mapping[ProfileId, Profile]) -> Iterable[str]:
    """Who is together is what deciding one by one gives, and each profile's history says the same as its head."""
    people = People(JOINING_RULES)
    for _, decide in sorted(world.decisions, key=lambda each: each[0]):
        decide(people)
    heads = {each: replace(head, version=0) for each, head in world.directory.heads.items()}
    if _without_stubs(heads) != _without_stubs(people.heads):
        yield "other people than by deciding one by one"
    if world.directory.links != people.links:
        yield "identifiers have other owners than by deciding one by one"
    for profile, head in heads.items():
        yield from _history_violations(profiles.get(profile) or Profile(profile, 0, None), head)
    yield from _place_violations(world, people, profiles)


def _without_stubs(heads: Mapping[ProfileId, Head]) -> Mapping[ProfileId, Head]:
    """From whom a stub was separated is of no use any more."""
    return {each: replace(head, apart=frozenset()) if head.merged_into else head for each, head in heads.items()}


def _history_violations(profile: Profile, head: Head) -> Iterable[str]:
    if profile.merged_into != head.merged_into:
        yield "a profile is part of another one than its head"
    if not head.merged_into and set(profile.members) != head.absorbed:
        yield "a profile has other members than its head"


def _place_violations(world: World, people: People, profiles: Mapping[ProfileId, Profile]) -> Iterable[str]:
    """Each interaction is with the person whom it was said of, also after a separation."""
    owner = {name: each.id for each in profiles.values() if not each.merged_into for name in (each.id, *each.members)}
    for interaction, document in world.database.timeline.items():
        if document["kind"] == "interaction":
            place = people.places[interaction]
            if owner.get(ProfileId(document["profile"].hex())) != people.person(place):
                yield "an interaction is with another person than it was said of"


def _publication_violations(world: World, profiles: Mapping[ProfileId, Profile]) -> Iterable[str]:
    records = [_record(number, each) for number, each in enumerate(world.snapshots)]
    yield from numbering_violations(records, PROFILES, {each: one.revision for each, one in profiles.items()})
    last = {each.key: orjson.loads(each.value or b"") for each in world.snapshots}
    for profile in profiles.values():
        said = last.get(profile.id.encode())
        if said and (said["merged_into"] != profile.merged_into or said["state"] != _published(profile)):
            yield "the last snapshot says something else than what is stored"
    yield from _identity_violations([one for log in world.timeline.logs for one in log])


def _published(profile: Profile) -> object:
    return orjson.loads(orjson.dumps(state_document(profile.state))) if profile.state else None


def _identity_violations(records: Sequence[Outgoing]) -> Iterable[str]:
    values: dict[bytes | None, bytes | None] = {}
    for each in records:
        if values.setdefault(dict(each.headers)["ce_id"], each.value) != each.value:
            yield "two records of the timeline have one ce_id"


def _record(number: int, outgoing: Outgoing) -> Record:
    return Record(0, number, outgoing.key, outgoing.value, (), 0)
