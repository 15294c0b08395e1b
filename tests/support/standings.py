"""Purchases, evidence and models of which a scoring test names only what matters to it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files

from fidelio_scoring.domain.churn import ChurnModel
from fidelio_scoring.domain.facts import Facts, Orders
from fidelio_scoring.domain.model_file import parse_model
from fidelio_scoring.domain.moves import receive
from fidelio_scoring.domain.purchases import Purchases
from fidelio_scoring.domain.segments.parsing import parse_segments
from fidelio_scoring.domain.standing import Evidence, Moved, Rules, Standing
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.scoring import ScoringCause

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MILLISECOND = timedelta(milliseconds=1)
ANN = ProfileId(hash16("test", "ann"))
SHIPPED = parse_model(files("fidelio_scoring").joinpath("models", "cdnow-1997.json").read_text(encoding="utf-8"))
GONE_ONLY = replace(SHIPPED, heads=tuple(each for each in SHIPPED.heads if each.name == "gone"), value=None)


def _every_feature_counts() -> ChurnModel:
    """The shipped model has no use for one of them."""
    (gone,) = GONE_ONLY.heads
    terms = tuple(replace(term, weight=weight) for term, weight in zip(gone.terms, (0.9, 0.7, 0.2, 0.5), strict=True))
    return replace(GONE_ONLY, version="every feature", heads=(replace(gone, terms=terms),))


EVERY_FEATURE = _every_feature_counts()
LIFECYCLE = parse_segments(
    """
schema: 1
name: lifecycle
version: 1
segments:
  - {name: lapsed, kind: lifecycle, group: stage, when: {last_order: {at_least: 182 days}}, %s}
  - {name: at_risk, kind: lifecycle, group: stage, when: {band: high}, %s}
  - {name: new, kind: lifecycle, group: stage, when: {first_order: {less_than: 60 days}}, %s}
  - {name: active, kind: lifecycle, group: stage, when: {orders: {at_least: 1}}, %s}
"""
    % (("labels: {en: X, fr: X}, description: {en: X, fr: X}",) * 4)
)
RULES = Rules(GONE_ONLY, LIFECYCLE)


def bought_at(*moments: datetime) -> Purchases:
    days = {(each - EPOCH).days for each in moments}
    return Purchases(min(moments), max(moments), sum(1 << day for day in days), len(moments))


def facts_of_orders(*moments: datetime) -> Facts:
    purchases = bought_at(*moments)
    first_day = (purchases.days & -purchases.days).bit_length() - 1
    orders = Orders(
        count=len(moments),
        first_at=purchases.first_order_at,
        last_at=purchases.last_order_at,
        first_day=first_day,
        days=f"{purchases.days >> first_day:x}",
    )
    return Facts(interactions=len(moments), first_at=min(moments), last_at=max(moments), orders=orders)


def evidence(revision: int, moments: Iterable[datetime], *, received_at: datetime) -> Evidence:
    """A snapshot received then, of somebody who had bought at these moments."""
    return Evidence(
        profile=ANN,
        epoch=1,
        revision=revision,
        received_at=received_at,
        cause=ScoringCause(kind="interaction", id=hash16("test cause", revision), type="order.placed", at=received_at),
        facts=facts_of_orders(*moments),
    )


def a_standing(*moments: datetime, as_of: datetime | None = None, rules: Rules = RULES) -> Standing:
    """Of somebody who had bought at these moments, heard of at the last one."""
    first = evidence(1, moments, received_at=as_of or max(moments))
    return _moved(first, rules).standing


def _moved(first: Evidence, rules: Rules) -> Moved:
    moved = receive(None, first, rules)
    assert moved
    return moved
