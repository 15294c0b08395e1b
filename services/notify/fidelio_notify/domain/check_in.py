"""When Fidelio thinks of writing to somebody."""

from dataclasses import dataclass
from datetime import timedelta

from fidelio_shared.contracts.scoring import Band, ChurnScore

_ORDER: tuple[Band, ...] = ("low", "watch", "high")


@dataclass(frozen=True, slots=True)
class Playbook:
    """`purpose` and `channel` name the consent it needs. `useful_for`: later than this after its cause it is stale."""

    name: str
    version: int
    purpose: str
    channel: str
    template: str
    rises_to: Band
    useful_for: timedelta
    cap_messages: int
    cap_window: timedelta


CHECK_IN = Playbook(
    name="check_in_when_churn_risk_rises",
    version=1,
    purpose="marketing",
    channel="email",
    template="check_in",
    rises_to="high",
    useful_for=timedelta(days=2),
    cap_messages=1,
    cap_window=timedelta(days=30),
)


def is_triggered(playbook: Playbook, churn: ChurnScore) -> bool:
    """The band rises to the playbook's, from one that was known: a first score is no rise."""
    before, after = churn.band_before, churn.band
    return before is not None and after == playbook.rises_to and _ORDER.index(after) > _ORDER.index(before)
