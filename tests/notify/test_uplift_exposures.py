"""What news add to exposures, in whatever order and however often they come; and exposures counted as people."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelio_notify.domain.cards import PersonSnapshot
from fidelio_notify.domain.playbooks.model import Goal, OnRequest, Playbook, Step
from fidelio_notify.domain.uplift.exposures import Exposure, Mark, News, exposure_of, happened_since, marks
from fidelio_notify.domain.uplift.people import People, people
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.declarations.words import Words
from support.uplift_people import ANN, BOB, CAT, DAY, GOAL, NOON, an_exposure, did, risk_after, scored

MS = timedelta(milliseconds=1)
UNTIL = NOON + 14 * DAY
PLAYBOOK = Playbook(
    name="check-in",
    version=3,
    label=Words("Check-in", "Prise de contact"),
    trigger=OnRequest(),
    purpose="marketing",
    steps=(Step(timedelta(), ("email",), ()),),
    expires_after=DAY,
    holdout=0.2,
)


def marked(exposure: Exposure, mark: Mark) -> Exposure:
    """As the store adds it."""
    goals = [each for each in (exposure.goal_at, mark.goal_at) if each]
    risks = [each for each in (exposure.risk_after, mark.risk_after) if each]
    return replace(exposure, goal_at=min(goals, default=None), risk_after=max(risks, default=None))


def told(exposures: list[Exposure], news: list[News], members: Mapping[ProfileId, list[ProfileId]]) -> list[Exposure]:
    found = {(each.playbook, each.profile): each for each in marks(exposures, news, members)}
    return [marked(each, found.get((each.playbook, each.profile), Mark("", ANN))) for each in exposures]


def test_an_exposure_says_what_counts_and_until_when() -> None:
    goal = Goal(GOAL, 7 * DAY)
    exposed = exposure_of(replace(PLAYBOOK, goal=goal), ANN, arm="held", variant="plain", risk=0.75, at=NOON)

    assert exposed == an_exposure(ANN, "held", version=3, goal_until=NOON + 7 * DAY, share=0.2)


def test_without_a_goal_the_risk_is_followed_for_thirty_days() -> None:
    exposed = exposure_of(PLAYBOOK, ANN, arm="treated", variant=None, risk=None, at=NOON)

    assert (exposed.goal, exposed.goal_until) == (frozenset(), NOON + 30 * DAY)


def test_the_first_goal_within_the_time_and_the_last_risk_until_its_end_are_marked() -> None:
    news = [
        did(ANN, "order.placed", NOON + 3 * DAY),
        did(ANN, "order.placed", NOON + 2 * DAY),
        did(ANN, "visit.made", NOON + DAY),
        scored(ANN, 0.5, NOON + 3 * DAY, sequence=6),
        scored(ANN, 0.6, NOON + 2 * DAY, sequence=5),
        scored(ANN, 0.4, UNTIL + MS, sequence=7),
    ]

    assert marks([an_exposure()], news, {}) == (
        Mark("check-in", ANN, goal_at=NOON + 2 * DAY, risk_after=risk_after(0.5, NOON + 3 * DAY, sequence=6)),
    )


@pytest.mark.parametrize(
    ("happened_at", "counts"),
    [(NOON - DAY, False), (NOON, False), (NOON + MS, True), (UNTIL, True), (UNTIL + MS, False)],
)
def test_only_what_happens_after_the_exposure_and_within_its_time_counts(happened_at, counts) -> None:
    news = [did(ANN, "order.placed", happened_at), scored(ANN, 0.4, happened_at)]

    assert bool(marks([an_exposure()], news, {})) is counts


@pytest.mark.parametrize(
    "unheard",
    [
        did(ANN, "visit.made", NOON + DAY),
        did(ANN, "order.placed", NOON + DAY, cause="refold"),
        did(ANN, "order.placed", NOON + DAY, cause="split"),
        did(BOB, "order.placed", NOON + DAY),
        scored(ANN, None, NOON + DAY),
        scored(BOB, 0.3, NOON + DAY),
    ],
)
def test_of_repairs_withdrawn_scores_and_other_people_nothing_is_marked(unheard: News) -> None:
    assert marks([an_exposure()], [unheard], {}) == ()


@pytest.mark.parametrize(
    "heard",
    [
        did(ANN, "order.placed", NOON + DAY, cause="merge"),
        did(ANN, "order.placed", NOON + DAY, historical=True),
    ],
)
def test_a_purchase_that_merged_two_people_or_was_imported_later_counts(heard: PersonSnapshot) -> None:
    assert marks([an_exposure()], [heard], {}) == (Mark("check-in", ANN, goal_at=NOON + DAY),)


def test_what_the_merged_person_does_counts_for_every_profile_of_theirs() -> None:
    exposures = [an_exposure(ANN), an_exposure(BOB), an_exposure(CAT)]

    found = marks(exposures, [did(ANN, "order.placed", NOON + DAY)], {ANN: [BOB]})

    assert found == (Mark("check-in", ANN, goal_at=NOON + DAY), Mark("check-in", BOB, goal_at=NOON + DAY))


def test_late_news_correct_what_was_marked_and_repeated_news_mark_nothing() -> None:
    early, late = did(ANN, "order.placed", NOON + DAY), did(ANN, "order.placed", NOON + 2 * DAY)
    (after,) = told([an_exposure()], [late], {})

    assert marks([after], [late], {}) == ()
    assert marks([after], [early, late], {}) == (Mark("check-in", ANN, goal_at=NOON + DAY),)


def test_a_later_score_of_the_same_instant_holds() -> None:
    news = [scored(ANN, 0.5, NOON + DAY, sequence=6), scored(ANN, 0.6, NOON + DAY, sequence=5)]

    assert marks([an_exposure()], news, {})[0].risk_after == risk_after(0.5, NOON + DAY, sequence=6)


NEWS = st.one_of(
    st.builds(
        did,
        st.sampled_from([ANN, BOB]),
        st.sampled_from(["order.placed", "visit.made"]),
        st.integers(-2, 16).map(lambda days: NOON + days * DAY),
    ),
    st.builds(
        lambda profile, day: scored(profile, (day + 5) / 40, NOON + day * DAY, sequence=day + 5),
        st.sampled_from([ANN, BOB]),
        st.integers(-2, 16),
    ),
)


@given(st.lists(NEWS, max_size=4), st.integers(0, 4))
def test_order_batches_and_repetition_change_nothing(news: list[News], cut: int) -> None:
    exposures, members = [an_exposure(), an_exposure(BOB, "held"), an_exposure(playbook="win-back")], {ANN: [BOB]}
    at_once = told(exposures, news, members)

    for order in permutations(news):
        batched = told(told(exposures, list(order[:cut]), members), list(order[cut:]) + list(order), members)
        assert batched == at_once


def test_exposures_are_asked_for_since_the_earliest_news() -> None:
    news = [did(ANN, "visit.made", NOON + DAY), scored(BOB, 0.4, NOON), scored(BOB, None, NOON - DAY)]

    assert happened_since(news) == NOON
    assert happened_since([]) is None


def test_a_risk_of_which_nothing_more_is_heard_is_what_it_was() -> None:
    assert an_exposure().risk_change == 0.0
    assert an_exposure(risk_after=risk_after(0.5, NOON + DAY)).risk_change == -0.25
    assert an_exposure(risk=None, risk_after=risk_after(0.5, NOON + DAY)).risk_change is None


def test_of_a_merged_person_the_exposure_of_the_profile_that_is_left_counts() -> None:
    left, earlier = an_exposure(ANN, at=NOON + DAY), an_exposure(BOB)

    assert people([earlier, left], {BOB: ANN, ANN: ANN}) == People((left,))


def test_where_only_merged_profiles_were_exposed_the_first_exposure_counts() -> None:
    later, earlier = an_exposure(BOB, at=NOON + DAY), an_exposure(CAT)

    assert people([later, earlier], {BOB: ANN, CAT: ANN}) == People((earlier,))


def test_people_whose_profiles_had_different_arms_are_left_out_and_counted() -> None:
    exposures = [an_exposure(ANN), an_exposure(BOB, "held"), an_exposure(CAT, "held")]

    assert people(exposures, {BOB: ANN, ANN: ANN}) == People((exposures[2],), mixed=1)
    assert people(exposures, {}) == People(tuple(exposures))


def test_people_who_had_two_variants_count_for_none() -> None:
    one, other = an_exposure(ANN), an_exposure(BOB, variant="warm")

    assert people([one, other], {BOB: ANN}) == People((replace(one, variant=None),), of_two_variants=1)


def test_what_either_profile_did_in_the_time_of_the_exposure_that_counts_is_the_persons() -> None:
    left = an_exposure(ANN, at=NOON + 2 * DAY, goal_until=NOON + 9 * DAY)

    within = people([left, an_exposure(BOB, goal_at=NOON + 3 * DAY, fate="sent")], {BOB: ANN})
    before = people([left, an_exposure(BOB, goal_at=NOON + 2 * DAY)], {BOB: ANN})
    beyond = people([left, an_exposure(BOB, goal_at=NOON + 10 * DAY)], {BOB: ANN})

    assert within == People((replace(left, goal_at=NOON + 3 * DAY, fate="sent"),))
    assert before == beyond == People((left,))


def test_a_store_that_kept_what_was_told_last_would_be_noticed() -> None:
    early, late = did(ANN, "order.placed", NOON + DAY), did(ANN, "order.placed", NOON + 2 * DAY)

    def kept_last(first: News, then: News) -> datetime | None:
        goals = [mark.goal_at for each in (first, then) for mark in marks([an_exposure()], [each], {})]
        return goals[-1]

    assert kept_last(early, late) != kept_last(late, early)
