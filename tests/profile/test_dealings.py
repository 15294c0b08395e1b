"""What a state says of the dealings with a person, one rule at a time; that any order says the same, see test_fold."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from fidelio_profile.domain.documents import state_document
from fidelio_profile.domain.state import join_all, lift
from fidelio_profile.verifying import differences
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.ingest import Interaction
from support.interactions import NOON, an_interaction, an_order

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
T17 = {"kind": "ticket", "id": "T-17"}
S3 = {"kind": "subscription", "id": "S-3"}


def told(*interactions: Interaction) -> dict[str, Any]:
    """The same in both orders."""
    document, other = (state_document(join_all(map(lift, each))) for each in (interactions, interactions[::-1]))
    assert differences(document, other) == []
    return document


def a_story(reference: dict[str, str] | None, *types: str) -> Sequence[Interaction]:
    """One an hour."""
    return [
        an_interaction(number, type=each, reference=reference, occurred_at=NOON + number * HOUR)
        for number, each in enumerate(types)
    ]


def test_the_latest_instants_of_a_type_are_kept_over_all_channels_and_equal_ones_all_count() -> None:
    orders = [an_order(each, channel=f"shop {each}", occurred_at=NOON - each * DAY) for each in range(6)]
    assert told(*orders, an_order(9))["recent"] == [
        {"type": "order.placed", "at": [instant(NOON - days * DAY) for days in (0, 0, 1, 2, 3)]}
    ]


def test_of_types_that_no_window_asks_for_no_instants_are_kept() -> None:
    assert told(an_interaction(1, type="page.viewed"))["recent"] == []


def test_ratings_are_summed_by_scale_and_the_latest_three_kept() -> None:
    values = (5, 4, 1, 2)
    given = [
        an_interaction(each, rating={"scale": "csat", "value": value}, occurred_at=NOON + each * DAY)
        for each, value in enumerate(values)
    ]
    promoter = an_interaction(9, rating={"scale": "nps", "value": 10})
    latest = [{"at": instant(NOON + days * DAY), "value": values[days]} for days in (3, 2, 1)]
    assert told(*given, promoter)["ratings"] == [
        {"scale": "csat", "count": 4, "total": 12, "latest": latest},
        {"scale": "nps", "count": 1, "total": 10, "latest": [{"at": instant(NOON), "value": 10}]},
    ]


@pytest.mark.parametrize(
    ("types", "is_open"),
    [
        (("ticket.opened",), True),
        (("ticket.opened", "ticket.resolved"), False),
        (("ticket.resolved",), False),
        (("ticket.opened", "ticket.resolved", "ticket.reopened"), True),
        (("ticket.opened", "ticket.resolved", "ticket.reopened", "ticket.resolved"), False),
        (("complaint.filed",), True),
        (("complaint.filed", "ticket.resolved"), False),
        (("ticket.resolved", "complaint.filed"), True),
        (("ticket.opened", "ticket.resolved", "ticket.replied"), False),
    ],
)
def test_a_ticket_is_open_as_its_latest_interaction_says(types: Sequence[str], is_open: bool) -> None:
    (ticket,) = told(*a_story(T17, *types))["tickets"]
    assert ticket["is_open"] is is_open


def test_a_ticket_tells_its_story_in_a_few_fields() -> None:
    story = a_story(T17, "ticket.opened", "ticket.resolved", "ticket.reopened", "complaint.filed")
    assert told(*story)["tickets"] == [
        {
            "kind": "ticket",
            "reference": "T-17",
            "is_open": True,
            "at": instant(NOON + 3 * HOUR),
            "id": story[-1].id,
            "opened_at": instant(NOON),
            "is_complaint": True,
            "reopenings": 1,
        }
    ]


def test_a_complaint_without_a_reference_is_nothing_that_could_be_resolved() -> None:
    document = told(an_interaction(1, type="complaint.filed"))
    assert (document["tickets"], document["has_more_tickets"]) == ([], False)
    assert [each["type"] for each in document["recent"]] == ["complaint.filed"]


def tickets(count: int) -> list[Interaction]:
    return [
        an_interaction(each, type="ticket.opened", reference={"kind": "ticket", "id": str(each)})
        for each in range(count)
    ]


@pytest.mark.parametrize(("count", "kept", "has_more"), [(12, 12, False), (13, 12, True), (40, 12, True)])
def test_where_there_are_more_tickets_than_are_kept_it_says_so(count: int, kept: int, has_more: bool) -> None:
    document = told(*tickets(count))
    assert (len(document["tickets"]), document["has_more_tickets"]) == (kept, has_more)


def test_a_subscription_tells_whether_it_goes_on_since_when_and_which_plan() -> None:
    started = an_interaction(1, type="subscription.started", reference=S3, data={"plan": "basic"})
    upgraded = an_interaction(
        2, type="subscription.upgraded", reference=S3, data={"plan": "plus"}, occurred_at=NOON + DAY
    )
    cancelled = an_interaction(3, type="subscription.cancelled", reference=S3, occurred_at=NOON + 2 * DAY)
    assert told(started, upgraded, cancelled)["subscriptions"] == [
        {
            "kind": "subscription",
            "reference": "S-3",
            "is_active": False,
            "at": instant(NOON + 2 * DAY),
            "id": cancelled.id,
            "started_at": instant(NOON),
            "plan": "plus",
            "plan_at": instant(NOON + DAY),
        }
    ]


def test_where_nobody_tells_references_there_is_one_subscription() -> None:
    (subscription,) = told(*a_story(None, "subscription.started", "subscription.cancelled"))["subscriptions"]
    assert (subscription["reference"], subscription["is_active"]) == ("", False)


def test_a_person_prefers_where_and_when_they_act_and_a_mail_that_was_opened_says_nothing() -> None:
    acts = [
        an_interaction(1, type="message.replied", channel="email"),
        an_interaction(2, type="message.clicked", channel="email", occurred_at=NOON - 4 * HOUR),
        an_interaction(3, type="call.ended", channel="phone"),
        an_interaction(4, type="message.opened", channel="email", occurred_at=NOON - 9 * HOUR),
    ]
    assert told(*acts)["preferred"] == {
        "channels": [
            {"channel": "email", "replies": 1, "clicks": 1, "initiatives": 0},
            {"channel": "phone", "replies": 0, "clicks": 0, "initiatives": 1},
        ],
        "hours": [{"hour": 8, "count": 1}, {"hour": 12, "count": 2}],
    }


def test_what_came_back_is_summed_by_currency_also_before_its_order_is_known() -> None:
    returned = [an_order(1, "0.10", type="order.returned"), an_order(2, "0.20", type="order.returned")]
    document = told(*returned, an_order(3, "7.00", "USD", type="refund.issued"))
    assert document["returned"] == [{"currency": "EUR", "count": 2, "revenue": "0.30"}]
    assert document["refunded"] == [{"currency": "USD", "count": 1, "revenue": "7.00"}]
    assert document["orders"] is None


@pytest.mark.parametrize(
    ("days", "mean_gap_days", "gap_variation"),
    [((0,), None, None), ((0, 0), None, None), ((0, 7), 7.0, None), ((0, 7, 14), 7.0, 0.0), ((14, 0, 4), 7.0, 3 / 7)],
)
def test_orders_have_a_rhythm_from_their_second_day_and_a_variation_from_their_third(
    days: Sequence[int], mean_gap_days: float | None, gap_variation: float | None
) -> None:
    orders = told(*(an_order(number, occurred_at=NOON + day * DAY) for number, day in enumerate(days)))["orders"]
    assert (orders["mean_gap_days"], orders["gap_variation"]) == (mean_gap_days, gap_variation)


def test_purchase_days_more_than_twenty_years_before_the_latest_are_not_kept() -> None:
    days = (7_320, 7_319, 100, 0)
    orders = told(*(an_order(number, occurred_at=NOON - day * DAY) for number, day in enumerate(days)))["orders"]
    assert (orders["count"], int(orders["days"], 16).bit_count()) == (4, 3)
    assert orders["first_at"] == instant(NOON - 7_320 * DAY)
