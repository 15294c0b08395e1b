"""Histories in which boundaries are hit to the millisecond, orders come late, and snapshots overtake each other."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import strategies as st

from fidelio_scoring.domain.standing import Evidence
from support.standing_check import History, Plan
from support.standings import DAY, EVERY_FEATURE, MILLISECOND, NOON, RULES, evidence

_GAPS: tuple[timedelta, ...] = (
    timedelta(0),
    MILLISECOND,
    timedelta(hours=1),
    5 * DAY,
    30 * DAY,
    60 * DAY - MILLISECOND,
    60 * DAY,
    122 * DAY,
    182 * DAY - MILLISECOND,
    182 * DAY,
    182 * DAY + MILLISECOND,
    400 * DAY,
)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Of somebody who orders, visits, and orders that are heard of late."""
    now, orders, evidences = NOON, [NOON], list[Evidence]()
    for revision in range(1, draw(st.integers(1, 7)) + 1):
        now += draw(st.sampled_from(_GAPS))
        orders += _new_orders(draw(st.sampled_from(("order", "order", "visit", "late order"))), now)
        delay = draw(st.sampled_from((timedelta(0), timedelta(0), timedelta(0), DAY)))
        evidences.append(evidence(revision, orders, received_at=now - delay))
    until = now + draw(st.sampled_from((*_GAPS, 1500 * DAY)))
    return History(tuple(evidences), until, draw(st.sampled_from((RULES, replace(RULES, model=EVERY_FEATURE)))))


def _new_orders(what: str, now: datetime) -> list[datetime]:
    return {"order": [now], "visit": [], "late order": [now - 20 * DAY]}[what]


plans = st.builds(
    Plan,
    st.frozensets(st.integers(1, 6)),
    st.lists(st.sampled_from((0.0, 0.3, 0.9, 1.0)), min_size=1, max_size=3).map(tuple),
)
ONE_BATCH, ONE_BY_ONE = Plan(frozenset(), (0.0,)), Plan(frozenset(range(1, 7)), (1.0,))
many_plans = plans.map(lambda plan: (ONE_BATCH, ONE_BY_ONE, plan))
