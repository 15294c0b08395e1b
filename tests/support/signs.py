"""Invented customers with signals of leaving, and a scorer of its own that shares no code with the service's."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

import numpy as np
from numpy.typing import NDArray

from fidelio_scoring.domain.bands import Bands, Thresholds
from fidelio_scoring.domain.churn import ChurnModel
from fidelio_scoring.domain.facts import Activity, Facts, Given, Orders, Ratings, Recent, Ticket
from fidelio_scoring.domain.leaving_prior import LEAVING_PRIOR
from fidelio_scoring.domain.purchases import Purchases
from support.purchase_risks import combined_risks
from support.standings import DAY, GONE_ONLY, NOON, SHIPPED, bought_at

Numbers = NDArray[np.float64]
SIGNALLED: ChurnModel = replace(
    SHIPPED,
    version="signalled",
    heads=(replace(GONE_ONLY.heads[0], intercept=-3.0), replace(LEAVING_PRIOR, intercept=-2.0)),
    bands=Bands(watch=Thresholds(enter=0.35, leave=0.30), high=Thresholds(enter=0.60, leave=0.50)),
)
"""With a head that speaks up, so that bands rise and fall."""
_COUNTED = {
    "complaint.filed": ("complaints", 90),
    "ticket.opened": ("tickets", 30),
    "ticket.reopened": ("reopened", 90),
    "payment.failed": ("failed_payments", 30),
    "subscription.downgraded": ("downgrades", 90),
    "message.unsubscribed": ("unsubscribes", 90),
    "message.bounced": ("lost_contact", 90),
}
_USED = ("session.started", "feature.used")
_LOW = {"csat": 2, "nps": 6, "ces": 3}
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Life:
    """`happened`: type and instant; `waits`: whether a complaint, and since when."""

    happened: tuple[tuple[str, datetime], ...]
    rated: tuple[tuple[str, datetime, int], ...]
    waits: tuple[tuple[bool, datetime], ...]
    bought: tuple[datetime, ...]
    began: datetime

    @property
    def last_at(self) -> datetime:
        instants = [at for _, at in self.happened] + [at for _, at, _ in self.rated] + [at for _, at in self.waits]
        return max((*instants, *self.bought, self.began))

    @property
    def purchases(self) -> Purchases | None:
        return bought_at(*self.bought) if self.bought else None


def a_life(chance: Random) -> Life:
    length = chance.randrange(1, 500) * DAY
    began = NOON - length

    def moment() -> datetime:
        return began + chance.randrange(length // _MS) * _MS

    types = (*_COUNTED, *_USED, *_USED, *_USED)
    return Life(
        happened=tuple((chance.choice(types), moment()) for _ in range(chance.randrange(25))),
        rated=tuple((scale, moment(), chance.randrange(1, 6)) for scale in _LOW if chance.random() < 0.3),
        waits=tuple((is_complaint, moment()) for is_complaint in (True, False) if chance.random() < 0.25),
        bought=tuple(sorted(moment() for _ in range(chance.choice((0, 1, 2, 5, 9))))),
        began=began,
    )


def facts_of(life: Life) -> Facts:
    """As the profile would say it."""
    return Facts(
        interactions=1 + len(life.happened),
        first_at=life.began,
        last_at=life.last_at,
        orders=_orders(life.purchases) if life.purchases else None,
        activity=tuple(_activity(kind, life) for kind in sorted({kind for kind, _ in life.happened})),
        recent=tuple(Recent(kind, _latest(kind, life)[:3]) for kind in sorted({kind for kind, _ in life.happened})),
        ratings=tuple(Ratings(scale, 1, value, (Given(at, value),)) for scale, at, value in life.rated),
        tickets=tuple(
            Ticket("ticket", is_open=True, at=at, opened_at=at, is_complaint=is_complaint)
            for is_complaint, at in life.waits
        ),
    )


def _latest(kind: str, life: Life) -> tuple[datetime, ...]:
    return tuple(sorted((at for each, at in life.happened if each == kind), reverse=True))


def _activity(kind: str, life: Life) -> Activity:
    instants = _latest(kind, life)
    ages = np.array([(instants[0] - each) / DAY for each in instants])
    week, month, quarter = (float((2 ** -(ages / half_life)).sum()) for half_life in (7, 30, 90))
    return Activity(kind, "app", len(instants), instants[-1], instants[0], (week, month, quarter))


def _orders(purchases: Purchases) -> Orders:
    first_day = (purchases.days & -purchases.days).bit_length() - 1
    return Orders(
        count=purchases.order_count,
        first_at=purchases.first_order_at,
        last_at=purchases.last_order_at,
        first_day=first_day,
        days=f"{purchases.days >> first_day:x}",
    )


def risks(life: Life, seconds: Numbers, model: ChurnModel) -> Numbers:
    """Of each of these many seconds after the last thing that happened."""
    staying = np.ones_like(seconds)
    gone, leaving = model.heads
    if life.purchases:
        quiet = (life.last_at - life.purchases.last_order_at).total_seconds()
        staying *= 1 - combined_risks(life.purchases, (quiet + seconds) / 3600, replace(model, heads=(gone,)))
    if life.happened or life.rated or life.waits:
        features = _features(life, seconds / 86400)
        weights = {term.feature: (term.weight, term.mean) for term in leaving.terms}
        log_odds = leaving.intercept + sum(weight * features.get(name, 0.0) for name, (weight, _) in weights.items())
        staying *= 1 - 1 / (1 + np.exp(-(leaving.platt_a * log_odds + leaving.platt_b)))
    return np.asarray(1 - staying)


def _features(life: Life, days: Numbers) -> dict[str, Numbers]:
    def faded(kinds: tuple[str, ...], half_life: int) -> Numbers:
        total = np.zeros_like(days)
        for kind, at in life.happened:
            if kind in kinds:
                total += 2.0 ** (-((life.last_at - at) / DAY + days) / half_life)
        return total

    features = {name: faded((kind,), half_life) for kind, (name, half_life) in _COUNTED.items()}
    for scale, at, value in life.rated:
        if value <= _LOW[scale]:
            features[f"low_{scale}"] = 2.0 ** (-((life.last_at - at) / DAY + days) / 90)
    for is_complaint, at in life.waits:
        features["open_complaint" if is_complaint else "open_ticket"] = np.log(2 + (life.last_at - at) / DAY + days)
    features["usage_week"] = np.log(1 + faded(_USED, 7))
    features["usage_quarter"] = np.log(1 + faded(_USED, 90) * 7 / 90)
    features["tenure"] = np.log(1 + (life.last_at - life.began) / DAY + days)
    return features
