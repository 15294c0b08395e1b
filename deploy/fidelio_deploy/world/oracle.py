"""How likely it was: what somebody would foresee who knows the laws and everybody's state, but not the future's chance.

Whoever sees only what customers do cannot rank them better, but for what the normal approximation of moods leaves out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, gammaincc

from fidelio_deploy.world.hazard import Vector, expected_hazard
from fidelio_deploy.world.laws import Form, Laws
from fidelio_deploy.world.leaving import FADING_SHAPE, NOTICE_DAYS, daily_spread
from fidelio_deploy.world.outlook import Outlook

Matrix = NDArray[np.float64]
_LEAST = 1e-300


@dataclass(frozen=True, slots=True)
class Chances:
    """Of what `Became` tells, for each customer."""

    is_gone: Vector
    leaves: Vector
    left: Vector
    buys_nothing: Vector


def foresee(laws: Laws, customers: Sequence[Outlook], horizon_days: int) -> Chances:
    """Rows are customers, columns the days of the window, the first of them now."""
    left_by = np.where(
        np.isnan(_column(customers, "decided_days"))[:, None],
        _left_by_of_undecided(laws, customers),
        _left_by_of_decided(laws, customers, 2 * horizon_days),
    )
    own = np.stack([each.own_ahead for each in customers])
    has_left, half = _column(customers, "has_left") > 0, horizon_days
    no_order, silent_late = _no_order(customers, own), _silent_since(customers, own, half)
    silent = no_order * _no_session(customers, own) * _no_renewal(customers, own, first=0)
    return Chances(
        is_gone=np.where(has_left, 1.0, _until_left(left_by, silent)),
        leaves=np.where(has_left, 1.0, left_by[:, half] + _until_left(left_by[:, half:], silent_late)),
        left=np.where(has_left, 0.0, left_by[:, half]),
        buys_nothing=np.where(has_left, 1.0, _until_left(left_by, no_order)),
    )


def _until_left(left_by: Matrix, silent: Matrix) -> Vector:
    """Who leaves on a day must have been silent up to it, who stays to the end of the window."""
    leaving = np.diff(left_by, axis=1) * (silent[:, 1:] + silent[:, :-1]) / 2
    return np.asarray(leaving.sum(axis=1) + (1 - left_by[:, -1]) * silent[:, -1])


def _left_by_of_undecided(laws: Laws, customers: Sequence[Outlook]) -> Matrix:
    risk = _expected_risk(laws, customers)
    undecided = np.exp(-np.cumsum(risk, axis=1))
    decides = -np.diff(undecided, axis=1, prepend=1.0)
    days = risk.shape[1]
    waited: Matrix = np.arange(days + 1.0)[None, :] - (np.arange(days) + 0.5)[:, None]
    share = laws.farewell.fading_share
    faded, noticed = _gone_after(laws, waited, fades=True), _gone_after(laws, waited, fades=False)
    return np.asarray(decides @ (share * faded + (1 - share) * noticed))


def _left_by_of_decided(laws: Laws, customers: Sequence[Outlook], days: int) -> Matrix:
    since = np.nan_to_num(_column(customers, "decided_days"))[:, None]
    later = since + np.arange(days + 1)[None, :]
    fades = (_column(customers, "fades") > 0)[:, None]
    before = np.where(fades, _gone_after(laws, since, fades=True), _gone_after(laws, since, fades=False))
    by_then = np.where(fades, _gone_after(laws, later, fades=True), _gone_after(laws, later, fades=False))
    return np.asarray((by_then - before) / np.maximum(1 - before, _LEAST))


def _gone_after(laws: Laws, waited: Matrix, *, fades: bool) -> Matrix:
    """Whether who decided so many days ago is gone."""
    if laws.form is Form.NULL:
        return np.where(waited >= 0, 1.0, 0.0)
    positive = np.maximum(waited, 0.0)
    if fades:
        return np.asarray(gammainc(FADING_SHAPE, positive * FADING_SHAPE / laws.farewell.fading_days))
    return -np.expm1(-positive / NOTICE_DAYS)


def _expected_risk(laws: Laws, customers: Sequence[Outlook]) -> Matrix:
    home = np.stack([each.home_ahead for each in customers])
    ahead = np.arange(home.shape[1]) + 0.5
    keeps = (1 - laws.mood.reversion) ** ahead[None, :]
    mood, returns_to = _column(customers, "mood")[:, None], _column(customers, "mean_mood")[:, None]
    shaken = daily_spread(laws.mood.reversion, laws.mood.spread) ** 2 + _column(customers, "blows")[:, None]
    deviation = np.sqrt(shaken * (1 - keeps**2) / (1 - (1 - laws.mood.reversion) ** 2))
    tenure = _column(customers, "tenure_days")[:, None] + ahead[None, :]
    risk = expected_hazard(laws, returns_to + (mood - returns_to) * keeps, deviation, tenure)
    return risk if laws.form is Form.NULL else risk * home


def _no_order(customers: Sequence[Outlook], own: Matrix) -> Matrix:
    """Since now, by who has not left."""
    since, shape, scale = _orders(customers)
    waited = gammaincc(shape, since / scale)
    longer = gammaincc(shape, (since + own) / scale) / np.maximum(waited, _LEAST)
    return np.asarray(np.where(waited > _LEAST, longer, np.exp(-own / scale)))


def _silent_since(customers: Sequence[Outlook], own: Matrix, first: int) -> Matrix:
    """No order, session or renewal from a later day on: nobody can tell how long ago the last order will be then."""
    _, shape, scale = _orders(customers)
    passed = own[:, first:] - own[:, first : first + 1]
    no_order = gammaincc(shape + 1, passed / scale) - passed / (shape * scale) * gammaincc(shape, passed / scale)
    return np.asarray(no_order * _no_session(customers, passed) * _no_renewal(customers, passed, first=first))


def _orders(customers: Sequence[Outlook]) -> tuple[Matrix, Matrix, Matrix]:
    since, shape = _column(customers, "own_since_order")[:, None], _column(customers, "gap_shape")[:, None]
    return since, shape, _column(customers, "gap_days")[:, None] / shape


def _no_session(customers: Sequence[Outlook], passed: Matrix) -> Matrix:
    return np.exp(-_column(customers, "sessions_a_day")[:, None] * passed)


def _no_renewal(customers: Sequence[Outlook], passed: Matrix, *, first: int) -> Matrix:
    due = _column(customers, "renewal_in_days")[:, None]
    days = first + np.arange(passed.shape[1])[None, :]
    return np.where((due > first) & (due <= days), 0.0, 1.0)


def _column(customers: Sequence[Outlook], name: str) -> Vector:
    return np.array([getattr(each, name) for each in customers], dtype=np.float64)
