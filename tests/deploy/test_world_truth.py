"""The oracle of a simulated world foresees better than a rule, wherever there is something to foresee."""

from itertools import combinations

import numpy as np
import pytest

from fidelio_deploy.world.evaluation import Answer, auc, evaluate
from fidelio_deploy.world.hazard import Vector
from fidelio_deploy.world.laws import Form, World, a_world
from fidelio_deploy.world.truth import Flags, Question, Truth, truth_at
from support.worlds import a_seed

CUSTOMERS = 1200
FORMS = [form for form in Form if form is not Form.NULL]
GONE, GONE_RECENT, LEAVES, LEAVES_IN_TRUTH, BUYS_NOTHING, BUYS_NOTHING_RECENT = range(6)


@pytest.fixture(scope="module")
def truths() -> dict[Form, Truth]:
    return {form: truth_of(a_world(a_seed(), customers=CUSTOMERS, form=form)) for form in FORMS}


@pytest.fixture(params=FORMS)
def truth(request: pytest.FixtureRequest, truths: dict[Form, Truth]) -> Truth:
    return truths[request.param]


def truth_of(world: World) -> Truth:
    return truth_at(world, world.instant(world.days - 182))


def dice() -> np.random.Generator:
    return np.random.default_rng(1)


def judged(truth: Truth, scores: Vector) -> tuple[Answer, ...]:
    return evaluate(truth, dict(zip(truth.customers, scores.tolist(), strict=True)), dice=dice())


def deviation(question: Question) -> float:
    """Of an AUC by chance alone."""
    left, asked = int(question.label[question.population].sum()), int(question.population.sum())
    return float(np.sqrt((asked + 1) / (12 * max(left, 1) * max(asked - left, 1))))


def test_the_oracle_foresees_more_than_silence_tells(truth: Truth) -> None:
    answers = judged(truth, truth.silence_days)

    assert answers[GONE].oracle > answers[GONE].silence + 0.01
    assert answers[GONE_RECENT].oracle > answers[GONE_RECENT].silence + 0.05
    assert answers[BUYS_NOTHING].oracle > answers[BUYS_NOTHING].silence + 0.01
    assert answers[BUYS_NOTHING_RECENT].oracle > answers[BUYS_NOTHING_RECENT].silence + 0.03


def test_of_those_still_active_silence_tells_nothing_and_the_oracle_much(truths: dict[Form, Truth]) -> None:
    """Few of them leave: the four worlds together."""
    answers = [judged(truth, truth.silence_days) for truth in truths.values()]

    for question in (LEAVES, LEAVES_IN_TRUTH):
        assert np.mean([each[question].oracle for each in answers]) > 0.62
        assert np.mean([each[question].silence for each in answers]) < 0.62


def test_the_oracle_says_how_many_will_leave(truth: Truth) -> None:
    for question in truth.questions:
        chances, label = question.oracle[question.population], question.label[question.population]
        slack = 5 * np.sqrt((chances * (1 - chances)).sum()) + 0.02 * chances.size

        assert ((chances >= 0) & (chances <= 1 + 1e-9)).all()
        assert label.sum() == pytest.approx(chances.sum(), abs=slack)


def test_the_oracle_says_nothing_of_labels_that_were_dealt_anew(truth: Truth) -> None:
    question = truth.questions[GONE]
    dealt = dice().permutation(question.label)

    assert auc(question.oracle, dealt) == pytest.approx(0.5, abs=5 * deviation(question))


def test_in_the_null_world_neither_the_oracle_nor_anybody_foresees_who_leaves() -> None:
    truth = truth_of(a_world(a_seed(), customers=2500, form=Form.NULL))
    question = truth.questions[LEAVES_IN_TRUTH]
    by_newness = judged(truth, -truth.tenure_days)[LEAVES_IN_TRUTH]

    assert by_newness.oracle == pytest.approx(0.5, abs=1e-9)
    assert by_newness.scores == pytest.approx(0.5, abs=5 * deviation(question))
    assert by_newness.silence == pytest.approx(0.5, abs=5 * deviation(question))


def test_in_the_null_world_there_is_nothing_to_judge_the_oracle_by_if_the_rule_is_luckier() -> None:
    truth = truth_for(label=[True, True, False, False], silence=[4, 3, 2, 1], oracle=[0.5, 0.5, 0.5, 0.5])
    answer = judged(truth, np.array([1.0, 2.0, 3.0, 4.0]))[0]

    assert (answer.silence, answer.oracle, answer.scores) == (1.0, 0.5, 0.0)
    assert np.isnan([answer.closed, answer.interval.low, answer.interval.high]).all()


def test_the_oracles_own_scores_close_the_gap_and_the_rules_close_none(truth: Truth) -> None:
    oracle = judged(truth, truth.questions[GONE].oracle)[GONE]
    silence = judged(truth, truth.silence_days)[GONE]
    noise = judged(truth, dice().random(len(truth.customers)))[GONE]

    assert (oracle.closed, oracle.interval.low, oracle.interval.high) == (1.0, 1.0, 1.0)
    assert (silence.closed, silence.interval.low, silence.interval.high) == (0.0, 0.0, 0.0)
    assert noise.interval.high < 0


def test_scores_between_the_two_close_a_part_of_the_gap_and_its_interval_holds_it() -> None:
    cast = dice()
    known, noise = cast.normal(-1, 2, 600), cast.normal(0, 1, 600)
    label = cast.random(600) < 1 / (1 + np.exp(-known))
    truth = truth_for(label=label.tolist(), silence=(known + 4 * noise).tolist(), oracle=known.tolist())
    answer = judged(truth, known + noise)[0]

    assert answer.silence < answer.scores < answer.oracle
    assert answer.closed == (answer.scores - answer.silence) / (answer.oracle - answer.silence)
    assert answer.interval.low < answer.closed < answer.interval.high
    assert answer.interval.high - answer.interval.low < 0.5


def test_customers_without_a_score_are_asked_of_nobody() -> None:
    truth = truth_for(label=[True, False, True, False, True], silence=[5, 4, 3, 2, 1], oracle=[0.9, 0.1, 0.8, 0.2, 0.7])
    answer = evaluate(truth, {"0": 0.7, "1": 0.3, "3": 0.3, "stranger": 1.0}, dice=dice())[0]

    assert (answer.customers, answer.share) == (3, pytest.approx(1 / 3))
    assert (answer.silence, answer.oracle, answer.scores) == (1.0, 1.0, 1.0)


def test_an_auc_counts_pairs_and_ties_as_a_half() -> None:
    scores, label = dice().integers(0, 6, 60).astype(np.float64), dice().random(60) < 0.4
    pairs = [
        1.0 if high > low else 0.5 if high == low else 0.0
        for (high, is_left), (low, is_also) in _ordered_pairs(scores, label)
        if is_left and not is_also
    ]

    assert auc(scores, label) == pytest.approx(sum(pairs) / len(pairs))
    assert np.isnan(auc(scores, np.zeros(60, dtype=np.bool_)))


def _ordered_pairs(scores: Vector, label: Flags) -> list[tuple[tuple[float, bool], tuple[float, bool]]]:
    each = list(zip(scores.tolist(), label.tolist(), strict=True))
    return [pair for first, second in combinations(each, 2) for pair in ((first, second), (second, first))]


def truth_for(*, label: list[bool], silence: list[float], oracle: list[float]) -> Truth:
    everybody = np.ones(len(label), dtype=np.bool_)
    rule, left = np.array(silence, dtype=np.float64), np.array(label, dtype=np.bool_)
    question = Question("is_gone", "gone", everybody, left, rule, np.array(oracle))
    names = tuple(str(each) for each in range(len(label)))
    return Truth(names, rule, np.zeros(len(label)), (question,))


def test_a_world_cannot_tell_of_a_time_after_which_it_ends() -> None:
    world = a_world(1, customers=5)

    with pytest.raises(
        ValueError, match=r"needs 182 days of this world after it; it begins 2024-01-01 and ends 2025-12-31"
    ):
        truth_at(world, world.instant(world.days - 181))
