"""Why somebody is in a segment: condition by condition, since when, and until when if nothing happens."""

from datetime import datetime
from random import Random

import pytest

from fidelio_scoring.domain.segments.evaluation import memberships, next_change
from fidelio_scoring.domain.segments.explanation import Explanation, explain
from fidelio_scoring.domain.segments.reading import Scores
from fidelio_scoring.domain.segments.words import ALL, ANY, NOT
from fidelio_shared.declarations.words import Words
from support.segment_cases import consent, opened, order, view
from support.segment_lots import SUBJECTS, boundaries, life, scores
from support.segment_scan import FILES, definitions
from support.segment_world import Event, day, definitions_of, facts_of, interactions_of

IT = Words("in “Somebody”", "dans « Quelqu’un »")


def explained(segments: str, *events: Event, now: datetime, name: str = "it", **groups: str) -> Explanation:
    facts = facts_of(interactions_of(events))
    return explain(definitions_of(segments, **groups), name, facts, Scores(band="high"), now)


def so(words: Words, *parts: Explanation, since: datetime | None = None, until: datetime | None = None) -> Explanation:
    return Explanation(words, holds=True, since=since, until=until, parts=parts)


def not_so(
    words: Words, *parts: Explanation, since: datetime | None = None, until: datetime | None = None
) -> Explanation:
    return Explanation(words, holds=False, since=since, until=until, parts=parts)


def test_a_window_holds_since_its_last_event_and_until_one_slides_out() -> None:
    three = "it: {happened: {type: ticket.opened, at_least: 3, within: 30 days}}"
    words = Words("3 or more ticket.opened in 30 days", "3 ticket.opened ou plus en 30 jours")
    assert explained(three, *opened(0, 10, 20), now=day(25)) == so(
        IT, so(words, since=day(20), until=day(30)), since=day(20), until=day(30)
    )
    assert explained(three, *opened(0, 10, 20), now=day(30)) == not_so(IT, not_so(words, since=day(30)), since=day(30))


def test_what_holds_is_told_with_what_does_not() -> None:
    silent, either = "{absent: {type: order.placed, for: 60 days}}", "{any: [{band: high}, {not: {orders: {is: 2}}}]}"
    silence = Words("no order.placed for 60 days", "pas de order.placed depuis 60 jours")
    risk = Words("churn risk: high", "risque de départ : élevé")
    two = Words("orders = 2", "commandes = 2")
    assert explained(f"it: {{all: [{silent}, {either}]}}", order(day(0)), now=day(10)) == not_so(
        IT,
        not_so(
            ALL,
            not_so(silence, since=day(0), until=day(60)),
            so(ANY, so(risk), so(NOT, not_so(two))),
            since=day(0),
            until=day(60),
        ),
        since=day(0),
        until=day(60),
    )


def test_the_segment_of_the_group_that_is_held_instead_is_named() -> None:
    segments = "first: {last_order: {less_than: 9 days}}\nit: {tenure: {at_least: 1 day}}"
    tenure = Words("first contact: 1 day ago or more", "premier contact : il y a 1 jour ou plus")
    assert explained(segments, order(day(0)), now=day(5), it="g", first="g") == not_so(
        IT, so(tenure, since=day(1)), so(IT, since=day(0), until=day(9)), since=day(0), until=day(9)
    )
    assert explained(segments, order(day(0)), now=day(9), it="g", first="g") == so(
        IT, so(tenure, since=day(1)), since=day(9)
    )


@pytest.mark.parametrize(
    ("condition", "english", "french"),
    [
        ("{trait: {name: city, in: [b, a]}}", "city: a or b", "city : a ou b"),
        ("{trait: {name: city, exists: true}}", "city known", "city : connu"),
        ("{trait: {name: seats, more_than: 3}}", "seats > 3", "seats > 3"),
        ("{revenue: {currency: EUR, at_least: 12.5}}", "revenue in EUR ≥ 12.5", "chiffre d’affaires en EUR ≥ 12.5"),
        ("{interactions: {type: visit.made, channel: web, at_most: 3}}",
         "visit.made over web ≤ 3", "visit.made par web ≤ 3"),
        ("{rating: {scale: nps, latest: {at_most: 6}}}", "latest nps ≤ 6", "dernier nps ≤ 6"),
        ("{consent: {purpose: offers, channel: sms}}",
         "consent to offers over sms", "consentement à offers par sms"),
        ("{happened: {type: a.b, channel: web, within: 1 hour}}",
         "a.b over web: under 1 hour ago", "a.b par web : il y a moins de 1 heure"),
        ("{happened: {type: a.b, within: {calendar_days: 2, zone: UTC}}}",
         "1 or more a.b in 2 calendar days (UTC)", "1 a.b ou plus en 2 jours calendaires (UTC)"),
        ("{absent: {type: a.b, for: 2 weeks, ever: true}}", "no a.b for 2 weeks", "pas de a.b depuis 2 semaines"),
        ("{sequence: {first: a.b, then_no: c.d, within: 3 days}}",
         "a.b, then no c.d in 3 days", "a.b, puis pas de c.d en 3 jours"),
        ("{sequence: {first: a.b, then: c.d, within: 3 days}}",
         "a.b, then c.d within 3 days", "a.b, puis c.d en moins de 3 jours"),
        ("{channels: {types: [a.b], at_least: 2, within: 1 day}}",
         "2 or more channels in 1 day", "2 canaux ou plus en 1 jour"),
        ("{channels: {types: [a.b], at_least: 2}}", "channels used ≥ 2", "canaux utilisés ≥ 2"),
        ("{oldest_complaint: {at_least: 2 days}}",
         "oldest open complaint: 2 days ago or more", "plus ancienne réclamation ouverte : il y a 2 jours ou plus"),
    ],
)  # fmt: skip
def test_conditions_are_said_in_both_languages(condition: str, english: str, french: str) -> None:
    (part,) = explained(f"it: {condition}", view(day(0)), now=day(0)).parts
    assert part.words == Words(english, french)


def test_a_consent_holds_until_it_expires() -> None:
    segments = "it: {consent: {purpose: marketing, channel: email}}"
    given = consent(day(0), "granted", expires_at=day(9).isoformat())
    assert explained(segments, given, now=day(1)).until == day(9)
    assert explained(segments, given, now=day(9)).since == day(9)


def test_an_explanation_agrees_with_memberships_and_their_changes() -> None:
    for seed in range(50):
        lots = Random(seed)
        events, given, defined = life(lots), scores(lots), definitions(seed % FILES, *SUBJECTS)
        facts, now = facts_of(interactions_of(events)), lots.choice(boundaries(events))
        known = memberships(defined, facts, given, now)
        told = {each.name: explain(defined, each.name, facts, given, now) for each in defined.segments}
        assert {name for name, each in told.items() if each.holds} == known
        untils = [each.until for each in told.values() if each.until]
        assert min(untils, default=None) == next_change(defined, facts, given, after=now, known=known)


def test_since_is_never_before_a_change() -> None:
    """With the same facts, at every instant from then on up to now it was as it is."""
    for seed in range(50):
        lots = Random(seed)
        events, given, defined = life(lots), scores(lots), definitions(seed % FILES, *SUBJECTS)
        facts, turns = facts_of(interactions_of(events)), boundaries(events)
        now = lots.choice(turns)
        for segment in defined.segments:
            told = explain(defined, segment.name, facts, given, now)
            since = told.since
            looks = [each for each in turns if since and since <= each <= now]
            assert {segment.name in memberships(defined, facts, given, each) for each in looks} <= {told.holds}


def test_who_is_not_defined_is_not_explained() -> None:
    with pytest.raises(KeyError):
        explained("it: {orders: {is: 0}}", view(day(0)), now=day(0), name="other")
