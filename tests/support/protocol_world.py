"""Resolve and fold in memory: several processes, whose effects have their true order, and that end between any two.

A process is a generator that is advanced by one effect at a time; to crash is to begin again with what is committed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from fidelio_profile.domain import assignment, fold, paging
from fidelio_profile.domain.assignment import Assigned
from fidelio_profile.domain.people import identity_key
from fidelio_profile.domain.regrouping import Regrouped, unite
from fidelio_profile.domain.revisions import Foldable
from fidelio_profile.records import routed_records, snapshot_records, timeline_record
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.ids import hash16
from fidelio_shared.contracts.ingest import Identifier, Interaction
from fidelio_shared.contracts.profile import TIMELINE_RECORD, RefoldRequested
from fidelio_shared.contracts.topics import PROFILES, TIMELINE
from fidelio_shared.messaging.records import Outgoing
from support.assignment_meaning import People
from support.identity_directory import Directory
from support.identity_rules import JOINING_RULES
from support.interactions import NOON, an_interaction
from support.protocol_database import EPOCH, ProfileDatabase
from support.protocol_topics import Topic, a_topic

Process = Iterator[str]
"""Says what it has just done."""
_MOST_STEPS = 5_000


@dataclass(frozen=True, slots=True)
class Layout:
    """Which partitions each process has; how many records of each it takes at once."""

    resolvers: tuple[tuple[int, ...], ...]
    folds: tuple[tuple[int, ...], ...]

    @property
    def sizes(self) -> tuple[int, int]:
        return sum(map(len, self.resolvers)), sum(map(len, self.folds))


@dataclass(slots=True)
class World:
    """`decisions`: what was decided about who is who, with the instant from which it holds."""

    layout: Layout
    most_at_once: int = 1_000
    interactions: Topic[Interaction] = field(init=False)
    timeline: Topic[Outgoing] = field(init=False)
    directory: Directory = field(default_factory=Directory)
    database: ProfileDatabase = field(init=False)
    snapshots: list[Outgoing] = field(default_factory=list)
    said: list[Interaction] = field(default_factory=list)
    decisions: list[tuple[int, Callable[[People], object]]] = field(default_factory=list)
    processes: list[Process] = field(default_factory=list)
    most: int = 2
    ticks: int = 0

    def __post_init__(self) -> None:
        self.database = ProfileDatabase(most_at_once=self.most_at_once)
        resolvers, folds = self.layout.sizes
        self.interactions, self.timeline = a_topic(resolvers), a_topic(folds)
        self.processes = [self._start(each) for each in range(len(self.layout.resolvers) + len(self.layout.folds))]

    # What happens

    def say(self, identifiers: Iterable[Identifier]) -> None:
        number = len(self.said)
        interaction = said_as(number, JOINING_RULES.linking(identifiers))
        self.said.append(interaction)
        self._deliver(interaction, int(hash16(interaction.anchor), 16))

    def say_again(self, number: int, partition: int) -> None:
        if self.said:
            self._deliver(self.said[number % len(self.said)], partition)

    def advance(self, process: int, most: int) -> str:
        self.ticks += 1
        self.most = most
        return next(self.processes[process % len(self.processes)])

    def crash(self, process: int, after: str) -> None:
        """When it has done that, or where it has nothing to do."""
        number = process % len(self.processes)
        while self.advance(number, self.most) not in {after, "idle"}:
            pass
        self.processes[number] = self._start(number)

    def separate(self, identifier: Identifier) -> None:
        """People take an identifier from whoever has others, too: the transaction, then the record on the key."""
        self.ticks += 1
        request, at = hash16("separated", self.ticks), NOON + timedelta(seconds=self.ticks)
        regrouped = self.directory.separate(identifier, request, at)
        if regrouped:
            (new,) = regrouped.others
            self.decisions.append((self.ticks, lambda people: people.part(identifier, new, instant(at))))
            self._send(regrouped)

    def unite(self, one: int, other: int) -> None:
        """People say that two are one, also where they were separated."""
        self.ticks += 1
        live = sorted(each for each, head in self.directory.heads.items() if not head.merged_into)
        chosen = {live[number % len(live)] for number in (one, other) if live}
        if len(chosen) < 2:
            return
        heads = [self.directory.heads[each] for each in chosen]
        regrouped = unite(heads, hash16("united", self.ticks), NOON + timedelta(seconds=self.ticks))
        self.directory.write(regrouped)
        self.decisions.append((self.ticks, lambda people: people.unite(chosen)))
        self._send(regrouped)

    def refold(self, number: int) -> None:
        if self.directory.heads:
            self.ticks += 1
            profile = sorted(self.directory.heads)[number % len(self.directory.heads)]
            refold = RefoldRequested(profile=profile, id=hash16("refold", self.ticks), reason="test", at=NOON)
            self._append(timeline_record(refold))

    def drain(self) -> bool:
        """Whether everything came to rest."""
        for _ in range(_MOST_STEPS):
            if self.interactions.is_drained and self.timeline.is_drained:
                return True
            for process in range(len(self.processes)):
                self.advance(process, 2)
        return False

    # Who does it

    def _start(self, number: int) -> Process:
        resolvers = self.layout.resolvers
        if number < len(resolvers):
            return self.resolve(resolvers[number])
        return self.fold(self.layout.folds[number - len(resolvers)])

    def resolve(self, partitions: Sequence[int]) -> Process:
        while True:
            batch, offsets = self.interactions.fetch(partitions, self.most)
            read_at, known = self.ticks, self.directory.known(batch)
            assigned = assignment.assign(known, batch, JOINING_RULES)
            yield "decided" if batch else "idle"
            if not batch or self.directory.refusals(assigned):
                continue
            self.store(assigned, read_at)
            yield "stored"
            yield from self.publish(routed_records(assigned.routes))
            self.interactions.commit(offsets)
            yield "committed"

    def fold(self, partitions: Sequence[int]) -> Process:
        while True:
            batch, offsets = self.timeline.fetch(partitions, self.most)
            records = [decoded(each) for each in batch]
            if not batch:
                yield "idle"
                continue
            for part in paging.parts(records):
                folded = fold.fold(self.database.load(records[part]), records[part])
                yield "decided"
                yield from self.publish([*snapshot_records(folded, EPOCH), *map(timeline_record, folded.sent)])
                self.database.save(folded)
                yield "stored"
            self.timeline.commit(offsets)
            yield "committed"

    def publish(self, records: Sequence[Outgoing]) -> Process:
        """In two parts, so that a process may end with the first of them out."""
        middle = len(records) // 2
        for each in records[:middle]:
            self._append(each)
        yield "publishing"
        for each in records[middle:]:
            self._append(each)
        yield "published"

    def store(self, assigned: Assigned, read_at: int) -> None:
        """What rests on heads that are written now holds from now on; the rest from when it was read."""
        said = {each.id: each for each, _ in reversed(assigned.routes)}
        written = assigned.new_heads.keys() | assigned.changed_heads.keys()
        self.directory.store(assigned)
        for route in assigned.new_routes:
            decided = said[route.interaction]
            owners = {
                self.directory.links[key].profile
                for key in map(identity_key, decided.linking)
                if key in self.directory.links
            }
            at = self.ticks if owners & written else read_at
            self.decisions.append((at, _heard(decided)))

    def _deliver(self, interaction: Interaction, partition: int) -> None:
        self.interactions.logs[partition % len(self.interactions.logs)].append(interaction)

    def _send(self, regrouped: Regrouped) -> None:
        for each in regrouped.records:
            self._append(timeline_record(each))

    def _append(self, record: Outgoing) -> None:
        if record.topic == PROFILES.name:
            self.snapshots.append(record)
        elif record.topic == TIMELINE.name:
            key = record.key or b""
            self.timeline.logs[int(key, 16) % len(self.timeline.logs)].append(record)


def _heard(interaction: Interaction) -> Callable[[People], object]:
    return lambda people: people.hear(interaction)


def decoded(record: Outgoing) -> Foldable:
    return TIMELINE_RECORD.validate_json(record.value or b"")


def said_as(number: int, identifiers: Sequence[Identifier]) -> Interaction:
    """Orders, visits and traits, so that what is counted, kept and summed all shows."""
    at = NOON + timedelta(seconds=number % 7)
    named: dict[str, object] = {"identifiers": identifiers, "occurred_at": at, "received_at": at}
    if number % 3 == 0:
        named |= {"type": "order.placed", "amount": {"value": "10.00", "currency": "EUR"}}
    return an_interaction(number, traits={"city": f"city {number % 4}"}, **named)
