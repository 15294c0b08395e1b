"""The key under which erased people's identifiers are hashed may change: what was hashed before is still known."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from fidelio_profile.adapters.mongo_erasures import MongoErasureStore
from fidelio_profile.adapters.mongo_requests import MongoRequestStore
from fidelio_profile.erasing import Erasing
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.topics import TIMELINE
from fidelio_shared.messaging.errors import Halted
from fidelio_shared.storage.mongo import Database
from fidelio_shared.storage.suppression import Suppressor, check_suppression, suppressor_from
from support.api import person
from support.interactions import NOON, an_interaction, an_order, customer
from support.people_at_work import People
from support.profile_steps import SUPPRESSOR, a_resolver

ANN = customer("ann")
ORDER, EXPORTED = an_order(1, identifiers=[ANN]), an_interaction(2, identifiers=[ANN], type="profile.updated")
NEWER = Suppressor(b"another one")
BOTH = Suppressor(NEWER.secret, former=(SUPPRESSOR.secret,))


async def erase(people: People, profile: ProfileId, suppressor: Suppressor) -> None:
    erasures, requests = (
        MongoErasureStore(people.database),
        MongoRequestStore(people.database, people.asked, suppressor),
    )
    await erasures.ask([(hash16("test", profile), profile)], by="test", hold=timedelta(0))
    await Erasing(erasures, requests, people.asked).carry_out_due()
    await people.carry_out()


@pytest.fixture
async def people(database: Database) -> People:
    people = People(database)
    await people.say(ORDER)
    await erase(people, person(ORDER), SUPPRESSOR)
    return people


@pytest.mark.parametrize(("suppressor", "routed"), [(SUPPRESSOR, 0), (BOTH, 0), (NEWER, 1)])
async def test_who_was_erased_under_a_former_key_is_known_as_long_as_it_is_named(
    suppressor: Suppressor, routed: int, people: People
) -> None:
    resolver = a_resolver(people.database, suppressor)
    await resolver.settle(encode(EXPORTED))
    assert len(resolver.published(TIMELINE.name)) == routed


async def test_who_is_erased_again_under_another_key_stays_erased_since_then(people: People) -> None:
    """Whatever happened between the two erasures tells of somebody who was erased."""
    again = an_order(3, identifiers=[ANN], occurred_at=NOON + timedelta(days=9_000))
    await people.say(again)
    await erase(people, person(again), BOTH)
    newest = await people.database.suppressed.find({"key": NEWER.name}).to_list()
    between = an_order(4, identifiers=[ANN], occurred_at=NOON + timedelta(days=1))
    resolver = a_resolver(people.database, BOTH)
    await resolver.settle(encode(between))
    assert len(newest) == 1
    assert resolver.published(TIMELINE.name) == []


async def test_a_process_that_lacks_a_key_does_not_start(people: People) -> None:
    await check_suppression(people.database.suppressed, SUPPRESSOR)
    await check_suppression(people.database.suppressed, BOTH)
    for lacking in (NEWER, None):
        with pytest.raises(Halted, match="FIDELIO_FORMER_SUPPRESSION_KEYS"):
            await check_suppression(people.database.suppressed, lacking)


def test_former_keys_alone_are_no_key_to_write_with() -> None:
    former = (SecretStr("old"),)
    assert suppressor_from(None, ()) is None
    assert suppressor_from(SecretStr("new"), former) == Suppressor(b"new", (b"old",))
    with pytest.raises(Halted, match="FIDELIO_SUPPRESSION_KEY"):
        suppressor_from(None, former)
