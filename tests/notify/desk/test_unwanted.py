"""The suppression list: known again by whoever has the address, and by nobody else."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from fidelio_notify.adapters.mongo_unwanted import MongoUnwanted
from fidelio_notify.domain.cards import Person
from fidelio_notify.domain.typed_addresses import NoAddress, address_of
from fidelio_notify.domain.unwanted import Unwanted, Why, still_unwanted
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.contracts.profile import ConsentState
from fidelio_shared.messaging.errors import Halted
from fidelio_shared.storage.mongo import Database
from fidelio_shared.storage.suppression import Suppressor, check_suppression
from support.agents import NOON, TASK

OLD, NEW = Suppressor(b"old"), Suppressor(b"new", former=(b"old",))
ANN, BOB = Identifier(kind="email", value="ann@example.org"), Identifier(kind="email", value="bob@example.org")
NUMBER = Identifier(kind="phone", value="+33612345678")
BOUNCED = Unwanted("bounced", NOON, TASK.id)
UNSUBSCRIBED, COMPLAINED = Unwanted("unsubscribed", NOON), Unwanted("complained", NOON)


@pytest.fixture
def unwanted(database: Database) -> MongoUnwanted:
    return MongoUnwanted(database, OLD)


async def listed(unwanted: MongoUnwanted) -> Mapping[str, Unwanted]:
    return await unwanted.of([ANN, BOB, NUMBER])


async def test_an_address_is_known_again_and_why(unwanted: MongoUnwanted) -> None:
    await unwanted.add([ANN, NUMBER], BOUNCED)
    assert await listed(unwanted) == {ANN.value: BOUNCED, NUMBER.value: BOUNCED}
    assert await unwanted.of([]) == {}
    assert await unwanted.of([Identifier(kind="social", value=ANN.value)]) == {}


@pytest.mark.parametrize("order", list(permutations(range(4))))
async def test_the_gravest_reason_holds_and_of_the_same_the_latest_in_whatever_order(
    order: Sequence[int], unwanted: MongoUnwanted
) -> None:
    told = [BOUNCED, UNSUBSCRIBED, COMPLAINED, replace(COMPLAINED, since=NOON + timedelta(days=1))]
    for place in order:
        await unwanted.add([ANN], told[place])
        await unwanted.add([BOB], replace(BOUNCED, since=NOON + timedelta(days=place)))
    assert await listed(unwanted) == {ANN.value: told[3], BOB.value: replace(BOUNCED, since=NOON + timedelta(days=3))}


async def test_who_was_taken_off_the_list_comes_back_by_what_happens_afterwards_alone(
    unwanted: MongoUnwanted, database: Database
) -> None:
    await unwanted.add([ANN], COMPLAINED)
    assert await unwanted.remove(ANN, by="jo", reason="It was a slip.")
    assert await listed(unwanted) == {}
    assert not await unwanted.remove(ANN, by="jo", reason="Again.")
    (kept,) = await database.unwanted.find({"key": OLD.name}).to_list()
    removed = kept["removed"]
    assert (removed["by"], removed["reason"]) == ("jo", "It was a slip.")

    await unwanted.add([ANN], replace(COMPLAINED, since=removed["at"]))
    assert await listed(unwanted) == {}
    anew = replace(BOUNCED, since=removed["at"] + timedelta(milliseconds=1))
    await unwanted.add([ANN], anew)
    assert await listed(unwanted) == {ANN.value: anew}


AGREED = ConsentState(purpose="news", channel="email", status="granted", at=NOON + timedelta(days=1), id=TASK.id)


@pytest.mark.parametrize(
    ("consent", "why", "expected"),
    [
        ({}, "unsubscribed", False),
        ({"channel": "any"}, "unsubscribed", False),
        ({"channel": "sms"}, "unsubscribed", True),
        ({"at": NOON}, "unsubscribed", True),
        ({"status": "denied"}, "unsubscribed", True),
        ({}, "bounced", True),
        ({}, "complained", True),
    ],
)
def test_who_agrees_anew_is_not_held_to_an_older_refusal(
    consent: Mapping[str, object], why: Why, expected: bool
) -> None:
    person = Person(identifiers=(ANN, NUMBER), consents=(AGREED.model_copy(update=consent),))
    told = still_unwanted({ANN.value: Unwanted(why, NOON), NUMBER.value: BOUNCED}, person)
    assert told == {**({ANN.value: why} if expected else {}), NUMBER.value: "bounced"}


async def test_no_address_is_kept_in_clear(unwanted: MongoUnwanted, database: Database) -> None:
    await unwanted.add([ANN, NUMBER], BOUNCED)
    kept = str(await database.unwanted.find({"key": OLD.name}).to_list())
    assert "bounced" in kept
    assert "ann" not in kept
    assert "612345678" not in kept


async def test_the_hash_is_no_guess_and_not_that_of_another_list(unwanted: MongoUnwanted, database: Database) -> None:
    await unwanted.add([ANN], BOUNCED)
    (kept,) = await database.unwanted.find({"key": OLD.name}).to_list()
    others = [Suppressor(b"a guess").hash("unwanted:email:ann@example.org"), OLD.hash("email:ann@example.org")]
    assert kept["_id"] == OLD.hash("unwanted:email:ann@example.org")
    assert kept["_id"] not in others


async def test_what_was_hashed_under_a_former_key_is_known_while_it_is_named(
    unwanted: MongoUnwanted, database: Database
) -> None:
    await unwanted.add([ANN], BOUNCED)
    assert await listed(MongoUnwanted(database, NEW)) == {ANN.value: BOUNCED}
    assert await listed(MongoUnwanted(database, Suppressor(b"new"))) == {}
    await check_suppression(database.unwanted, NEW)
    with pytest.raises(Halted, match="unwanted"):
        await check_suppression(database.unwanted, Suppressor(b"new"))
    assert await MongoUnwanted(database, NEW).remove(ANN, by="jo", reason="A new consent.")
    assert await listed(MongoUnwanted(database, NEW)) == {}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (" Ann@Example.org ", ANN),
        ("+33 6 12 34 56 78", NUMBER),
        ("+33 (6) 12.34-56/78", NUMBER),
    ],
)
def test_an_address_is_read_however_it_is_typed(typed: str, expected: Identifier) -> None:
    assert address_of(typed) == expected


@pytest.mark.parametrize(
    "typed", ["", "ann", "0612345678", "ann@", "a b@example.org", "+0123456789", "x" * 400 + "@a.b"]
)
def test_what_is_no_address_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(NoAddress) as refused:
        address_of(typed)
    assert not typed or typed not in str(refused.value)
