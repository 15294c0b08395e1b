"""The words of a letter, from what is known of a person; what a form may say, and what it may not."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from fidelio_notify.domain.cards import Person
from fidelio_notify.domain.letters.filters import FILTERS
from fidelio_notify.domain.letters.names import business_name, person_name, told_reference
from fidelio_notify.domain.letters.words import SAMPLE, Addresses, Sender, words_of
from fidelio_shared.contracts.ingest import Scalar
from fidelio_shared.declarations.words import Words
from support.simulated_people import (
    ADDRESSES,
    CARDS,
    NOW,
    SENDER,
    a_card,
    a_complaint,
    a_rating,
    a_reason,
    a_score,
    some_orders,
)


def test_of_somebody_of_whom_much_is_known() -> None:
    reason = a_reason("ticket.resolved", "TCK-4711", on=datetime(2026, 12, 25, tzinfo=UTC))
    words = words_of(
        CARDS["business contact"], reason, now=NOW, offer="free_delivery", sender=SENDER, addresses=ADDRESSES
    )
    assert words == {
        "name": "Claire",
        "business": "Maple & Sons",
        "company": "Northwind",
        "agent": "Inès",
        "orders": 12,
        "last_order_on": date(2026, 9, 30),
        "silence_days": 56,
        "usual_gap_days": 14,
        "risk_reasons": Words(
            "no order for 56 days; an open complaint", "aucune commande depuis 56 jours ; une réclamation ouverte"
        ),
        "reference": "TCK-4711",
        "happened": "ticket.resolved",
        "rating": 3,
        "rating_most": 10,
        "complaint_days": 12,
        "renewal_on": date(2026, 12, 25),
        "renewal_days": 30,
        "offer": "free_delivery",
        "survey_url": ADDRESSES.survey,
        "unsubscribe_url": ADDRESSES.unsubscribe,
    }
    assert words.keys() == SAMPLE.keys()


def test_of_somebody_of_whom_nothing_is_known() -> None:
    assert words_of(None, a_reason(), now=NOW) == {}
    assert words_of(CARDS["everything missing"], a_reason(), now=NOW) == {}


def test_empty_settings_are_no_words() -> None:
    addresses = Addresses(survey="", unsubscribe="")
    assert words_of(None, a_reason(), now=NOW, offer="", sender=Sender("", ""), addresses=addresses) == {}


def test_the_last_order_is_the_profiles_also_where_the_score_has_not_seen_it() -> None:
    card = a_card(
        person=Person(orders=some_orders(4, days_ago=2)),
        scored=a_score(orders=3, silence_days=56, usual_gap_days=20.4),
    )
    words = words_of(card, a_reason(), now=NOW)
    assert words == {"orders": 4, "last_order_on": date(2026, 11, 23), "silence_days": 2, "usual_gap_days": 20}


def test_the_score_knows_of_orders_that_the_profile_does_not_tell() -> None:
    words = words_of(a_card(scored=a_score(orders=3, silence_days=56, usual_gap_days=None)), a_reason(), now=NOW)
    assert words == {"orders": 3, "last_order_on": date(2026, 9, 30), "silence_days": 56}


def test_a_gap_of_less_than_a_day_is_a_day() -> None:
    card = a_card(person=Person(orders=some_orders(9, days_ago=0, gap_days=0.2)))
    assert words_of(card, a_reason(), now=NOW)["usual_gap_days"] == 1


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/Los_Angeles", date(2026, 11, 24)),
        (None, date(2026, 11, 25)),
        ("Nowhere/Atlantis", date(2026, 11, 25)),
        ("Pacific/Kiritimati", date(2026, 11, 25)),
    ],
)
def test_the_day_of_an_order_is_that_of_the_person(zone: str | None, day: date) -> None:
    now = datetime(2026, 11, 25, 3, tzinfo=UTC)
    person = Person(orders=some_orders(1, days_ago=0), time_zone=zone)
    orders = some_orders(1, days_ago=0).model_copy(update={"last_at": now})
    card = a_card(person=person.model_copy(update={"orders": orders}))
    assert words_of(card, a_reason(), now=now)["last_order_on"] == day


@pytest.mark.parametrize(
    ("on", "zone", "day", "days"),
    [
        (datetime(2026, 12, 25, tzinfo=UTC), "America/Los_Angeles", date(2026, 12, 25), 30),
        (datetime(2026, 12, 25, 2, tzinfo=UTC), "America/Los_Angeles", date(2026, 12, 24), 29),
        (datetime(2026, 12, 25, 2, tzinfo=UTC), None, date(2026, 12, 25), 30),
        (datetime(2026, 11, 1, tzinfo=UTC), None, date(2026, 11, 1), 0),
    ],
)
def test_a_renewal_that_is_told_as_a_day_is_that_day_everywhere(
    on: datetime, zone: str | None, day: date, days: int
) -> None:
    words = words_of(a_card(person=Person(time_zone=zone)), a_reason(on=on), now=NOW)
    assert words == {"renewal_on": day, "renewal_days": days}


def test_the_complaint_is_the_one_that_the_reason_speaks_of() -> None:
    tickets = (a_complaint("OLD-1", days_ago=40), a_complaint("NEW-2", days_ago=3))
    card = a_card(person=Person(tickets=tickets))
    spoken_of = words_of(card, a_reason("complaint.filed", "NEW-2"), now=NOW)
    assert spoken_of == {"happened": "complaint.filed", "reference": "NEW-2", "complaint_days": 3}
    assert words_of(card, a_reason(), now=NOW) == {"reference": "OLD-1", "complaint_days": 40}


def test_what_is_closed_or_no_complaint_is_not_one() -> None:
    tickets = (a_complaint("A-1", days_ago=9, is_open=False), a_complaint("B-2", days_ago=9, is_complaint=False))
    assert words_of(a_card(person=Person(tickets=tickets)), a_reason(), now=NOW) == {}


def test_a_complaint_of_which_only_the_latest_is_known_has_no_days() -> None:
    ticket = a_complaint("A-1", days_ago=9).model_copy(update={"opened_at": None})
    assert words_of(a_card(person=Person(tickets=(ticket,))), a_reason(), now=NOW) == {"reference": "A-1"}


def test_the_rating_is_the_latest_on_any_scale() -> None:
    ratings = (a_rating("nps", 9, days_ago=9), a_rating("csat", 2, days_ago=1), a_rating("own", 70, days_ago=20))
    assert words_of(a_card(person=Person(ratings=ratings)), a_reason(), now=NOW) == {"rating": 2, "rating_most": 5}
    assert words_of(a_card(person=Person(ratings=ratings[2:])), a_reason(), now=NOW) == {"rating": 70}


def test_an_agent_of_their_own_signs_before_the_one_of_the_settings() -> None:
    assert words_of(a_card(agent="Inès"), a_reason(), now=NOW, sender=SENDER)["agent"] == "Inès"
    assert words_of(a_card(agent="http://x.yz"), a_reason(), now=NOW, sender=SENDER)["agent"] == "Charlie"


def test_of_many_reasons_of_risk_three_are_told() -> None:
    card = a_card(scored=a_score(orders=1, silence_days=9, usual_gap_days=None, reasons=4))
    told = words_of(card, a_reason(), now=NOW)["risk_reasons"]
    assert told == Words(
        "no order for 56 days; an open complaint; less use than before",
        "aucune commande depuis 56 jours ; une réclamation ouverte ; moins d'utilisation qu'avant",
    )


def test_a_clock_that_is_behind_makes_no_negative_days() -> None:
    card = a_card(person=Person(orders=some_orders(1, days_ago=0), tickets=(a_complaint("A-1", days_ago=0),)))
    words = words_of(card, a_reason(), now=NOW - timedelta(days=3))
    assert (words["silence_days"], words["complaint_days"]) == (0, 0)


def test_a_card_without_a_score_has_no_words_of_risk() -> None:
    assert "risk_reasons" not in words_of(replace(CARDS["rich"], scored=None), a_reason(), now=NOW)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Ann", "Ann"),
        ("  Ann \n Lee ", "Ann Lee"),
        ("MARIE", "Marie"),
        ("jean-pierre", "Jean-Pierre"),
        ("d'artagnan", "D'Artagnan"),
        ("JP", "JP"),
        ("McKenzie", "McKenzie"),
        ("J. R.", "J. R."),
        ("María de los Ángeles", "María de los Ángeles"),
        ("E\u0301lodie", "Élodie"),
        ("محمد", "محمد"),
        ("李小龍", "李小龍"),
        ("अनिल", "अनिल"),
        ("می\u200cنا", "می\u200cنا"),
        ("x" * 64, "X" + "x" * 63),
    ],
)
def test_a_name_is_a_name_wherever_it_comes_from(typed: str, name: str) -> None:
    assert person_name(typed) == name


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "-",
        "x" * 65,
        "x" * 100_000,
        "<b>Bob</b>",
        "Bob {{ x }}",
        "http://evil.example",
        "evil.example",
        "www evil",
        "Win at t.co",
        "ann@example.org",
        "Call 0123456789",
        "You have won a prize",
        "Ann\u202egnp",
        "Ann\u2066",
        "Ann; DROP",
        "Ann/Bob",
        "a" + "\u0301" * 9,
        "None",
        "null",
        "N/A",
        "unknown",
        "😀",
        7,
        True,
        None,
        1.5,
    ],
)
def test_what_is_no_name_is_as_if_it_were_not_known(typed: Scalar) -> None:
    assert person_name(typed) is None


@pytest.mark.parametrize("typed", ["Maple & Sons", "3M", "L’Atelier (Lyon)", "A+B, Inc.", "Müller GmbH"])
def test_a_business_has_a_name_of_its_own_kind(typed: str) -> None:
    assert business_name(typed) == typed


@pytest.mark.parametrize("typed", ["<i>x</i>", "evil.example", "http://x", "x" * 65, "{{ x }}", "& Sons", "", 7, None])
def test_what_is_no_business_is_as_if_it_were_not_known(typed: Scalar) -> None:
    assert business_name(typed) is None


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("TCK-4711", True),
        ("#88", True),
        ("2026/117", True),
        ("550e8400-e29b-41d4-a716-446655440000", False),
        ("evil.example", False),
        ("a b", False),
        ("<b>", False),
        ("ann@example.org", False),
        ("", False),
        ("A-1\n", False),
    ],
)
def test_a_reference_is_told_where_a_person_would_read_it_out(reference: str, told: bool) -> None:
    assert told_reference(reference) == (reference if told else None)


def test_whoever_edits_a_letter_is_told_every_word_and_filter() -> None:
    letters = Path(__file__).parents[2].joinpath("services/notify/LETTERS.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", letters, re.MULTILINE) == list(SAMPLE)
    filters = letters.split("\nFilters: ")[1].split(" Tags: ")[0]
    assert set(re.findall(r"`(\w+)`", filters)) == FILTERS
