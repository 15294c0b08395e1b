"""Purchases, evidence and models of which a scoring test names only what matters to it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files

from fidelio_scoring.domain.churn import ChurnModel
from fidelio_scoring.domain.model_file import parse_model
from fidelio_scoring.domain.purchases import Purchases
from fidelio_scoring.domain.standing import Evidence, Standing, receive, schedule
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.scoring import ScoringCause

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MILLISECOND = timedelta(milliseconds=1)
ANN = ProfileId(hash16("test", "ann"))
SHIPPED = parse_model(files("fidelio_scoring").joinpath("models", "cdnow-1997.json").read_text(encoding="utf-8"))


def _two_headed() -> ChurnModel:
    """Every feature counts, and there are two ways of leaving."""
    (gone,) = SHIPPED.heads
    terms = tuple(replace(term, weight=weight) for term, weight in zip(gone.terms, (0.9, 0.7, 0.2, 0.5), strict=True))
    leaving = replace(gone, name="leaving", intercept=gone.intercept - 2, terms=terms)
    return replace(SHIPPED, version="two heads", heads=(gone, leaving))


TWO_HEADED = _two_headed()


def bought_at(*moments: datetime) -> Purchases:
    days = {(each - EPOCH).days for each in moments}
    return Purchases(min(moments), max(moments), sum(1 << day for day in days), len(moments))


def evidence(revision: int, moments: Iterable[datetime], *, received_at: datetime) -> Evidence:
    """A snapshot received then, of somebody who had bought at these moments."""
    return Evidence(
        profile=ANN,
        epoch=1,
        revision=revision,
        received_at=received_at,
        cause=ScoringCause(kind="interaction", id=hash16("test cause", revision), type="order.placed", at=received_at),
        purchases=bought_at(*moments),
    )


def a_standing(*moments: datetime, as_of: datetime | None = None, model: ChurnModel = SHIPPED) -> Standing:
    """Of somebody who had bought at these moments, heard of at the last one."""
    first = evidence(1, moments, received_at=as_of or max(moments))
    return schedule(receive(None, first, model).standing, model)
