"""The playbooks that come with Fidelio."""

from datetime import timedelta
from importlib.resources import files

import pytest

from fidelio_notify.domain.cards import Person
from fidelio_notify.domain.playbooks.model import (
    BandRises,
    Goal,
    Happened,
    InSegment,
    Playbook,
    SegmentEntered,
    SegmentExited,
    Step,
    Variant,
)
from fidelio_notify.domain.playbooks.parsing import parse_playbooks
from fidelio_notify.domain.playbooks.triggers import News, next_step, proposals, triggers_of
from fidelio_notify.reading import shipped_playbooks
from fidelio_scoring.domain.segments.parsing import parse_segments
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.declarations.words import Words
from support.news import DAY, NOON, a_change_of_segments, a_score, a_snapshot, a_trait

SHIPPED = parse_playbooks(shipped_playbooks())
TRIGGERS = triggers_of(SHIPPED)
SEGMENTS = parse_segments(files("fidelio_scoring").joinpath("segments", "shipped.yaml").read_text(encoding="utf-8"))
TEMPLATES = frozenset(
    [
        "check_in",
        "check_in_call_back",
        "complaint_apology",
        "complaint_call_back",
        "payment_help",
        "order_status",
        "survey_csat",
        "survey_ces",
        "survey_nps",
        "detractor_call_back",
        "win_back",
        "welcome",
        "thanks",
        "recommend",
        "renewal",
    ]
)


def shipped(name: str) -> Playbook:
    found = SHIPPED.playbook(name)
    assert found
    return found


def test_whose_risk_rises_is_asked_how_things_are_by_mail_once_in_thirty_days() -> None:
    found = shipped("check_in_when_churn_risk_rises")
    assert found == Playbook(
        name="check_in_when_churn_risk_rises",
        version=1,
        label=Words("Message to ask how things are", "Message pour prendre des nouvelles"),
        trigger=BandRises(frozenset({"high"})),
        purpose="marketing",
        steps=(Step(timedelta(), ("email",), (Variant("only", 1.0, "check_in"),)),),
        expires_after=2 * DAY,
        goal=Goal(frozenset({"order.placed", "subscription.renewed"}), 60 * DAY),
        place=found.place,
    )
    assert [(each.most, each.window, each.channel) for each in SHIPPED.policy.caps] == [(1, 30 * DAY, None)]


@pytest.mark.parametrize(
    ("news", "names"),
    [
        (a_score("watch", "high"), ["check_in_call_back", "check_in_when_churn_risk_rises"]),
        (a_score("low", "watch"), []),
        (a_change_of_segments(("open_complaint", "complaint_overdue")), ["complaint_open_too_long"]),
        (a_snapshot(type="payment.failed"), ["payment_failed"]),
        (a_snapshot(type="order.shipped"), ["order_status"]),
        (a_snapshot(type="order.delayed"), ["order_status"]),
        (
            a_snapshot(Person(traits=(a_trait("renewal_date", "2026-06-01"),)), type="profile.updated"),
            ["renewal_ahead"],
        ),
        (a_snapshot(type="ticket.resolved"), ["survey_after_ticket"]),
        (a_change_of_segments(("onboarding",)), ["survey_after_onboarding"]),
        (a_change_of_segments(("survey_due",)), ["survey_every_quarter"]),
        (a_change_of_segments(("detractor",), ("promoter",)), ["detractor_call_back"]),
        (a_change_of_segments(("lapsed",), ("active",)), ["win_back"]),
        (a_change_of_segments(("new",), ("prospect",)), ["welcome"]),
        (a_change_of_segments(("loyal",), ("active",)), ["thanks_to_loyal_customers"]),
        (a_change_of_segments(("promoter", "referral_candidate")), ["recommend"]),
        (a_snapshot(type="page.viewed"), []),
    ],
)
def test_each_fires_by_what_it_is_for(news: News, names: list[str]) -> None:
    assert [each.playbook for each in proposals(TRIGGERS, news)] == names


def test_a_complaint_that_waits_too_long_is_apologised_for_and_a_day_later_somebody_calls() -> None:
    playbook = shipped("complaint_open_too_long")
    (first,) = proposals(TRIGGERS, a_change_of_segments(("complaint_overdue",)))
    second = next_step(playbook, first, NOON)
    assert second
    assert (second.release_at, playbook.steps[second.step].channels) == (NOON + DAY, ("callback",))
    assert second.release_at < second.deadline


def test_every_template_is_used_and_no_other() -> None:
    used = {variant.template for each in SHIPPED.playbooks for step in each.steps for variant in step.variants}
    assert used == TEMPLATES
    assert parse_playbooks(shipped_playbooks(), templates=TEMPLATES) == SHIPPED


def test_every_segment_that_is_spoken_of_is_shipped_too() -> None:
    triggers = [each.trigger for each in SHIPPED.playbooks]
    fired = {each.segment for each in triggers if isinstance(each, SegmentEntered | SegmentExited)}
    asked = {each.segment for each in _conditions() if isinstance(each, InSegment)}
    assert fired | asked <= {each.name for each in SEGMENTS.segments}
    assert "survey_due" in fired
    assert "cannot_lose" in asked


def _conditions() -> list[object]:
    """All of them, wherever they are nested."""
    found: list[object] = [condition for each in SHIPPED.playbooks for condition in (each.when, each.until)]
    for each in found:
        found += getattr(each, "parts", ())
        found += [each.part] if hasattr(each, "part") else []
    return found


def test_what_is_owed_is_never_marketing_and_what_is_sold_is_measured() -> None:
    owed = {each.name for each in SHIPPED.playbooks if each.is_transactional}
    assert owed == {"complaint_open_too_long", "payment_failed", "order_status", "renewal_ahead"}
    held = {each.name for each in SHIPPED.playbooks if each.holdout}
    assert held == {"win_back", "welcome", "thanks_to_loyal_customers"}


def test_channels_may_say_what_fires_them() -> None:
    channels = read_channels(None).values()
    triggers = [each.trigger for each in SHIPPED.playbooks]
    types = {each for trigger in triggers if isinstance(trigger, Happened) for each in trigger.types}
    assert types == {"payment.failed", "order.shipped", "order.delayed", "ticket.resolved"}
    assert {each for each in types if not any(channel.permits(each) for channel in channels)} == set()


def test_each_is_named_in_both_languages() -> None:
    for labels in zip(*(each.label for each in SHIPPED.playbooks), strict=True):
        assert len(set(labels)) == len(SHIPPED.playbooks)
