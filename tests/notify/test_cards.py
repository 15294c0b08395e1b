"""The card: from what profile really publishes, and as it is stored."""

from datetime import timedelta

import pytest

from fidelio_notify.adapters.mongo_cards import MongoCardStore
from fidelio_notify.domain.cards import Belonging, Card, PersonSnapshot, Scored, card_from
from fidelio_profile.domain.fold import fold
from fidelio_profile.domain.revisions import Stored
from fidelio_profile.records import snapshot_records
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.storage.mongo import Database
from support.gate_cases import ANN, a_consent, a_person
from support.interactions import NOON, a_consent_change, an_interaction, customer, email, recorded
from support.outcomes import a_score, a_segment_change
from support.releases import a_snapshot

BOB = ProfileId(hash16("test", "bob"))


@pytest.fixture
def cards(strict_database: Database) -> MongoCardStore:
    return MongoCardStore(strict_database)


def a_card(*interactions: Interaction) -> Card:
    """As it comes from what profile really publishes of these interactions."""
    folded = fold(Stored({}, frozenset(), {}), [recorded(each) for each in interactions])
    last = snapshot_records(folded, epoch=3)[-1]
    return card_from(PersonSnapshot.model_validate_json(last.value or b""))


async def stored(cards: MongoCardStore, profile: ProfileId = ANN) -> Card:
    return (await cards.load([profile]))[profile]


def test_a_card_is_what_profile_tells_of_somebody() -> None:
    given = a_consent_change(1, "granted")
    told = an_interaction(
        2, identifiers=[customer("42"), email("ann@example.org")], traits={"first_name": "Ann", "language": "fr"}
    )
    card = a_card(given, told)

    assert (card.epoch, card.revision, card.person.language) == (3, 2, "fr")
    assert list(card.addresses("email")) == ["ann@example.org"]
    assert [(each.status, each.id) for each in card.person.consents] == [("granted", given.id)]
    assert card.trait("first_name") is not None


def test_at_the_same_instant_a_refusal_wins_in_any_order() -> None:
    grant, refusal = a_consent_change(1, "granted"), a_consent_change(2, "denied")
    for card in (a_card(grant, refusal), a_card(refusal, grant)):
        assert [each.status for each in card.person.consents] == ["denied"]


def test_a_refusal_that_comes_late_does_not_undo_a_newer_grant() -> None:
    grant, refusal = a_consent_change(1, "granted"), a_consent_change(2, "denied", occurred_at=NOON - timedelta(days=1))
    assert [each.status for each in a_card(grant, refusal).person.consents] == ["granted"]


def test_an_objection_is_on_the_card() -> None:
    consent = {"purpose": "contact", "channel": "any", "status": "denied"}
    objection = an_interaction(1, type="consent.changed", consent=consent)
    assert a_card(objection).objections == frozenset({"contact"})


async def test_of_each_part_the_latest_is_kept_in_whatever_order_it_comes(cards: MongoCardStore) -> None:
    late = a_snapshot(a_person(language="fr"), revision=8)
    score, change = a_score(5, profile=ANN), a_segment_change(4, profile=ANN)
    await cards.save([late, a_snapshot(revision=7), score, a_score(4, profile=ANN), change])
    await cards.save([a_snapshot(revision=6), a_score(3, profile=ANN), a_segment_change(3, profile=ANN)])

    found = await stored(cards)
    assert (found.revision, found.person.language) == (8, "fr")
    assert found.scored is not None
    assert found.belonging is not None
    assert (found.scored.sequence, found.belonging.sequence) == (5, 4)


async def test_a_restored_database_counts_from_the_start_and_is_later(cards: MongoCardStore) -> None:
    await cards.save([a_snapshot(revision=9)])
    await cards.save([a_snapshot(epoch=2, revision=1)])

    assert ((await stored(cards)).epoch, (await stored(cards)).revision) == (2, 1)


async def test_of_whom_only_a_score_is_known_nothing_is_known_yet(cards: MongoCardStore) -> None:
    await cards.save([a_score(profile=ANN)])

    found = await stored(cards)
    assert (found.epoch, found.revision, found.person.identifiers) == (-1, -1, ())


async def test_what_is_stored_is_read_as_it_was(cards: MongoCardStore) -> None:
    person = a_person(consents=(a_consent(), a_consent(channel="sms", status="denied")))
    await cards.save([a_snapshot(person, members=(BOB,)), a_score(profile=ANN), a_segment_change(profile=ANN)])

    found = await stored(cards)
    assert found.person == person
    assert found.members == (BOB,)
    assert isinstance(found.scored, Scored)
    assert isinstance(found.belonging, Belonging)


async def test_who_was_merged_has_another_card_and_nothing_on_this_one(cards: MongoCardStore) -> None:
    await cards.save([a_snapshot()])
    await cards.save([a_snapshot(revision=8, merged_into=BOB, state=None)])

    found = await stored(cards)
    assert (found.merged_into, found.person.identifiers, found.person.consents) == (BOB, (), ())


async def test_of_who_was_erased_nothing_is_kept_whatever_comes_later(cards: MongoCardStore) -> None:
    await cards.save([a_snapshot(), a_score(profile=ANN), a_segment_change(profile=ANN)])
    await cards.save([a_snapshot(revision=8, erased_at=NOON, state=None)])
    await cards.save([a_score(9, profile=ANN), a_segment_change(9, profile=ANN), a_snapshot(revision=9)])

    (document,) = await cards.database.contacts.find({"_id": bytes.fromhex(ANN)}).to_list()
    assert document.keys() == {"_id", "epoch", "revision", "erased_at"}
    assert (await stored(cards)).erased_at == NOON
