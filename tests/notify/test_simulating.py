"""What is simulated is what the release does: the same news, the same watermarks, the same fates."""

import secrets
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fidelio_notify.adapters.decision_documents import decision_from
from fidelio_notify.decoding import News
from fidelio_notify.domain.cards import Card
from fidelio_notify.domain.decisions import Decision
from fidelio_notify.domain.gates.case import Arm, Contacted
from fidelio_notify.domain.judging import first_refusal
from fidelio_notify.domain.playbooks.model import Playbooks
from fidelio_notify.domain.simulated_people import SimulatedPeople, TooMany, time_of
from fidelio_notify.domain.simulating import OPEN, Fate, Simulation, run_to
from fidelio_notify.handlers import NotifyHandlers
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.messaging.batch import Batch, Decoded
from fidelio_shared.storage.mongo import Database
from support.days_of_news import DAYS, FOUR, changed, days_of_news
from support.gate_cases import NOON
from support.incoming import a_record
from support.releases import FakeProvider, a_desk

END = NOON + DAYS + timedelta(days=3)
PEOPLE, NEWS = 6, 60
KNOWN = 19970101
Rounds = Callable[[Simulation, datetime], Iterator[datetime]]
"""The watermarks at which something is released, up to one; the simulation does so itself."""

MANY = [days_of_news(seed, people=PEOPLE, most=NEWS) for seed in range(20)]


def a_simulation() -> Simulation:
    return Simulation(FOUR, SimulatedPeople(), b"key", frozenset({"email", "sms"}))


def at_each_due(simulation: Simulation, until: datetime) -> Iterator[datetime]:
    """A watermark that moves on smoothly."""
    while (due := simulation.next_due()) and due <= until:
        simulation.release(due)
        yield due


def at_each_news(simulation: Simulation, until: datetime) -> Iterator[datetime]:
    """A watermark that jumps, as after an outage: much is due at once."""
    due = simulation.next_due()
    if due and due <= until:
        simulation.release(until)
        yield until


def simulated(
    news: Sequence[News],
    playbooks: Playbooks = FOUR,
    *,
    kind: type[Simulation] = Simulation,
    rounds: Rounds = at_each_due,
) -> Mapping[str, Fate]:
    simulation = kind(playbooks, SimulatedPeople(), b"key", frozenset({"email", "sms"}))
    live_through(simulation, news, rounds)
    return simulation.fates


def live_through(simulation: Simulation, news: Sequence[News], rounds: Rounds) -> None:
    for each in news:
        deque(rounds(simulation, time_of(each)), maxlen=0)
        simulation.people.hear(each)
        simulation.hear(each)
    deque(rounds(simulation, END), maxlen=0)


async def released(database: Database, news: Sequence[News], rounds: Rounds) -> Mapping[str, Fate]:
    """The simulation tells when to look; what is done then is the release's own."""
    desk = a_desk(database, playbooks=FOUR, providers={"sms": FakeProvider()}, now=None)
    handlers = NotifyHandlers(desk.stores, desk.release.in_use, desk.publisher, desk.release.times, lambda _: None)
    simulation = a_simulation()
    for each in news:
        for now in rounds(simulation, time_of(each)):
            await desk.release_all(now)
        simulation.people.hear(each)
        simulation.hear(each)
        items = (Decoded(a_record(None, topic="profiles"), each),)
        await handlers.follow_news(Batch(items, still_owned=lambda: True, check_age=lambda: None))
    for now in rounds(simulation, END):
        await desk.release_all(now)
    found = await database.decisions.find({"_id": {"$gt": b""}}).to_list()
    return {each["_id"].hex(): _fate(decision_from(each), each["state"]) for each in found}


def _fate(decision: Decision, state: str) -> Fate:
    playbook, profile = decision.proposal.playbook, decision.proposal.profile
    if state == "open":
        return Fate(playbook, profile, OPEN)
    if decision.step == "sent":
        return Fate(playbook, profile, "sent", decision.channel)
    held = "holdout" if decision.arm == "held" else first_refusal(decision.verdicts)
    return Fate(playbook, profile, decision.step, "one_message" if decision.superseded_by else held)


@pytest.fixture
def database(strict_database: Database) -> Database:
    return strict_database


@pytest.mark.parametrize(
    ("seed", "rounds"),
    [(KNOWN, at_each_due), (KNOWN, at_each_news), (secrets.randbelow(2**32), at_each_due)],
    ids=["known", "jumping", "drawn"],
)
async def test_the_same_file_gives_what_the_release_did(database: Database, seed: int, rounds: Rounds) -> None:
    news = days_of_news(seed, people=PEOPLE, most=NEWS)
    assert simulated(news, rounds=rounds) == await released(database, news, rounds), f"seed {seed}"


def test_where_a_watermark_stops_at_all_that_is_due_it_is_run_to_its_end() -> None:
    simulation = a_simulation()
    for each in MANY[0]:
        run_to(simulation, time_of(each))
        simulation.people.hear(each)
        simulation.hear(each)
    run_to(simulation, END)
    assert simulation.fates == simulated(MANY[0])


def test_the_days_in_which_that_is_tried_have_everything_in_them() -> None:
    fates = [fate for each in MANY for fate in simulated(each).values()]
    told = Counter((each.what, each.by) for each in fates)
    assert {
        ("sent", "email"),
        ("sent", "sms"),
        *(("suppressed", each) for each in ("cap", "complaint", "consent", "exit", "holdout", "one_message")),
    } <= told.keys()


class OverlooksMerges(Simulation):
    def _without_moved(self, decisions: Iterable[Decision], cards: Mapping[ProfileId, Card]) -> Sequence[Decision]:
        return tuple(decisions)


class ForgetsNobody(Simulation):
    def _forget(self, profile: ProfileId) -> None:
        pass


class HoldsNobodyOut(Simulation):
    def _arms(self, group: Sequence[Decision]) -> Mapping[str, Arm]:
        return {}


class ForgetsWhatItSent(Simulation):
    def _contacted(self, decision: Decision) -> tuple[Contacted, ...]:
        return ()


@pytest.mark.parametrize("wrong", [OverlooksMerges, ForgetsNobody, HoldsNobodyOut, ForgetsWhatItSent])
def test_a_simulation_that_is_wrong_gives_something_else(wrong: type[Simulation]) -> None:
    wrongly = [simulated(each, kind=wrong, rounds=at_each_news) for each in MANY]
    assert wrongly != [simulated(each, rounds=at_each_news) for each in MANY]


def test_another_file_gives_something_else() -> None:
    assert any(simulated(each, changed(FOUR)) != simulated(each) for each in MANY)


def test_it_is_the_same_every_time() -> None:
    news = days_of_news(3, people=PEOPLE, most=NEWS)
    assert simulated(news) == simulated(news)


def test_more_people_than_fit_into_memory_are_refused() -> None:
    simulation = replace(a_simulation(), people=SimulatedPeople(most=2))
    with pytest.raises(TooMany, match="news of more than 2 people in these days; take fewer days"):
        live_through(simulation, MANY[1], at_each_due)
