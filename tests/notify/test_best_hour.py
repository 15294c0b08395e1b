"""Where a step asks for it, a message waits for the hour in which its person acts most."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fidelio_notify.domain.gates.best_hour import best_release, wanted_at
from fidelio_shared.contracts.profile import HourResponses, Preferred
from support.gate_cases import NOON, STEP, a_card, a_case, at, hours, quiet_policy

NIGHT = hours("21:00-08:00")
TWO_DAYS = timedelta(days=2)
QUARTER_PAST = NOON + timedelta(minutes=15)


def _acts(**counts: int) -> Preferred:
    """At hours of the day in UTC: `h18=7`."""
    return Preferred(hours=tuple(HourResponses(hour=int(hour[1:]), count=count) for hour, count in counts.items()))


@pytest.mark.parametrize(
    ("preferred", "release"),
    [
        (None, QUARTER_PAST),
        (_acts(), QUARTER_PAST),
        (_acts(h18=9), QUARTER_PAST),
        (_acts(h18=10), at("2026-03-01T18:00Z")),
        (_acts(h9=7, h18=9), at("2026-03-01T18:00Z")),
        (_acts(h9=9, h18=7), at("2026-03-02T09:00Z")),
        (_acts(h9=8, h18=8), at("2026-03-01T18:00Z")),
        (_acts(h12=8, h18=7), QUARTER_PAST),
        (_acts(h2=30, h18=3), at("2026-03-01T18:00Z")),
        (_acts(h2=30), QUARTER_PAST),
        (_acts(h8=2, h9=2, h10=2, h14=2, h15=2, h16=2), QUARTER_PAST),
    ],
    ids=[
        "nothing is known",
        "no hours are known",
        "too few responses",
        "just enough",
        "the most active of two",
        "the most active may be tomorrow",
        "of equal ones the first to come",
        "it is this hour",
        "the most active is quiet",
        "none but a quiet one",
        "no hour stands out",
    ],
)
def test_a_message_waits_for_its_persons_hour(preferred: Preferred | None, release: object) -> None:
    assert (
        best_release(
            QUARTER_PAST, deadline=NOON + TWO_DAYS, preferred=preferred, zones=("Europe/Paris",), quiet=(NIGHT,)
        )
        == release
    )


@pytest.mark.parametrize(
    ("deadline", "release"),
    [("2026-03-01T17:59:59.999Z", QUARTER_PAST), ("2026-03-01T18:00Z", at("2026-03-01T18:00Z"))],
)
def test_no_message_waits_until_it_is_stale(deadline: str, release: object) -> None:
    found = best_release(QUARTER_PAST, deadline=at(deadline), preferred=_acts(h18=20), zones=(), quiet=())
    assert found == release


def test_a_step_that_asks_for_it_waits_for_the_hour_and_no_other() -> None:
    patient = replace(STEP, at_best_hour=True)
    case = a_case(card=a_card(person={"preferred": _acts(h18=20, h2=30)}), policy=quiet_policy("21:00-08:00"))
    cases = [replace(case, step=patient), case, replace(case, step=patient, card=None)]
    assert [wanted_at(each) for each in cases] == [at("2026-03-01T18:00Z"), NOON, NOON]
