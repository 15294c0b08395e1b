"""What a simulated world tells agrees with its own truth and with its own laws, whatever the seed."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import orjson
import pytest
from scipy.special import gammainc

from fidelio_deploy.world.happening import Happening
from fidelio_deploy.world.hazard import Vector, hazard
from fidelio_deploy.world.laws import Form, World, a_world
from fidelio_deploy.world.life import Life, lives, usual_pace
from fidelio_deploy.world.own_time import own_time, season
from fidelio_deploy.world.post import history, stream
from fidelio_deploy.world.voices import SURVEY_DAYS, answering_share, voices_of
from fidelio_ingest.handlers import interaction_decoder
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.contracts.identity import shipped_identity_rules
from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.messaging.errors import Rejected
from support.incoming import a_record
from support.worlds import Arrived, a_seed, after_leaving, arrivals, on_holiday

CUSTOMERS, MANY = 400, 2500
CLOCKS: tuple[ClockKind, ...] = ("wall", "stream")
DECODERS = [interaction_decoder(read_channels(None), clock, shipped_identity_rules()) for clock in CLOCKS]


@pytest.fixture(scope="module")
def world() -> World:
    return a_world(a_seed(), customers=CUSTOMERS)


@pytest.fixture(scope="module")
def lived(world: World) -> list[Life]:
    return list(lives(world))


@pytest.fixture(scope="module")
def arrived(world: World) -> list[Arrived]:
    return list(arrivals(stream(world)))


@dataclass(frozen=True)
class Crowd:
    world: World
    lives: list[Life]


@pytest.fixture(scope="module")
def crowd() -> Crowd:
    world = a_world(a_seed(), customers=MANY)
    return Crowd(world, list(lives(world)))


@pytest.fixture(scope="module")
def null_crowd() -> Crowd:
    """In whose world nothing makes anybody leave."""
    world = a_world(a_seed(), customers=MANY, form=Form.NULL)
    return Crowd(world, list(lives(world)))


def test_the_same_seed_tells_the_same_to_the_byte_and_another_seed_does_not() -> None:
    told = list(stream(a_world(7, customers=20)))

    assert list(stream(a_world(7, customers=20))) == told
    assert list(stream(a_world(8, customers=20))) != told


def test_nobodys_life_depends_on_how_many_others_there_are() -> None:
    few, many = lives(a_world(7, customers=3)), lives(a_world(7, customers=900))

    assert [each.orders.tolist() for each in few] == [each.orders.tolist() for each in islice(many, 3)]


def test_nobody_is_active_after_they_left(world: World, lived: list[Life], arrived: list[Arrived]) -> None:
    left = {life.person.name: life.left_day for life in lived}
    a_month_before = {name: day - 30 for name, day in left.items()}

    assert after_leaving(arrived, world, left) == []
    assert after_leaving(arrived, world, a_month_before)


def test_nobody_is_active_on_holiday(world: World, lived: list[Life], arrived: list[Arrived]) -> None:
    assert on_holiday(arrived, world, lived) == []
    assert on_holiday(arrived, world, lived, moved_days=-21)


def test_whoever_left_still_gets_mail_that_machines_open(
    world: World, lived: list[Life], arrived: list[Arrived]
) -> None:
    people = {life.person.name: life for life in lived}
    afterwards = [each for each in arrived if world.day(each.occurred_at) > people[each.customer].left_day]
    opened = {each.customer for each in afterwards if each.said["type"] == "message.opened"}

    assert opened
    assert opened <= {name for name, life in people.items() if life.person.machine_opens}


def test_own_days_between_orders_follow_each_persons_gamma_law(crowd: Crowd) -> None:
    assert distance_from_uniform(gap_ranks(crowd)) < 1
    assert distance_from_uniform(gap_ranks(crowd, shape=0.6)) > 1


def gap_ranks(crowd: Crowd, *, shape: float | None = None) -> Vector:
    """Where the first two gaps of people who order often, and left long afterwards or never, lie in their law."""
    days = crowd.world.days
    seasons, ranks = season(crowd.world.laws.calendar, days), []
    for life in crowd.lives:
        person = life.person
        if person.gap_days < 40 and min(life.left_day, days) - person.joined_day > 365:
            own = own_time(usual_pace(person, seasons)).at(life.orders[:3])
            of_law = shape or person.gap_shape
            ranks += gammainc(of_law, np.diff(own) * of_law / person.gap_days).tolist()
    return np.sort(np.array(ranks))


def distance_from_uniform(ranks: Vector) -> float:
    """Kolmogorov's distance; 1: what one seed of 25,000 exceeds by chance."""
    steps = np.arange(ranks.size + 1) / ranks.size
    return float(max((steps[1:] - ranks).max(), (ranks - steps[:-1]).max()) * math.sqrt(ranks.size) / 2.4)


def test_the_share_of_who_leaves_is_what_the_world_declares(null_crowd: Crowd) -> None:
    world, lived = null_crowd.world, null_crowd.lives
    years = [(world.days - each.person.joined_day) / 365 for each in lived]
    expected = sum(1 - (1 - world.laws.yearly_churn) ** each for each in years)

    assert abs(sum(each.left_day < world.days for each in lived) - expected) < 5 * math.sqrt(expected)


@pytest.mark.parametrize("form", [form for form in Form if form is not Form.NULL])
def test_whatever_its_form_the_risk_falls_with_mood_and_its_mean_is_as_declared(form: Form) -> None:
    laws = a_world(a_seed(), form=form).laws
    moods = np.random.default_rng(1).normal(0, math.hypot(laws.mood.spread, 0.45), 200_000)
    risk = hazard(laws, np.sort(moods), np.full(moods.size, 365.0))

    assert (np.diff(risk) <= 0).all()
    assert risk[0] > 1.5 * risk[-1]
    assert 365 * float(risk.mean()) == pytest.approx(-math.log(1 - laws.yearly_churn), rel=0.35)


def test_in_the_null_world_nothing_matters() -> None:
    laws = a_world(a_seed(), form=Form.NULL).laws

    assert set(hazard(laws, np.linspace(-3, 3, 50), np.linspace(0, 700, 50)).tolist()) == {
        hazard(laws, np.zeros(1), np.zeros(1))[0]
    }


def test_of_those_who_leave_as_many_fade_and_as_many_say_so_as_the_world_declares(crowd: Crowd) -> None:
    leavings = [life.leaving for life in crowd.lives if life.leaving]
    declared, margin = crowd.world.laws.farewell, 5 * 0.5 / math.sqrt(len(leavings))

    assert np.mean([each.fades for each in leavings]) == pytest.approx(declared.fading_share, abs=margin)
    assert np.mean([each.is_loud for each in leavings]) == pytest.approx(declared.loud_share, abs=margin)


def test_who_fades_does_less_in_the_last_weeks_than_before(crowd: Crowd) -> None:
    fading, before = 0, 0
    for life in crowd.lives:
        leaving = life.leaving
        if leaving and leaving.fades and leaving.left_day < crowd.world.days:
            span = leaving.left_day - leaving.decided_day
            if leaving.decided_day - span > life.person.joined_day + 1:
                fading += _within(life.core, leaving.decided_day, leaving.left_day)
                before += _within(life.core, leaving.decided_day - span, leaving.decided_day)

    assert fading < 0.8 * before


def _within(days: Vector, first: float, last: float) -> int:
    return int(np.searchsorted(days, last) - np.searchsorted(days, first))


def test_heavy_users_complain_more_though_they_do_not_leave_more(null_crowd: Crowd) -> None:
    complaints: dict[bool, list[int]] = {True: [], False: []}
    for life in null_crowd.lives:
        complaints[life.person.sessions_a_day > 0.15].append(len(_voices(null_crowd.world, life, "complaint.filed")))

    assert np.mean(complaints[True]) > 1.5 * np.mean(complaints[False])


def test_the_unhappy_answer_surveys_most_and_the_calm_least(crowd: Crowd) -> None:
    world, asked, answered = crowd.world, [], []
    for life in crowd.lives:
        days = np.arange(life.person.joined_day + SURVEY_DAYS, min(world.days, life.left_day), SURVEY_DAYS)
        asked += [life.mood_on(day) for day in days.tolist()]
        answers = _voices(world, life, "survey.answered")
        answered += [life.mood_on(each.day) for each in answers if _scale(each) == "nps"]

    assert answering_share(-1.5) > answering_share(1.5) > answering_share(0)
    assert len(answered) < 0.6 * len(asked)
    assert np.mean(answered) < np.mean(asked)


def _voices(world: World, life: Life, of_type: str) -> list[Happening]:
    dice = world.dice(life.person.index, purpose=99)
    return [each for each in voices_of(life, world.days, dice) if each.type == of_type]


def _scale(each: Happening) -> object:
    rating = each.fields["rating"]
    return rating["scale"] if isinstance(rating, dict) else None


def test_late_and_repeated_letters_come_at_the_declared_rates(world: World, arrived: list[Arrived]) -> None:
    first, repeated = _split(arrived)
    late = [each for each in first if (each.received_at - each.occurred_at).total_seconds() > 3600]
    post = world.laws.post

    assert len(late) == pytest.approx(post.late_share * len(first), abs=5 * math.sqrt(post.late_share * len(first)))
    assert len(repeated) == pytest.approx(
        post.repeated_share * len(first), abs=5 * math.sqrt(post.repeated_share * len(first))
    )
    assert all(each.received_at > each.occurred_at for each in arrived)


def test_a_world_whose_post_is_perfect_has_neither() -> None:
    world = a_world(3, customers=50)
    perfect = replace(world, laws=replace(world.laws, post=replace(world.laws.post, late_share=0, repeated_share=0)))
    first, repeated = _split(arrivals(stream(perfect)))

    assert repeated == []
    assert max((each.received_at - each.occurred_at).total_seconds() for each in first) < 60


def _split(arrived: Iterable[Arrived]) -> tuple[list[Arrived], list[Arrived]]:
    """What came for the first time, and what had come already and must then be the same."""
    known: dict[str, Arrived] = {}
    repeated = []
    for each in arrived:
        if (before := known.setdefault(str(each.said["id"]), each)) is not each:
            assert before.said == each.said
            repeated.append(each)
    return list(known.values()), repeated


def test_every_trouble_of_a_customers_life_is_told(arrived: list[Arrived]) -> None:
    said = {each.said["type"] for each in arrived}

    assert said >= {
        "complaint.filed",
        "consent.changed",
        "feature.used",
        "message.opened",
        "message.sent",
        "order.delayed",
        "order.placed",
        "payment.failed",
        "subscription.renewed",
        "survey.answered",
        "ticket.opened",
        "visit.made",
    }


def test_the_stream_comes_by_arrival_and_the_history_by_time(world: World, arrived: list[Arrived]) -> None:
    received = [each.received_at for each in arrived]
    occurred = [orjson.loads(line)["occurred_at"] for line in history(world)]

    assert received == sorted(received)
    assert occurred == sorted(occurred)
    assert sorted(occurred) == sorted(each.said["occurred_at"] for each in arrived)
    assert {each.customer for each in arrived} == {f"{world.seed}-{index:05d}" for index in range(CUSTOMERS)}


def test_ingest_accepts_every_letter_on_either_clock(arrived: list[Arrived]) -> None:
    sample = arrived[:: max(1, len(arrived) // 4000)]

    assert {refusal_of(each) for each in sample} == {None}
    assert refusal_of(replace(sample[0], channel="push")) == "not_permitted"


def refusal_of(each: Arrived) -> str | None:
    received_ms = int(each.received_at.timestamp() * 1000)
    record = a_record(orjson.dumps(each.said), topic=f"channels.{each.channel}", timestamp=received_ms)
    try:
        told = [decode(record) for decode in DECODERS]
    except Rejected as rejected:
        return rejected.reason
    assert {interaction.occurred_at for interaction in told} == {each.occurred_at}
    return None
