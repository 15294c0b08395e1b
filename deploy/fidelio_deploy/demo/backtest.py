"""The scores announced up to a day, judged by what the customers really did afterwards."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fidelio_deploy.demo.cdnow import Purchase
from fidelio_deploy.demo.outcome import Customer
from fidelio_scoring.rules import read_rules
from fidelio_scoring.settings import ScoringSettings
from fidelio_scoring.training.evaluation import Backtest, backtest, backtest_model
from fidelio_scoring.training.history import Order, logs_of

AFTERWARDS = timedelta(weeks=26)


@dataclass(frozen=True)
class Judgement:
    """`announced`: as read from topic `scores`; `offline`: the same model, computed at the cut-off for everybody."""

    announced: Backtest
    offline: Backtest


def judge(customers: Iterable[Customer], purchases: Sequence[Purchase], *, cutoff: datetime) -> Judgement:
    """Scores and last purchases come from the system, what came afterwards from the file. Others are left out."""
    in_the_file = {each.customer for each in purchases}
    known = {each.name: each for each in customers if each.name in in_the_file}
    listed = [each for each in purchases if each.customer in known]
    announced = backtest(
        {name: each.churn.after for name, each in known.items()},
        {name: each.last_order_at for name, each in known.items()},
        bought_after={each.customer for each in listed if cutoff < each.at <= cutoff + AFTERWARDS},
        cutoff=cutoff,
    )
    logs = logs_of(Order(each.customer, each.at, float(each.dollars)) for each in listed)
    return Judgement(announced, backtest_model(logs, read_rules(ScoringSettings()).model, cutoff=cutoff))
