"""What is concluded from counts, and what is said of them."""

from collections.abc import Iterable
from itertools import chain

import pytest

from fidelio_notify.domain.uplift.effects import Effect
from fidelio_notify.domain.uplift.exposures import Exposure
from fidelio_notify.domain.uplift.power import Needed
from fidelio_notify.domain.uplift.report import Report, report, verdict
from fidelio_notify.domain.uplift.statistics import Share, difference_of_shares, holm
from fidelio_notify.domain.uplift.tallies import count, joined
from support.uplift_people import ANN, BOB, DAY, NOON, a_crowd, a_profile, an_exposure, risk_after

LATER = NOON + 20 * DAY


def of(*exposures: Iterable[Exposure], sought: float | None = None) -> Report:
    return report("check-in", count(list(chain(*exposures)), {}, now=LATER), sought=sought)


def verdicts(found: Report) -> list[str]:
    return [verdict(each) for each in found.effects]


def said(found: Report, words: str) -> bool:
    return any(words in each for each in found.cautions)


@pytest.mark.parametrize(
    ("treated", "held", "expected"),
    [
        ((900, 180), (100, 8), ["helps", "too few to say"]),
        ((900, 270), (300, 45), ["helps", "helps"]),
        ((900, 135), (300, 90), ["harms", "harms"]),
        ((100, 2), (30, 0), ["too few to say", "too few to say"]),
        ((0, 0), (100, 10), ["too few to say", "too few to say"]),
    ],
)
def test_a_verdict_is_said_in_plain_words(treated: tuple[int, int], held: tuple[int, int], expected: list[str]) -> None:
    assert verdicts(of(a_crowd(treated=treated, held=held))) == expected


def test_where_nothing_can_be_concluded_it_says_how_many_more_people_are_needed() -> None:
    equal = of(a_crowd(treated=(400, 50), held=(400, 40), share=0.5))
    unequal = of(a_crowd(treated=(900, 108), held=(100, 10)))

    assert verdicts(equal)[0] == "nothing can be concluded yet: 2,107 more people per arm needed"
    assert verdicts(unequal)[0].endswith(
        f"{unequal.effects[0].more.treated:,} more people treated and {unequal.effects[0].more.held:,} held out needed"
    )


def test_as_many_as_are_said_would_settle_it_at_the_rates_seen() -> None:
    more = of(a_crowd(treated=(400, 50), held=(400, 40), share=0.5)).effects[0].more
    assert isinstance(more, Needed)
    people = 400 + more.held

    settled = difference_of_shares(Share(people, round(people * 0.125)), Share(people, round(people * 0.1)))

    assert settled is not None
    assert settled.p < 0.05


def test_the_effect_that_would_matter_decides_how_many_are_needed() -> None:
    crowd = list(a_crowd(treated=(400, 50), held=(400, 40), share=0.5))

    assert verdicts(of(crowd, sought=0.2))[0] == (
        "nothing can be concluded: an effect of +20.00 points would probably have been seen, so it is less, or nothing"
    )
    assert of(crowd, sought=0.01).effects[0].more.held > of(crowd, sought=0.03).effects[0].more.held > 0


def test_arms_that_do_not_differ_at_all_ask_for_nobody() -> None:
    equal = of(a_crowd(treated=(400, 40), held=(400, 40), share=0.5))

    assert verdicts(equal)[0] == "nothing can be concluded: they do not differ by anything that people could show"


def test_people_whose_time_is_not_over_are_counted_and_not_judged() -> None:
    crowd = list(a_crowd(treated=(90, 9), held=(10, 1)))
    running = [an_exposure(ANN, goal_until=LATER + DAY, goal_at=NOON + DAY), an_exposure(BOB, "held", goal_until=LATER)]

    counted = of(crowd, running).counted

    assert (counted.running, counted.arm("treated").goal, counted.arm("held").goal) == (1, Share(90, 9), Share(11, 1))


def test_whoever_was_sent_nothing_counts_as_treated_and_is_told_of() -> None:
    unsent = [
        an_exposure(a_profile("failed"), fate="refused"),
        an_exposure(a_profile("never")),
        an_exposure(a_profile("sent"), fate="sent"),
    ]

    found = of(unsent, a_crowd(treated=(10, 1), held=(10, 1), share=0.5))

    assert found.counted.arm("treated").goal == Share(13, 1)
    assert said(found, "Of 13 people assigned to be written to, 2 were sent nothing (1 refused, 1 unattempted)")
    assert not said(of(a_crowd(treated=(10, 1), held=(10, 1))), "were sent nothing")


def test_mixed_people_are_told_of_and_many_of_them_warned_of() -> None:
    pairs = [an_exposure(a_profile(f"{side} {number}"), side) for number in range(6) for side in ("treated", "held")]
    heads = {a_profile(f"held {number}"): a_profile(f"treated {number}") for number in range(6)}
    crowd = list(a_crowd(treated=(90, 9), held=(10, 1)))

    few = report("check-in", joined(count(crowd, {}, now=LATER), count(pairs[:2], heads, now=LATER)))
    many = report("check-in", joined(count(crowd, {}, now=LATER), count(pairs, heads, now=LATER)))

    assert (few.counted.mixed, many.counted.mixed) == (1, 6)
    assert (said(few, "That is many"), said(many, "That is many")) == (False, True)


def test_arms_of_another_size_than_the_share_says_are_not_to_be_trusted() -> None:
    assert said(of(a_crowd(treated=(900, 90), held=(200, 20))), "Do not trust this report")
    assert not said(of(a_crowd(treated=(900, 90), held=(112, 11))), "Do not trust this report")


def test_a_share_or_a_goal_that_changed_meanwhile_is_told_of() -> None:
    before = list(a_crowd(treated=(90, 9), held=(10, 1)))

    assert said(of(before, [an_exposure(share=0.2)]), "share was changed meanwhile")
    assert said(of(before, [an_exposure(goal=frozenset({"visit.made"}))]), "What counts as success was changed")
    assert not said(of(before), "changed meanwhile")


def test_two_questions_are_judged_together_so_that_chance_has_no_second_try() -> None:
    found = of(a_crowd(treated=(900, 120), held=(300, 27)))

    plain = [each.difference.p for each in found.effects if each.difference]
    assert tuple(each.p for each in found.effects) == (plain[0], 1.0)
    both = of(a_crowd(treated=(900, 120), held=(400, 40)))
    assert tuple(each.p for each in both.effects) == holm(
        [each.difference.p for each in both.effects if each.difference]
    )


def test_variants_are_compared_with_those_held_out_and_with_each_other() -> None:
    plain = a_crowd(treated=(450, 45), held=(200, 10))
    warm = (
        an_exposure(a_profile(f"warm {number}"), variant="warm", goal_at=NOON + DAY if number < 90 else None)
        for number in range(450)
    )

    found = of(plain, warm)

    told = [(each.of, each.against, verdict(each)) for each in (*found.variants, *found.contrasts)]
    assert told[1:] == [("warm", "held out", "helps"), ("plain", "warm", "warm does better")]
    assert told[0][:2] == ("plain", "held out")
    assert [each.p for each in found.variants] == list(holm([each.difference.p for each in found.variants]))


def test_without_variants_none_are_compared_and_without_a_goal_only_the_risk() -> None:
    found = of(a_crowd(treated=(90, 9), held=(10, 1), goal=frozenset()))

    assert ([each.question for each in found.effects], found.variants, found.contrasts) == (["churn"], (), ())


def test_without_anybody_held_out_variants_are_compared_all_the_same() -> None:
    found = of(
        (an_exposure(a_profile(f"a{n}"), variant="a", goal_at=NOON + DAY if n < 20 else None) for n in range(200)),
        (an_exposure(a_profile(f"b{n}"), variant="b", goal_at=NOON + DAY if n < 60 else None) for n in range(200)),
    )

    assert said(found, "Nobody is held out")
    assert [verdict(each) for each in found.contrasts] == ["b does better"]
    assert verdicts(found) == ["too few to say", "too few to say"]


def test_counting_page_by_page_is_counting_at_once() -> None:
    moved = [an_exposure(a_profile(f"m{n}"), risk_after=risk_after(0.4 + n / 50, NOON + DAY)) for n in range(20)]
    crowd = [*a_crowd(treated=(90, 9), held=(10, 1)), *moved]
    at_once = count(crowd, {}, now=LATER)

    paged = joined(count(crowd[:37], {}, now=LATER), count(crowd[37:], {}, now=LATER))

    assert (paged.arm("held"), paged.arm("treated").goal) == (at_once.arm("held"), at_once.arm("treated").goal)
    assert paged.arm("treated").risk.mean == pytest.approx(at_once.arm("treated").risk.mean)
    assert paged.arm("treated").risk.variance == pytest.approx(at_once.arm("treated").risk.variance)
    assert joined(count([], {}, now=LATER), at_once) == at_once


def test_nothing_counted_is_too_few() -> None:
    found = of([])

    assert [each.finding for each in found.effects] == ["too_few"]
    assert isinstance(found.effects[0], Effect)


@pytest.mark.parametrize(("reached", "verdict_begins"), [(49, "too few"), (50, "nothing can")])
def test_a_goal_is_judged_where_the_smaller_arm_may_expect_five_who_reach_it(reached: int, verdict_begins: str) -> None:
    held = 4

    assert verdicts(of(a_crowd(treated=(900, reached - held), held=(100, held))))[0].startswith(verdict_begins)


def test_people_left_out_as_mixed_do_not_make_the_draw_look_unfair() -> None:
    crowd = list(a_crowd(treated=(900, 90), held=(100, 10)))
    heads = {a_profile(f"check-in held {number}"): a_profile(f"check-in treated {number}") for number in range(60)}

    found = report("check-in", count(crowd, heads, now=LATER))

    assert (found.counted.mixed, found.counted.arm("held").people) == (60, 40)
    assert not said(found, "Do not trust this report")


def test_what_a_reader_should_keep_in_mind_is_said_where_it_matters() -> None:
    crowd = list(a_crowd(treated=(400, 50), held=(400, 40), share=0.5))
    risk_only = [an_exposure(each.profile, each.arm, goal=frozenset()) for each in crowd]

    told = {
        words: [said(found, words) for found in (of(crowd), of(crowd, sought=0.02), of(risk_only))]
        for words in ("An interval holds for one look", "Several comparisons", "--effect", "This is an average")
    }

    assert told == {
        "An interval holds for one look": [True, True, True],
        "Several comparisons": [True, True, False],
        "--effect": [True, False, False],
        "This is an average": [False, False, False],
    }
    assert said(of(a_crowd(treated=(900, 270), held=(300, 45))), "This is an average")


def test_a_contrast_of_variants_names_them_in_what_is_needed() -> None:
    crowd = [
        an_exposure(a_profile(f"{name} {number}"), variant=name, goal_at=NOON + DAY if number < reached else None)
        for name, people, reached in (("plain", 400, 40), ("warm", 300, 36))
        for number in range(people)
    ]

    (contrast,) = of(crowd).contrasts

    assert verdict(contrast) == "nothing can be concluded yet: 4,061 more people with plain and 3,046 with warm needed"
