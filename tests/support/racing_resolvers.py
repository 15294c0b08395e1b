"""Resolvers at once over one database, and whether what they did could have been done one after the other."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import chain
from random import Random

from fidelio_profile.adapters.identity_documents import head_from, link_from, route_from
from fidelio_profile.adapters.mongo_routes import MongoRouteStore
from fidelio_profile.domain.assignment import Assigned, Route
from fidelio_profile.domain.people import Head, Link, identity_key
from fidelio_shared.contracts.ids import InteractionId, ProfileId, profile_id
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.storage.mongo import Database
from support.assignment_check import Assign
from support.assignment_meaning import People, people_of
from support.identity_rules import NARROW_RULES
from support.interactions import NOON, an_interaction, customer, device, email

Batches = Sequence[Sequence[Interaction]]


@dataclass(frozen=True)
class InterruptedStore(MongoRouteStore):
    """Has read and decided when each `meanwhile` happens, one an attempt; only then it stores."""

    meanwhile: list[Callable[[], Awaitable[object]]] = field(default_factory=list)

    async def _store(self, assigned: Assigned) -> None:
        if self.meanwhile:
            await self.meanwhile.pop(0)()
        await super()._store(assigned)


@dataclass(frozen=True)
class ForgetfulStore(InterruptedStore):
    """Writes a head whatever its version is by now: what another one wrote is lost."""

    async def _store_changes(self, assigned: Assigned) -> None:
        keys = [bytes.fromhex(each) for each in assigned.changed_heads]
        versions = {
            each["_id"].hex(): each["version"] async for each in self.database.heads.find({"_id": {"$in": keys}})
        }
        heads = {each: replace(head, version=versions[each]) for each, head in assigned.changed_heads.items()}
        await super()._store_changes(replace(assigned, changed_heads=heads))


@dataclass(frozen=True, slots=True)
class Resolver:
    """One process: its batches in their order, and what became of each."""

    batches: Batches
    assigned: tuple[Assigned, ...]


def two_resolvers(seed: int) -> tuple[Batches, Batches]:
    """A few people under a few identifiers, some said twice; no other seed knows them."""
    random = Random(seed)
    kinds = (customer, email, customer, email, email, device, device)
    pool = [kind(f"{seed}-{number}") for number, kind in enumerate(kinds)]
    said: list[Interaction] = []
    for place in range(12):
        said.append(
            an_interaction(
                seed * 100 + random.randint(1, 16),
                digest=f"1:{place}",
                identifiers=random.sample(pool, random.randint(1, 3)),
                received_at=NOON + timedelta(seconds=random.randrange(6), milliseconds=place),
            )
            if random.random() < 0.8 or not said
            else random.choice(said)
        )
    batches = [said[start : start + 2] for start in range(0, len(said), 2)]
    return batches[::2], batches[1::2]


async def race(*stores_and_batches: tuple[MongoRouteStore, Batches], decide: Assign) -> list[Resolver]:
    async def resolve(store: MongoRouteStore, batches: Batches) -> Resolver:
        return Resolver(batches, tuple([await store.assign(each, decide) for each in batches]))

    return await asyncio.gather(*(resolve(*each) for each in stores_and_batches))


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored about the interactions of a race. Heads without their versions, which are judged apart."""

    routes: Mapping[InteractionId, Route]
    links: Mapping[str, Link]
    heads: Mapping[ProfileId, Head]
    reviews: frozenset[str]
    versions: Mapping[ProfileId, int]


async def read_stored(database: Database, interactions: Iterable[Interaction]) -> Stored:
    said = list(interactions)
    keys = list({identity_key(one) for each in said for one in each.linking})
    ids = list({bytes.fromhex(each.id) for each in said})
    profiles = list({bytes.fromhex(profile_id(each.id)) for each in said})
    routes = [route_from(each) for each in await database.routes.find({"_id": {"$in": ids}}).to_list()]
    links = await database.identities.find({"_id": {"$in": keys}}).to_list()
    heads = [head_from(each) for each in await database.heads.find({"_id": {"$in": profiles}}).to_list()]
    own = {each.profile for each in heads}
    reviews = await database.reviews.find({"status": "open"}).to_list()
    return Stored(
        routes={each.interaction: each for each in routes},
        links={each["_id"]: link_from(each) for each in links},
        heads={each.profile: replace(each, version=0) for each in heads},
        reviews=frozenset(each["_id"].hex() for each in reviews if each["profile"].hex() in own),
        versions={each.profile: each.version for each in heads},
    )


async def race_violations(database: Database, resolvers: Sequence[Resolver]) -> list[str]:
    """Nothing where some order, which keeps each resolver's own, gives what is stored and what was answered."""
    said = list(chain.from_iterable(chain(*(each.batches for each in resolvers))))
    stored = await read_stored(database, said)
    found = [*_version_violations(stored, resolvers), *_answer_violations(stored, resolvers)]
    if not any(_is_outcome(people_of(order, NARROW_RULES), stored) for order in _orders(_decisions(stored, resolvers))):
        found.append("no order of the batches leads to what is stored")
    return found


def _version_violations(stored: Stored, resolvers: Sequence[Resolver]) -> Iterator[str]:
    decided = [each for resolver in resolvers for each in resolver.assigned]
    written = Counter(head for each in decided for head in chain(each.new_heads, each.changed_heads))
    if written != stored.versions:
        yield "the versions do not count the transactions that wrote a head"


def _answer_violations(stored: Stored, resolvers: Sequence[Resolver]) -> Iterator[str]:
    """Each saying was answered: with the one destination of its id, or as a contradiction to what has that one."""
    for batch, assigned in [pair for each in resolvers for pair in zip(each.batches, each.assigned, strict=True)]:
        answers = [*((each, route) for each, route in assigned.routes), *((each, None) for each in assigned.conflicts)]
        for said, route in answers:
            kept = stored.routes[said.id]
            if (route and route != kept) or (route is None) == (kept.digest == said.digest):
                yield "an answer contradicts what is stored"
        if len(answers) + len(assigned.lost) != len(batch):
            yield "something was not answered"


def _decisions(stored: Stored, resolvers: Sequence[Resolver]) -> list[Batches]:
    """What each resolver decided at once, in its order. A batch that changed nothing about who is who, and of which a
    part was there already when it was stored, was decided in two parts: the first could be anywhere."""
    claimed = {route.interaction for each in resolvers for one in each.assigned for route in one.new_routes}
    by_digest = {(each.id, each.digest): each for one in resolvers for batch in one.batches for each in batch}
    lone = [by_digest[each, route.digest] for each, route in stored.routes.items() if each not in claimed]
    own = [[_decided(*pair) for pair in zip(each.batches, each.assigned, strict=True)] for each in resolvers]
    return [*([[each]] for each in lone), *own]


def _decided(batch: Sequence[Interaction], assigned: Assigned) -> Sequence[Interaction]:
    own = {each.interaction for each in assigned.new_routes} | {each.id for each in assigned.lost}
    return [
        each for place, each in enumerate(batch) if each.id in own and each.id not in {one.id for one in batch[:place]}
    ]


def _orders(waiting: Sequence[Batches]) -> Iterator[list[Interaction]]:
    """Every way to lay them into one sequence."""
    left = [each for each in waiting if each]
    if not left:
        yield []
    for first in left:
        for order in _orders([each[1:] if each is first else each for each in left]):
            yield [*first[0], *order]


def _is_outcome(people: People, stored: Stored) -> bool:
    """Whose an identifier is that was set aside is only told: as long as it is nobody's, no head vouches for that."""
    return (
        _without_owners(stored.routes) == _without_owners(people.routes)
        and stored.links == people.links
        and stored.heads == people.heads
        and stored.reviews == people.reviews.keys()
    )


def _without_owners(routes: Mapping[InteractionId, Route]) -> Mapping[InteractionId, Route]:
    return {
        each: replace(route, demoted=tuple(replace(one, owner=None) for one in route.demoted))
        for each, route in routes.items()
    }
