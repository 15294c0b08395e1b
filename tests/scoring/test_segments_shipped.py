"""The segments that come with Fidelio."""

from datetime import datetime
from importlib.resources import files
from itertools import product

import pytest

from fidelio_scoring.domain.bands import Band
from fidelio_scoring.domain.purchases import purchases_of
from fidelio_scoring.domain.segments.definitions import check_kept, needs
from fidelio_scoring.domain.segments.evaluation import memberships
from fidelio_scoring.domain.segments.parsing import parse_segments
from fidelio_scoring.domain.segments.reading import Scores
from fidelio_shared.contracts.recent import MOST_RECENT
from support.segment_cases import answer, consent, order, ticket, view
from support.segment_check import history
from support.segment_world import Event, day, event, facts_of, interactions_of
from support.standing_meaning import stage_of

SHIPPED = parse_segments(files("fidelio_scoring").joinpath("segments", "shipped.yaml").read_text(encoding="utf-8"))
LIFECYCLE = frozenset(each.name for each in SHIPPED.segments if each.group == "lifecycle")
RFM = frozenset(each.name for each in SHIPPED.segments if each.group == "rfm")


def stages(*events: Event, scores: Scores, until: datetime) -> list[tuple[datetime, str]]:
    """The changes of the stage of life alone."""
    found: list[tuple[datetime, str]] = []
    for at, names in history(SHIPPED, events, until, scores):
        (stage,) = names & LIFECYCLE
        if not found or found[-1][1] != stage:
            found.append((at, stage))
    return found


def held(*events: Event, now: datetime, scores: Scores | None = None) -> set[str]:
    """Of all but the stages of life."""
    facts = facts_of(interactions_of(events))
    return set(memberships(SHIPPED, facts, scores or Scores(), now) - LIFECYCLE)


def test_profiles_keep_all_that_the_shipped_segments_need() -> None:
    check_kept(SHIPPED, MOST_RECENT)
    assert needs(SHIPPED) == {
        "cart.abandoned": 3,
        "feature.used": 3,
        "message.replied": 1,
        "order.placed": 1,
        "payment.failed": 1,
        "payment.succeeded": 1,
        "session.started": 3,
        "subscription.started": 1,
        "subscription.upgraded": 1,
        "ticket.opened": 3,
        "ticket.replied": 1,
        "visit.made": 1,
    }


@pytest.mark.parametrize("rfm", [*product(range(1, 6), repeat=3)])
def test_exactly_one_segment_of_value_holds_for_every_rfm(rfm: tuple[int, int, int]) -> None:
    facts = facts_of(interactions_of([order(day(0))]))
    assert len(memberships(SHIPPED, facts, Scores(rfm=rfm), day(1)) & RFM) == 1


@pytest.mark.parametrize(
    ("rfm", "name"),
    [
        ((5, 5, 5), "champions"),
        ((1, 5, 5), "cannot_lose"),
        ((3, 5, 5), "loyal_customers"),
        ((4, 1, 5), "big_spenders"),
        ((4, 2, 4), "potential_loyalists"),
        ((5, 1, 1), "promising"),
        ((3, 3, 4), "need_attention"),
        ((3, 2, 1), "about_to_sleep"),
        ((2, 3, 3), "slipping_away"),
        ((2, 2, 5), "hibernating"),
        ((1, 1, 1), "lost"),
    ],
)
def test_value_goes_by_recency_frequency_and_monetary(rfm: tuple[int, int, int], name: str) -> None:
    assert held(view(day(0)), now=day(1), scores=Scores(rfm=rfm)) == {name}


@pytest.mark.parametrize("band", Band)
def test_a_life_goes_through_the_same_stages_as_before_segments_were_declared(band: Band) -> None:
    """Won back and loyal are parts of what was active; who never ordered had no stage."""
    bought = [order(day(number)) for number in (0, 50, 300, 500, 1000)]
    facts = [facts_of(interactions_of(bought[: count + 1])) for count in range(len(bought))]
    for known in facts:
        assert known.orders
        for number in range(1300):
            now = day(number, ms=-(number % 2))
            if now < known.orders.last_at:
                continue
            (stage,) = memberships(SHIPPED, known, Scores(band=band), now) & LIFECYCLE
            was = stage_of(purchases_of(known.orders), band, now)
            assert ("active" if stage in ("won_back", "loyal") else stage) == was


def test_a_life_from_prospect_to_won_back() -> None:
    events = [view(day(0)), order(day(10)), order(day(100)), order(day(400))]
    assert stages(*events, scores=Scores(band="low"), until=day(700)) == [
        (day(0), "prospect"),
        (day(10), "new"),
        (day(70), "active"),
        (day(282), "lapsed"),
        (day(400), "won_back"),
        (day(460), "active"),
        (day(582), "lapsed"),
    ]


def test_a_second_order_after_a_long_absence_is_no_longer_won_back() -> None:
    events = [order(day(0)), order(day(200)), order(day(200, hours=2)), order(day(210))]
    assert stages(*events, scores=Scores(rfm=(5, 4, 3)), until=day(220)) == [
        (day(0), "new"),
        (day(60), "loyal"),
        (day(182), "lapsed"),
        (day(200), "won_back"),
        (day(210), "loyal"),
    ]


def test_a_high_risk_comes_before_all_but_absence() -> None:
    assert stages(order(day(0)), scores=Scores(band="high"), until=day(300)) == [
        (day(0), "at_risk"),
        (day(182), "lapsed"),
    ]


@pytest.mark.parametrize(
    ("events", "now", "segments"),
    [
        ([event(day(each), "session.started") for each in (0, 3, 6)], day(6), {"heavy_user"}),
        (
            [
                order(day(0), channel="store"),
                event(day(1), "visit.made", channel="web"),
                event(day(2), "call.ended", channel="phone"),
            ],
            day(89),
            {"multi_channel", "silent_60_days"},
        ),
        (
            [order(day(0)), *(event(day(each), "order.returned") for each in (1, 2, 3))],
            day(40),
            {"frequent_returns"},
        ),
        ([view(day(0), traits={"discount_share": 0.5})], day(1), {"discount_seeker"}),
        ([event(day(0), "cart.abandoned")], day(0, hours=4), {"cart_abandoned"}),
        ([event(day(each), "cart.abandoned") for each in (0, 1, 2)], day(40), {"cart_abandoner"}),
        ([view(day(0))], day(60), {"silent_60_days"}),
        ([event(day(each), "ticket.opened") for each in (0, 1, 2)], day(3), {"frequent_contact"}),
        ([answer(day(0), "csat", 2)], day(1), {"unhappy"}),
        ([answer(day(0), "nps", 6)], day(1), {"detractor"}),
        ([answer(day(0), "nps", 7)], day(1), set()),
        ([answer(day(0), "nps", 9), order(day(0))], day(40), {"promoter", "referral_candidate"}),
        (
            [event(day(0), "complaint.filed", reference={"kind": "complaint", "id": "1"})],
            day(2),
            {"open_complaint", "complaint_overdue"},
        ),
        ([ticket(day(0), "opened")], day(2), {"waiting_for_answer"}),
        ([ticket(day(0), "opened"), ticket(day(1), "replied")], day(2), set()),
        ([ticket(day(0), "opened"), ticket(day(1), "resolved"), ticket(day(2), "reopened")], day(3), {
            "waiting_for_answer", "ticket_reopened",
        }),
        ([event(day(0), "payment.failed")], day(0, hours=1), {"payment_trouble"}),
        ([event(day(0), "subscription.started")], day(1), {"onboarding"}),
        ([event(day(0), "subscription.started")], day(335), {"renewal_due", "silent_60_days"}),
        ([order(day(0)), order(day(40))], day(41), {"cross_sell_candidate"}),
        ([order(day(0)), order(day(40)), answer(day(41), "csat", 1)], day(42), {"unhappy"}),
        (
            [event(day(0), "subscription.started"), *(event(day(each), "feature.used") for each in (60, 61, 62))],
            day(62),
            {"heavy_user", "upgrade_candidate"},
        ),
        ([consent(day(0), "granted")], day(1), {"open_to_marketing"}),
        ([order(day(0)), order(day(80))], day(90), {"cross_sell_candidate", "survey_due"}),
        ([order(day(0)), order(day(80)), answer(day(90), "nps", 8)], day(179), {"silent_60_days"}),
        ([order(day(0)), order(day(80)), answer(day(90), "nps", 8)], day(180), {"silent_60_days", "survey_due"}),
    ],
)  # fmt: skip
def test_every_segment_holds_for_whom_it_describes(events: list[Event], now: datetime, segments: set[str]) -> None:
    assert held(*events, now=now) == segments


def test_every_segment_is_named_and_described_in_both_languages() -> None:
    for words in zip(*((each.label, each.description) for each in SHIPPED.segments), strict=True):
        for language in ("en", "fr"):
            told = [getattr(each, language) for each in words]
            assert len(set(told)) == len(told)
    assert all(each.description.en.endswith(".") and each.description.fr.endswith(".") for each in SHIPPED.segments)
