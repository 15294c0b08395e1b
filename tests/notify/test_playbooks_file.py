"""The playbooks file: everything of a playbook can be said, and what is wrong is refused by place, with what to do."""

import json
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fidelio_notify.domain.playbooks.language import CONDITIONS, TRIGGERS
from fidelio_notify.domain.playbooks.model import (
    All,
    AnyOf,
    BandRises,
    Cap,
    Condition,
    DateAhead,
    Goal,
    Happened,
    HappenedSince,
    HasOpen,
    InBand,
    InSegment,
    LatestRating,
    Not,
    OnRequest,
    Playbook,
    PlaybooksError,
    Policy,
    QuietHours,
    ReferenceClosed,
    SegmentEntered,
    SegmentExited,
    Step,
    TraitIs,
    TraitKnown,
    Trigger,
    Variant,
    WorthAtLeast,
)
from fidelio_notify.domain.playbooks.parsing import parse_playbooks
from fidelio_shared.declarations.words import Words
from fidelio_shared.declarations.yaml_tree import Place
from support.effort import CI
from support.playbook_faults import ANOTHER, FILE, STEPS, TEMPLATES, TRIGGER, UNTIL, WHEN, WRONG

README = Path(__file__).parents[2] / "services" / "notify" / "README.md"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(("right", "wrong", "message"), WRONG)
def test_a_mistake_is_refused_where_it_stands(right: str, wrong: str, message: str) -> None:
    assert right in FILE
    with pytest.raises(PlaybooksError) as refused:
        parse_playbooks(FILE.replace(right, wrong, 1), file="ours.yaml", templates=TEMPLATES)
    assert str(refused.value) == f"ours.yaml:{message}"


def test_the_file_in_which_the_mistakes_are_made_has_none() -> None:
    found = parse_playbooks(FILE, file="ours.yaml", templates=TEMPLATES)
    assert found.policy == Policy(
        quiet=(QuietHours(time(21), time(8), frozenset({"sms"})),),
        caps=(Cap(1, 30 * DAY),),
        gather=timedelta(seconds=2),
        mass_per_second=20.0,
        mass_threshold=1000,
    )
    assert found.playbooks == (
        Playbook(
            name="it",
            version=1,
            label=Words("It", "Lui"),
            trigger=SegmentEntered("lapsed"),
            purpose="marketing",
            steps=(Step(HOUR, ("email",), (Variant("only", 1.0, "check_in"),)),),
            expires_after=2 * DAY,
            when=InSegment("loyal"),
            until=HappenedSince(frozenset({"order.placed"})),
            holdout=0.1,
            goal=Goal(frozenset({"order.placed"}), 60 * DAY),
            place=Place(12, 5),
        ),
    )


def test_a_playbook_that_says_the_least_is_for_everybody_until_it_expires() -> None:
    (_, found) = parse_playbooks(FILE + ANOTHER.replace("name: it", "name: other")).playbooks
    assert found == Playbook(
        name="other",
        version=1,
        label=Words("It", "Lui"),
        trigger=OnRequest(),
        purpose="marketing",
        steps=(Step(timedelta(), ("sms",), (Variant("only", 1.0, "check_in"),)),),
        expires_after=DAY,
        place=Place(27, 5),
    )


def test_steps_have_channels_in_order_variants_and_an_offer() -> None:
    steps = """    steps:
      - channels: [email, preferred, callback]
        offer: ten_percent
        at_best_hour: true
        variants:
          - {name: warm, share: 33.33 %, template: check_in}
          - {name: short, share: 0.6667, template: welcome}
      - {after: 1 day, channels: [webhook], template: welcome}
"""
    (found,) = parse_playbooks(FILE.replace(STEPS, steps)).playbooks
    assert found.steps == (
        Step(
            timedelta(),
            ("email", "preferred", "callback"),
            (Variant("warm", 0.3333, "check_in"), Variant("short", 0.6667, "welcome")),
            "ten_percent",
            at_best_hour=True,
        ),
        Step(DAY, ("webhook",), (Variant("only", 1.0, "welcome"),)),
    )


def test_what_is_owed_to_the_customer_needs_no_purpose() -> None:
    owed = FILE.replace("purpose: marketing", "transactional: true").replace("    holdout: 10 %\n", "")
    (found,) = parse_playbooks(owed).playbooks
    assert (found.is_transactional, found.purpose, found.holdout) == (True, "service", 0.0)


def test_where_people_may_live_of_whom_nothing_is_known_can_be_said() -> None:
    text = FILE.replace("  gather:", "  zones: [Europe/Paris, Indian/Reunion]\n  gather:")
    assert parse_playbooks(text).policy.zones == ("Europe/Paris", "Indian/Reunion")


@pytest.mark.parametrize(
    ("zones", "hours"),
    [
        ("[Europe/Paris, America/New_York, Asia/Tokyo, Pacific/Auckland]", "21:00 to 08:00"),
        ("[Europe/Paris]", '00:00 to 12:00", channels: [sms]}\n    - {hours: "12:00 to 00:00'),
    ],
)
def test_quiet_hours_that_leave_no_common_hour_are_refused(zones: str, hours: str) -> None:
    text = FILE.replace("  gather:", f"  zones: {zones}\n  gather:").replace("21:00 to 08:00", hours)
    with pytest.raises(PlaybooksError) as refused:
        parse_playbooks(text, file="ours.yaml")
    assert str(refused.value) == (
        "ours.yaml:6:5: policy: quiet_hours: by sms there are days without an hour outside of them in all `zones` "
        "where somebody may live of whom nothing is known; shorten them, or name fewer zones"
    )


def test_quiet_hours_of_one_channel_take_nothing_from_another() -> None:
    two = '00:00 to 12:00", channels: [sms]}\n    - {hours: "12:00 to 00:00'
    text = FILE.replace("  gather:", "  zones: [Europe/Paris]\n  gather:").replace("21:00 to 08:00", two)
    assert len(parse_playbooks(text.replace("[sms]}\n  caps", "[push]}\n  caps")).policy.quiet) == 2


def test_a_cap_may_be_of_one_channel_and_hours_may_lie_within_a_day() -> None:
    policy = parse_playbooks(
        FILE.replace("most: 1,", "channel: sms, most: 3,").replace("21:00 to 08:00", "12:00 to 13:30")
    ).policy
    assert policy.caps == (Cap(3, 30 * DAY, "sms"),)
    assert policy.quiet == (QuietHours(time(12), time(13, 30), frozenset({"sms"})),)


@pytest.mark.parametrize(
    ("said", "trigger"),
    [
        ("{risk_rises_to: high}", BandRises(frozenset({"high"}))),
        ("{risk_rises_to: [watch, high]}", BandRises(frozenset({"watch", "high"}))),
        ("{segment_entered: lapsed}", SegmentEntered("lapsed")),
        ("{segment_exited: onboarding}", SegmentExited("onboarding")),
        ("{happened: payment.failed}", Happened(frozenset({"payment.failed"}))),
        ("{happened: [order.shipped, order.delayed]}", Happened(frozenset({"order.shipped", "order.delayed"}))),
        ("{date: {trait: renewal_date, ahead: 30 days}}", DateAhead("renewal_date", 30 * DAY)),
        ("on_request", OnRequest()),
    ],
)
def test_every_trigger_can_be_said(said: str, trigger: Trigger) -> None:
    (found,) = parse_playbooks(FILE.replace(TRIGGER, f"    trigger: {said}")).playbooks
    assert found.trigger == trigger


@pytest.mark.parametrize(
    ("said", "condition"),
    [
        ("{segment: loyal}", InSegment("loyal")),
        ("{band: high}", InBand(frozenset({"high"}))),
        ("{band: [low, watch]}", InBand(frozenset({"low", "watch"}))),
        ("{trait: {name: country, is: NO}}", TraitIs("country", ("NO",))),
        ("{trait: {name: seats, in: [1, 2.5, true]}}", TraitIs("seats", (1, 2.5, True))),
        ("{trait: {name: city, exists: true}}", TraitKnown("city")),
        ("{trait: {name: city, exists: false}}", Not(TraitKnown("city"))),
        ("{open: ticket}", HasOpen(is_complaint=False)),
        ("{open: complaint}", HasOpen(is_complaint=True)),
        ("{rating: {scale: nps, latest: {at_least: 9}}}", LatestRating("nps", 9, 10)),
        ("{rating: {scale: csat, latest: {at_most: 2}}}", LatestRating("csat", 1, 2)),
        ("{rating: {scale: stars, latest: {at_least: 3, at_most: 4}}}", LatestRating("stars", 3, 4)),
        ("{happened_since: [order.placed]}", HappenedSince(frozenset({"order.placed"}))),
        ("{worth: {at_least: 12.50}}", WorthAtLeast(12.5)),
        ("{not: {segment: loyal}}", Not(InSegment("loyal"))),
        ("{all: [{segment: a}, {segment: b}]}", All((InSegment("a"), InSegment("b")))),
        ("{any: [{segment: a}, {not: {segment: b}}]}", AnyOf((InSegment("a"), Not(InSegment("b"))))),
    ],
)
def test_every_condition_can_be_said(said: str, condition: Condition) -> None:
    (found,) = parse_playbooks(FILE.replace(WHEN, f"    when: {said}")).playbooks
    assert found.when == condition


def test_what_an_interaction_spoke_of_can_be_asked_for() -> None:
    text = FILE.replace(TRIGGER, "    trigger: {happened: ticket.resolved}")
    (found,) = parse_playbooks(text.replace(UNTIL, "    until: {not: {reference: closed}}")).playbooks
    assert found.until == Not(ReferenceClosed())


def test_a_hundred_playbooks_and_no_more() -> None:
    hundred = FILE + "".join(ANOTHER.replace("name: it", f"name: other_{number}") for number in range(99))
    assert len(parse_playbooks(hundred).playbooks) == 100
    with pytest.raises(PlaybooksError, match=r"playbooks is a list of 101; write a list of 1 to 100$"):
        parse_playbooks(hundred + ANOTHER)


def test_the_example_of_the_readme_can_be_used() -> None:
    _, _, told = README.read_text(encoding="utf-8").partition("```yaml\n")
    text, _, _ = told.partition("```")
    (found,) = parse_playbooks(text).playbooks
    assert found.name == "win_back"


def test_a_playbook_expires_after_its_steps_and_what_is_gathered() -> None:
    assert parse_playbooks(FILE.replace("expires_after: 2 days", "expires_after: 3603 seconds"))
    with pytest.raises(PlaybooksError, match="the steps wait as long as that or longer"):
        parse_playbooks(FILE.replace("expires_after: 2 days", "expires_after: 3602 seconds"))


def test_templates_are_looked_at_only_where_it_is_known_which_there_are() -> None:
    text = FILE.replace("template: check_in", "template: unheard_of")
    assert parse_playbooks(text).playbooks[0].steps[0].variants[0].template == "unheard_of"
    with pytest.raises(PlaybooksError, match=r"there is no template unheard_of; there are none$"):
        parse_playbooks(text, templates=())


def test_the_version_is_the_name_the_number_and_a_hash_of_the_content() -> None:
    version = parse_playbooks(FILE).version
    assert version.startswith("ours-3-")
    assert len(version) == len("ours-3-") + 8
    assert parse_playbooks("# a remark\n" + FILE.replace("[email]", "\n          - email")).version == version
    assert parse_playbooks(FILE.replace("priority: 50", "priority: 51")).version != version


_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("2 days"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*CONDITIONS, *TRIGGERS, "within"]), inner)
    ),
    max_leaves=6,
)


@CI
@given(st.data())
def test_a_file_with_anything_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    content = yaml.safe_load(FILE)
    node, key = data.draw(st.sampled_from(_places(content)))
    node[key] = data.draw(_junk)
    try:
        parse_playbooks(json.dumps(content), file="ours.yaml")
    except PlaybooksError as error:
        place, _, message = str(error).partition(": ")
        assert place.startswith("ours.yaml:")
        assert message


def _places(node: Any) -> list[tuple[Any, Any]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [place for key, value in inner for place in ((node, key), *_places(value))]
