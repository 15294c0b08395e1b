"""What holds in a world, and differs between worlds: drawn from its seed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import numpy as np

STARTS = datetime(2024, 1, 1, tzinfo=UTC)
MOST_DAYS = 3653
_STREAM_OF_LAWS = 2**32 - 1


class Form(StrEnum):
    """How the risk of leaving depends on mood. `null`: on nothing, and nothing announces it."""

    EXPONENTIAL = "exponential"
    LOGISTIC = "logistic"
    THRESHOLD = "threshold"
    SETTLING = "settling"
    NULL = "null"


DRAWN_FORMS = tuple(form for form in Form if form is not Form.NULL)


@dataclass(frozen=True, slots=True)
class Mood:
    """An Ornstein-Uhlenbeck process by days: `spread` is its standard deviation in the long run."""

    reversion: float
    spread: float
    steepness: float
    blow: float


@dataclass(frozen=True, slots=True)
class Farewell:
    """Shares of those who leave; `fading_days`: how long fading takes on average."""

    fading_share: float
    fading_days: float
    loud_share: float


@dataclass(frozen=True, slots=True)
class Calendar:
    """The season's swing about 1, the day of the year of its peak, and how often people are away."""

    swing: float
    peak_day: float
    holidays_a_year: float


@dataclass(frozen=True, slots=True)
class Post:
    """What happens to messages on their way: shares of them, or of the mailboxes."""

    repeated_share: float
    late_share: float
    machine_share: float
    bouncing_share: float


@dataclass(frozen=True, slots=True)
class Laws:
    form: Form
    yearly_churn: float
    mood: Mood
    farewell: Farewell
    calendar: Calendar
    post: Post
    late_delivery_share: float
    tickets_a_year: float


@dataclass(frozen=True, slots=True)
class World:
    seed: int
    customers: int
    days: int
    laws: Laws
    starts: datetime

    @property
    def ends(self) -> datetime:
        return self.instant(self.days)

    def day(self, at: datetime) -> float:
        return (at - self.starts) / timedelta(days=1)

    def instant(self, day: float) -> datetime:
        return self.starts + timedelta(days=day)

    def dice(self, customer: int, *, purpose: int) -> np.random.Generator:
        """Of one customer alone: nobody's life depends on how many others there are."""
        return np.random.default_rng((self.seed, customer, purpose))


def a_world(
    seed: int, *, customers: int = 5000, days: int = 730, form: Form | None = None, starts: datetime = STARTS
) -> World:
    """Without a form the seed draws one, never the null form."""
    if customers < 1 or not 1 <= days <= MOST_DAYS or seed < 0:
        raise ValueError(f"a world has a seed from 0, a customer at least, and lasts 1 to {MOST_DAYS} days")
    return World(seed, customers, days, _laws(np.random.default_rng((seed, _STREAM_OF_LAWS)), form), starts)


def _laws(dice: np.random.Generator, form: Form | None) -> Laws:
    drawn = DRAWN_FORMS[dice.integers(len(DRAWN_FORMS))]
    return Laws(
        form=form or drawn,
        yearly_churn=dice.uniform(0.22, 0.42),
        mood=Mood(
            reversion=dice.uniform(0.012, 0.04),
            spread=dice.uniform(0.45, 0.8),
            steepness=dice.uniform(1.0, 1.8),
            blow=dice.uniform(0.7, 1.5),
        ),
        farewell=Farewell(
            fading_share=dice.uniform(0.3, 1.0), fading_days=dice.uniform(20, 60), loud_share=dice.uniform(0.25, 0.6)
        ),
        calendar=Calendar(
            swing=dice.uniform(0.1, 0.5), peak_day=dice.uniform(0, 365), holidays_a_year=dice.uniform(1, 3)
        ),
        post=Post(
            repeated_share=dice.uniform(0.005, 0.03),
            late_share=dice.uniform(0.01, 0.05),
            machine_share=dice.uniform(0.1, 0.4),
            bouncing_share=dice.uniform(0.01, 0.04),
        ),
        late_delivery_share=dice.uniform(0.04, 0.12),
        tickets_a_year=dice.uniform(0.8, 2.4),
    )
