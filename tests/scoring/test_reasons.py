"""Why the risk is high, said to a service team in words."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fidelio_scoring.domain.churn import HEAD_FEATURES, behaviour_of, judge
from fidelio_scoring.domain.facts import Activity, Facts, Given, Ratings, Recent, Ticket
from fidelio_scoring.domain.reason_templates import TEMPLATES, Template
from fidelio_scoring.domain.reasons import MOST_REASONS, ReasonTold, reasons_for
from fidelio_scoring.domain.signals import COUNTED
from support.signs import SIGNALLED
from support.standings import DAY, NOON, facts_of_orders

QUIET = Facts(interactions=1, first_at=NOON - 400 * DAY, last_at=NOON)


def told(facts: Facts, *, days_later: float = 0) -> tuple[ReasonTold, ...]:
    now = facts.last_at + days_later * DAY
    assessment = judge(behaviour_of(facts, SIGNALLED), now, previous_band=None, model=SIGNALLED)
    assert assessment
    return reasons_for(assessment, facts, now)


def happened(kind: str, *days_ago: int) -> Facts:
    instants = tuple(NOON - each * DAY for each in days_ago)
    counted = float(len(instants))
    seen = Activity(kind, "app", len(instants), instants[-1], instants[0], (counted, counted, counted))
    return replace(QUIET, activity=(seen,), recent=(Recent(kind, instants),))


def open_since(days_ago: int, *, is_complaint: bool) -> Facts:
    at = NOON - days_ago * DAY
    return replace(QUIET, tickets=(Ticket("ticket", is_open=True, at=at, opened_at=at, is_complaint=is_complaint),))


def rated(scale: str, value: int, days_ago: int) -> Facts:
    return replace(QUIET, ratings=(Ratings(scale, 1, value, (Given(NOON - days_ago * DAY, value),)),))


@pytest.mark.parametrize(
    ("facts", "days_later", "english", "french"),
    [
        (
            facts_of_orders(*(NOON - each * DAY for each in (63, 42, 21, 0))),
            163,
            "no order for 163 days, usually every 21 days",
            "aucune commande depuis 163 jours, d'habitude tous les 21 jours",
        ),
        (
            facts_of_orders(NOON),
            400,
            "no second order, 400 days after the first one",
            "pas de deuxième commande, 400 jours après la première",
        ),
        (open_since(4, is_complaint=True), 0, "complaint open for 4 days", "réclamation ouverte depuis 4 jours"),
        (open_since(0, is_complaint=True), 0, "complaint open since today", "réclamation ouverte depuis aujourd'hui"),
        (open_since(1, is_complaint=False), 0, "ticket open for 1 day", "demande en attente depuis 1 jour"),
        (
            happened("complaint.filed", 3, 50),
            0,
            "2 complaints in the last 90 days",
            "2 réclamations ces 90 derniers jours",
        ),
        (happened("complaint.filed", 0), 95, "complained 95 days ago", "a réclamé il y a 95 jours"),
        (
            happened("payment.failed", 2),
            0,
            "1 payment failed in the last 30 days",
            "1 paiement refusé ces 30 derniers jours",
        ),
        (rated("csat", 2, 3), 0, "rated us 2 of 5, 3 days ago", "a donné la note 2 sur 5 il y a 3 jours"),
        (
            rated("nps", 4, 0),
            0,
            "would not recommend us (4 of 10), today",
            "ne nous recommanderait pas (4 sur 10), aujourd'hui",
        ),
        (
            happened("session.started", 1, 2, 3, 4, 5, 6),
            60,
            "used at 5 % of the usual lately",
            "utilisation récente à 5 % de l'habitude",
        ),
    ],
)
def test_a_reason_is_a_sentence_in_both_languages(facts: Facts, days_later: float, english: str, french: str) -> None:
    assert [(each.en, each.fr) for each in told(facts, days_later=days_later)] == [(english, french)]


def test_the_weightiest_come_first_and_three_at_most() -> None:
    facts = replace(
        open_since(10, is_complaint=True),
        ratings=rated("csat", 1, 0).ratings,
        activity=(*happened("complaint.filed", 10).activity, *happened("ticket.opened", 1, 2, 3).activity),
        recent=(*happened("complaint.filed", 10).recent, *happened("ticket.opened", 1, 2, 3).recent),
    )
    found = told(facts)
    assert len(found) == MOST_REASONS
    assessment = judge(behaviour_of(facts, SIGNALLED), NOON, previous_band=None, model=SIGNALLED)
    assert assessment
    weights = assessment.heads[-1].contributions
    assert [weights[each.feature] for each in found] == sorted((weights[each.feature] for each in found), reverse=True)
    assert min(weights[each.feature] for each in found) >= max(
        weight for feature, weight in weights.items() if feature not in {each.feature for each in found}
    )


def test_a_content_customer_gives_no_reason() -> None:
    assert told(rated("csat", 5, 0)) == ()


def test_to_be_new_is_no_reason() -> None:
    assert told(replace(happened("session.started", 0), first_at=NOON)) == ()


def test_every_feature_has_its_words() -> None:
    spoken = {"silence", "silence_after_one", "usage", *COUNTED, *(f"{each}_once" for each in COUNTED)}
    assert spoken | {*HEAD_FEATURES["leaving"]} - {"usage_week", "usage_quarter", "tenure"} == TEMPLATES.keys()


def test_french_says_zero_in_the_singular_and_english_in_the_plural() -> None:
    template = Template("{days|day|days}", "{days|jour|jours}")
    assert [(template.en({"days": each}), template.fr({"days": each})) for each in (0, 1, 2)] == [
        ("0 days", "0 jour"),
        ("1 day", "1 jour"),
        ("2 days", "2 jours"),
    ]


def test_words_speak_of_whole_days_that_have_passed() -> None:
    almost = open_since(4, is_complaint=True)
    assert told(replace(almost, last_at=NOON - timedelta(hours=1)))[0].en == "complaint open for 3 days"
