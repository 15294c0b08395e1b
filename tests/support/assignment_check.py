"""Whether an assignment keeps its guarantee, asked of any implementation by properties and mutants alike."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from fidelio_profile.domain.assignment import Assigned, Known, Route
from fidelio_profile.domain.people import Head, identity_key
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.ids import InteractionId, ProfileId, hash16, profile_id
from fidelio_shared.contracts.ingest import Interaction
from support.assignment_cases import Said
from support.assignment_meaning import People
from support.identity_directory import Directory
from support.identity_rules import NARROW_RULES
from support.interactions import NOON

Assign = Callable[[Known, Sequence[Interaction]], Assigned]


def violations(assign: Assign, case: Said) -> list[str]:
    """Nothing where batches decide what deciding one by one means."""
    people, directory = People(NARROW_RULES), Directory()
    routed: list[tuple[Interaction, Route]] = []
    conflicts: list[Interaction] = []
    lost: list[Interaction] = []
    found: list[str] = []
    for number, batch in enumerate(case.batches):
        for each in batch:
            people.hear(each)
        assigned = assign(directory.known(batch), batch)
        found += directory.refusals(assigned)
        found += unwritten(directory, assigned)
        directory.store(assigned)
        found += directory.disagreements()
        routed += assigned.routes
        conflicts += assigned.conflicts
        lost += assigned.lost
        if number in case.partings:
            _part(people, directory, case, number)
    return [*found, *_differences(people, directory), *_answer_differences(people, routed, conflicts, lost)]


def _part(people: People, directory: Directory, case: Said, number: int) -> None:
    request = hash16("parted", number)
    people.part(case.partings[number], profile_id(InteractionId(request)), instant(NOON))
    directory.separate(case.partings[number], request, NOON)


def unwritten(directory: Directory, assigned: Assigned) -> Iterable[str]:
    """Where an interaction changes who is who, it writes every head that it looked at; else two such decisions could
    each rest on what the other one changed."""
    written = assigned.changed_heads.keys()
    if (assigned.new_links or assigned.changed_links or assigned.moved) and not assigned.changes_identity:
        yield "links change without their heads"
    deciding = {each.id: each for each, _ in reversed(assigned.routes)}
    for route in assigned.new_routes:
        interaction = deciding[route.interaction]
        if route.linked or route.retires:
            links = [directory.links.get(identity_key(each)) for each in interaction.linking]
            if {each.profile for each in links if each and not each.is_shared} - written:
                yield "a head that a change rests on is not written"


def _differences(people: People, directory: Directory) -> Iterable[str]:
    if directory.routes != people.routes:
        yield "other routes are stored"
    if directory.links != people.links:
        yield "identifiers have other owners, or were seen with others"
    if _without_versions(directory) != people.heads:
        yield "other heads are stored"
    if directory.reviews != people.reviews:
        yield "people are asked to settle other doubts"


def _without_versions(directory: Directory) -> dict[ProfileId, Head]:
    return {each: replace(head, version=0) for each, head in directory.heads.items()}


def _answer_differences(
    people: People,
    routed: Sequence[tuple[Interaction, Route]],
    conflicts: Sequence[Interaction],
    lost: Sequence[Interaction],
) -> Iterable[str]:
    if conflicts != people.conflicts:
        yield "other contradictions"
    if lost != people.lost:
        yield "others find nobody"
    if any(route != people.routes[interaction.id] for interaction, route in routed):
        yield "an interaction goes to another profile, or changes something else"
