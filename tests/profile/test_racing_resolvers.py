"""Several processes resolve at once on a real MongoDB: whose an interaction is, is decided once."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest
from pymongo import MongoClient

from fidelio_deploy.mongo import Mongod
from fidelio_profile.adapters.mongo_routes import MongoRouteStore
from fidelio_profile.domain import assignment
from fidelio_profile.domain.assignment import Assigned, Known, Route
from fidelio_profile.domain.people import identity_key
from fidelio_shared.contracts.ids import ProfileId, profile_id
from fidelio_shared.contracts.ingest import Identifier, Interaction
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.storage.mongo import Database, Document, connect
from support.identity_rules import NARROW_RULES
from support.interactions import NOON, an_interaction, customer, device, email
from support.racing_resolvers import (
    ForgetfulStore,
    InterruptedStore,
    Resolver,
    race,
    race_violations,
    read_stored,
    two_resolvers,
)

SEEDS = range(60)
ANN, BOB, MAIL, DEVICE = customer("ann"), customer("bob"), email("ann@example.org"), device("tablet")
PHONE = Identifier(kind="phone", value="+33123456789")

assign = partial(assignment.assign, rules=NARROW_RULES)


@pytest.fixture
async def other(strict_mongod: Mongod, database: Database) -> AsyncIterator[MongoRouteStore]:
    """The other process, with a connection of its own."""
    connection = connect(strict_mongod.uri, database.name)
    yield MongoRouteStore(connection)
    await connection.client.close()


@dataclass
class Asked:
    """Decides, and counts how often it is asked to."""

    times: int = 0
    needed: int = 0

    def __call__(self, known: Known, interactions: Sequence[Interaction]) -> Assigned:
        self.times += 1
        return assign(known, interactions)


def said(number: int, *identifiers: Identifier) -> list[Interaction]:
    return [an_interaction(number, identifiers=identifiers, received_at=NOON + timedelta(seconds=number))]


def created_by(number: int) -> ProfileId:
    return profile_id(an_interaction(number).id)


async def one_after_the_other(
    first: MongoRouteStore, interrupted: InterruptedStore, before: Sequence[Interaction], *batches: list[Interaction]
) -> list[Resolver]:
    """`first` tells its batches, the last of `batches` is decided before and stored after them."""
    told: list[Assigned] = [await first.assign([each], assign) for each in before]

    async def meanwhile() -> None:
        told.extend([await first.assign(each, assign) for each in batches[:-1]])

    interrupted.meanwhile.append(meanwhile)
    late = await interrupted.assign(batches[-1], assign)
    return [Resolver([*([each] for each in before), *batches[:-1]], tuple(told)), Resolver(batches[-1:], (late,))]


async def test_of_two_who_meet_an_unknown_person_at_once_the_later_finds_the_profile_of_the_earlier(
    database: Database, other: MongoRouteStore
) -> None:
    mine = InterruptedStore(database)
    resolvers = await one_after_the_other(other, mine, [], said(1, ANN), said(2, ANN, MAIL))
    route = Route(an_interaction(2).id, "1:2", created_by(1), linked=(MAIL,))
    assert resolvers[1].assigned[0].new_routes == (route,)
    assert await race_violations(database, resolvers) == []
    assert await database.heads.estimated_document_count() == 1


@pytest.mark.parametrize("known", [[], said(1, ANN)], ids=["a new person", "a known person"])
async def test_an_id_that_two_resolve_at_once_has_one_destination(
    known: list[Interaction], database: Database, other: MongoRouteStore
) -> None:
    mine = InterruptedStore(database)
    resolvers = await one_after_the_other(other, mine, known, said(2, ANN), [*said(2, ANN), *said(3, ANN)])
    first, second = resolvers[0].assigned[-1], resolvers[1].assigned[0]
    assert second.routes[0] == first.routes[0]
    assert second.routes[1][1] == Route(an_interaction(3).id, "1:3", first.routes[0][1].profile)
    assert await race_violations(database, resolvers) == []


async def test_an_id_said_at_once_for_two_different_things_is_refused_to_the_later(
    database: Database, other: MongoRouteStore
) -> None:
    otherwise = [an_interaction(1, digest="1:otherwise", identifiers=(MAIL,))]
    resolvers = await one_after_the_other(other, InterruptedStore(database), [], said(1, ANN), otherwise)
    assert list(resolvers[1].assigned[0].conflicts) == otherwise
    assert await race_violations(database, resolvers) == []


STRANGERS = [*said(1, ANN), *said(2, MAIL), *said(3, PHONE)]
MERGES = (said(4, ANN, MAIL), said(5, MAIL, PHONE))


async def test_a_merge_decided_before_another_merge_of_the_same_person_is_decided_again(
    database: Database, other: MongoRouteStore
) -> None:
    resolvers = await one_after_the_other(other, InterruptedStore(database), STRANGERS, *MERGES)
    ann, mail, phone = created_by(1), created_by(2), created_by(3)
    assert [each.retires for each in resolvers[1].assigned[0].new_routes] == [(phone,)]
    stored = await read_stored(database, STRANGERS)
    assert {each: head.merged_into for each, head in stored.heads.items()} == {ann: None, mail: ann, phone: ann}
    assert stored.versions == {ann: 3, mail: 2, phone: 2}
    assert {link.profile for link in stored.links.values()} == {ann}
    assert await race_violations(database, resolvers) == []


async def test_the_check_notices_a_merge_that_was_overwritten(database: Database, other: MongoRouteStore) -> None:
    resolvers = await one_after_the_other(other, ForgetfulStore(database), STRANGERS, *MERGES)
    assert await race_violations(database, resolvers) == ["no order of the batches leads to what is stored"]


async def test_two_who_merge_the_same_two_at_once_merge_them_once(database: Database, other: MongoRouteStore) -> None:
    merges = said(4, ANN, MAIL), said(5, MAIL, ANN)
    resolvers = await one_after_the_other(other, InterruptedStore(database), STRANGERS, *merges)
    assert [each.new_routes[0].retires for each in (resolvers[0].assigned[-1], *resolvers[1].assigned)] == [
        (created_by(2),),
        (),
    ]
    assert await race_violations(database, resolvers) == []


async def test_an_identifier_linked_while_its_person_is_merged_goes_to_the_winner(
    database: Database, other: MongoRouteStore
) -> None:
    resolvers = await one_after_the_other(
        other, InterruptedStore(database), STRANGERS, said(4, ANN, MAIL), said(5, MAIL, DEVICE)
    )
    stored = await read_stored(database, said(5, MAIL, DEVICE))
    assert {link.profile for link in stored.links.values()} == {created_by(1)}
    assert await race_violations(database, resolvers) == []


async def test_everybody_whom_a_device_was_seen_with_is_remembered(database: Database, other: MongoRouteStore) -> None:
    kinds = {kind: rule.model_copy(update={"people": 100}) for kind, rule in NARROW_RULES.kinds.items()}
    decide = partial(assignment.assign, rules=NARROW_RULES.model_copy(update={"kinds": kinds}))
    await other.assign(said(1, ANN, DEVICE), decide)
    people = [said(number, customer(str(number)), DEVICE) for number in range(2, 62)]
    await race((MongoRouteStore(database), people[::2]), (other, people[1::2]), decide=decide)
    stored = await read_stored(database, said(1, ANN, DEVICE))
    assert stored.links[identity_key(DEVICE)].seen_with == {created_by(number) for number in range(2, 62)}


async def test_of_two_who_log_in_at_once_on_one_device_one_takes_over_its_past(
    database: Database, other: MongoRouteStore
) -> None:
    logins = said(2, ANN, DEVICE), said(3, BOB, DEVICE)
    resolvers = await one_after_the_other(other, InterruptedStore(database), said(1, DEVICE), *logins)
    profiles = [each.new_routes[0].profile for each in (*resolvers[0].assigned, *resolvers[1].assigned)]
    assert profiles == [created_by(1), created_by(1), created_by(3)]
    assert await race_violations(database, resolvers) == []


async def test_a_decision_that_lost_leaves_nothing_behind(database: Database, other: MongoRouteStore) -> None:
    await one_after_the_other(other, InterruptedStore(database), [], said(1, ANN), said(2, ANN, DEVICE))
    assert await database.heads.find_one({"_id": bytes.fromhex(created_by(2))}) is None


async def test_whatever_the_interleaving_some_order_of_the_batches_explains_it(
    database: Database, other: MongoRouteStore
) -> None:
    mine, asked, found = MongoRouteStore(database), Asked(), {}
    for seed in SEEDS:
        batches, others = two_resolvers(seed)
        resolvers = await race((mine, batches), (other, others), decide=asked)
        found[seed] = await race_violations(database, resolvers)
        asked.needed += len(batches) + len(others)
    assert {seed: each for seed, each in found.items() if each} == {}
    assert asked.times > asked.needed, "nothing was ever decided again: there was no race"


async def test_who_is_overtaken_twenty_times_waits_for_the_database(strict_mongod: Mongod, database: Database) -> None:
    store, asked = MongoRouteStore(database), Asked()
    await store.assign(said(1, ANN), assign)
    client: MongoClient[Document] = MongoClient(strict_mongod.uri)
    with client:

        def decide_too_late(known: Known, interactions: Sequence[Interaction]) -> Assigned:
            client[database.name].heads.update_many({}, {"$inc": {"version": 1}})
            return asked(known, interactions)

        with pytest.raises(Unavailable, match="mongodb"):
            await store.assign(said(2, ANN, MAIL), decide_too_late)
    assert asked.times == 20
    assert await database.routes.estimated_document_count() == 1
    assert await database.identities.estimated_document_count() == 1
