"""Who was erased stays erased, whatever comes late or again; who comes back by their own doing begins anew."""

from contextlib import suppress
from datetime import timedelta

import pytest

from fidelio_profile.adapters.mongo_erasures import MongoErasureStore
from fidelio_profile.adapters.mongo_requests import MongoRequestStore
from fidelio_profile.domain.regrouping import separate
from fidelio_profile.erasing import Erasing
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ids import InteractionId, ProfileId, hash16, profile_id
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.profile import ProfileSnapshot
from fidelio_shared.contracts.topics import ERASURES, PROFILES, TIMELINE
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.storage.mongo import Database
from support.api import person
from support.interactions import NOON, a_consent_change, an_interaction, an_order, customer, device, email
from support.people_at_work import NeverPublished, People
from support.profile_steps import SUPPRESSOR

ANN, ADDRESS, TABLET = customer("ann"), email("ann@example.org"), device("tablet")
ORDER = an_order(1, identifiers=[ANN, TABLET])
REQUEST = hash16("test", "erasure")
LATER = NOON + timedelta(days=3650)


async def erase(
    people: People,
    profile: ProfileId = person(ORDER),
    request: str = REQUEST,
    *,
    told: Publisher | None = None,
) -> None:
    """`told`: what the stores are asked to confirm goes there."""
    erasures = MongoErasureStore(people.database)
    requests = MongoRequestStore(people.database, people.asked, SUPPRESSOR)
    await erasures.ask([(request, profile)], by="test", hold=timedelta(0))
    await Erasing(erasures, requests, told or people.asked).carry_out_due()
    await people.carry_out()


@pytest.fixture
async def people(database: Database) -> People:
    people = People(database)
    await people.say(ORDER)
    return people


async def profiles(people: People) -> dict[str, object]:
    """What is known of each: its state, or that it was erased."""
    found = await people.database.profiles.find({}).hint("_id_").to_list()
    return {each["_id"].hex(): "erased" if "erased_at" in each else each["state"] for each in found}


async def test_the_last_snapshot_says_so_and_a_tombstone_follows_on_the_key(people: People) -> None:
    await erase(people)
    told = [each for each in people.fold.publisher.records if each.topic == PROFILES.name][-2:]
    last = ProfileSnapshot.model_validate_json(told[0].value or b"")
    assert (last.revision, last.state, last.cause.kind, last.cause.id) == (2, None, "erasure", REQUEST)
    assert (told[1].key, told[1].value) == (person(ORDER).encode(), None)
    assert await people.database.timeline.count_documents({}, hint="_id_") == 0
    assert await profiles(people) == {person(ORDER): "erased"}


async def test_an_erasure_that_is_repeated_is_only_confirmed_again(people: People) -> None:
    await erase(people)
    erased = [each for each in people.fold.publisher.records if each.topic == PROFILES.name]
    again = [each.value or b"" for each in people.said if each.topic == TIMELINE.name]
    await people.fold.settle(*again)
    assert [each for each in people.fold.publisher.records if each.topic == PROFILES.name][len(erased) :] == erased[-1:]
    assert len(people.fold.published(ERASURES.name)) == 2


async def test_what_was_on_its_way_is_dropped_with_its_route(people: People) -> None:
    late = an_order(2, identifiers=[ANN, ADDRESS])
    await people.resolver.settle(encode(late))
    on_its_way = people.resolver.published(TIMELINE.name)[-1:]
    await erase(people)
    await people.fold.settle(*on_its_way)
    assert await profiles(people) == {person(ORDER): "erased"}
    route = await people.database.routes.find_one({"_id": bytes.fromhex(late.id)})
    assert route is not None
    assert set(route) == {"_id", "at", "is_erased"}


RESENT = ORDER.model_copy(update={"digest": "1:said again", "occurred_at": LATER})
"""A copy without a time of its own."""


@pytest.mark.parametrize(
    "exported",
    [
        ORDER,
        RESENT,
        an_order(7, identifiers=[ANN]),
        an_interaction(8, identifiers=[ANN], type="profile.updated", occurred_at=LATER),
        a_consent_change(9, "denied", identifiers=[ANN], occurred_at=LATER),
    ],
    ids=["the same", "the same as of now", "older", "no order", "no consent"],
)
async def test_what_tells_of_somebody_who_was_erased_is_dropped(exported: Interaction, people: People) -> None:
    await erase(people)
    await people.say(exported)
    assert await profiles(people) == {person(ORDER): "erased"}
    assert people.resolver.dead_letters() == {}


async def test_after_the_routes_are_gone_the_erased_id_is_not_used_again(people: People) -> None:
    await erase(people)
    await people.database.routes.delete_many({"_id": bytes.fromhex(ORDER.id)})
    await people.say(RESENT)
    assert await profiles(people) == {person(ORDER): "erased"}


@pytest.mark.parametrize(
    "own_doing",
    [
        an_order(11, identifiers=[ANN], occurred_at=LATER),
        an_interaction(12, identifiers=[ANN], type="subscription.started", occurred_at=LATER),
        a_consent_change(13, "granted", identifiers=[ANN], occurred_at=LATER),
    ],
    ids=["order", "subscription", "consent"],
)
async def test_who_comes_back_by_their_own_doing_begins_anew_and_the_past_stays_out(
    own_doing: Interaction, people: People
) -> None:
    await erase(people)
    older, newer = (
        an_order(20 + days, identifiers=[ANN], occurred_at=NOON + timedelta(days=days)) for days in (0, 9999)
    )
    await people.say(own_doing, older, newer)
    found = await profiles(people)
    assert found.keys() == {person(ORDER), person(own_doing)}
    assert found[person(own_doing)]["interactions"] == 2  # type: ignore[index]


async def test_the_tablet_goes_on_working_for_the_family_and_alone_tells_nothing_of_the_past(people: People) -> None:
    await people.say(an_order(30, identifiers=[customer("child"), TABLET]))
    await erase(people)
    await people.say(
        an_interaction(31, identifiers=[customer("child"), TABLET]), an_interaction(32, identifiers=[TABLET])
    )
    child = (await profiles(people))[person(an_order(30))]
    assert child["interactions"] == 3  # type: ignore[index]


async def test_who_was_merged_is_erased_with_all_that_they_were(people: People) -> None:
    await people.say(an_order(40, identifiers=[ADDRESS]), an_order(41, identifiers=[ANN, ADDRESS]))
    await erase(people)
    assert set((await profiles(people)).values()) == {"erased"}
    assert len(await profiles(people)) == 2
    await people.say(an_order(42, identifiers=[ADDRESS]))
    assert len(await profiles(people)) == 2


async def test_a_held_erasure_is_not_begun_and_can_be_cancelled_once(people: People) -> None:
    erasures = MongoErasureStore(people.database)
    await erasures.ask([(REQUEST, person(ORDER))], by="test", hold=timedelta(hours=1))
    assert await erasures.due() == []
    assert [await erasures.cancel(REQUEST), await erasures.cancel(REQUEST)] == [True, False]
    await erase(people)
    assert "erased" not in (await profiles(people)).values()


SPLIT = hash16("test", "split")


async def split(people: People, publisher: Publisher) -> ProfileId:
    """The address becomes somebody else's; nobody has folded that yet."""
    await people.say(an_order(50, identifiers=[ADDRESS]), an_order(51, identifiers=[ANN, ADDRESS]))
    requests = MongoRequestStore(people.database, publisher, SUPPRESSOR)
    with suppress(Unavailable):
        await requests.carry_out(
            SPLIT, [person(ORDER)], lambda heads, at: separate(heads[0], [ADDRESS], SPLIT, at), by="test"
        )
    return profile_id(InteractionId(SPLIT))


async def test_what_a_split_was_bringing_to_somebody_who_is_erased_is_kept_by_nobody(people: People) -> None:
    """Also where it took longer than anybody waits for."""
    other = await split(people, people.asked)
    on_its_way = [each.value or b"" for each in people.asked.records if each.topic == TIMELINE.name]
    people.asked.records.clear()
    await people.database.requests.update_many({}, {"$set": {"at": NOON}})
    await erase(people, other)
    await people.settle(on_its_way)
    kept = await people.database.timeline.find({"kind": "interaction"}).hint("_id_").to_list()
    assert {each["anchor"] for each in kept} == {"customer_id:ann"}
    assert "is_erased" in (await people.database.routes.find_one({"_id": bytes.fromhex(an_order(50).id)}) or {})


async def test_who_was_split_off_and_erased_is_not_named_on_the_timeline_that_is_left(people: People) -> None:
    other = await split(people, people.asked)
    await people.carry_out()
    await erase(people, other)
    left = await people.database.timeline.find({"kind": "split"}).hint("_id_").to_list()
    assert [each["profile"].hex() for each in left] == [person(ORDER)]
    assert ADDRESS.value.encode() not in left[0]["body"]


async def test_an_erasure_waits_for_a_split_that_brings_somebody_else_what_is_theirs(people: People) -> None:
    other = await split(people, NeverPublished())
    await erase(people)
    assert "erased" not in (await profiles(people)).values()
    await people.database.requests.update_many({}, {"$set": {"at": NOON}})
    await MongoRequestStore(people.database, people.asked, SUPPRESSOR).publish_forgotten()
    await people.carry_out()
    await erase(people)
    found = await profiles(people)
    assert {each for each, known in found.items() if known == "erased"} == {person(ORDER), person(an_order(50))}
    assert found[other]["interactions"] == 1  # type: ignore[index]


async def test_doubts_about_somebody_are_gone_before_anybody_is_told_to_confirm(people: People) -> None:
    """Once all have confirmed it the erasure is done, whether the process that began it has ended meanwhile or not."""
    await people.say(an_order(60, identifiers=[ANN, customer("bob")]))
    assert await people.database.reviews.count_documents({"profile": bytes.fromhex(person(ORDER))}) == 1
    with pytest.raises(Unavailable):
        await erase(people, told=NeverPublished())
    assert await people.database.reviews.count_documents({"profile": bytes.fromhex(person(ORDER))}) == 0


async def test_a_doubt_that_a_copy_raises_again_while_its_person_is_being_erased_is_gone_in_the_end(
    people: People,
) -> None:
    doubtful = an_order(61, identifiers=[ANN, customer("bob")])
    await people.say(doubtful)
    erasures = MongoErasureStore(people.database)
    await erasures.ask([(REQUEST, person(ORDER))], by="test", hold=timedelta(0))
    requests = MongoRequestStore(people.database, people.asked, SUPPRESSOR)
    await Erasing(erasures, requests, people.asked).carry_out_due()
    on_its_way = await people.resolve(doubtful)
    await people.carry_out()
    await people.settle(on_its_way)
    assert await people.database.reviews.count_documents({"profile": bytes.fromhex(person(ORDER))}) == 0
