"""What is kept of scores, segments and notifications: the latest of each, whatever order they come in."""

from collections.abc import Iterable
from typing import Any

import orjson

from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.erasures import ErasureRequested
from fidelio_shared.contracts.notify import NotificationChanged, Step
from fidelio_shared.contracts.scoring import ScoreChanged, SegmentChanged

MOST_NOTIFICATIONS = 20
_STEPS: tuple[Step, ...] = ("decided", "deferred", "suppressed", "failed", "sent")
"""A later one is never undone by an earlier one that comes late."""
Outcome = ScoreChanged | SegmentChanged | NotificationChanged | ErasureRequested
Document = dict[str, Any]


def with_outcome(known: Document, outcome: Outcome) -> Document:
    """`known` itself where the outcome is no news. Values are plain JSON in canonical form.

    Of somebody who was erased nothing is kept but that, whatever comes late.
    """
    if "erased_at" in known:
        return known
    if isinstance(outcome, ErasureRequested):
        return {"erased_at": instant(outcome.at)}
    if isinstance(outcome, NotificationChanged):
        return _with_notification(known, outcome)
    name = "scores" if isinstance(outcome, ScoreChanged) else "segments"
    kept = known.get(name)
    if kept and (outcome.epoch, outcome.sequence) <= (kept["epoch"], kept["sequence"]):
        return known
    return {**known, name: _plain(outcome)}


def _with_notification(known: Document, outcome: NotificationChanged) -> Document:
    """The last step of each decision; the decisions with the latest reasons, latest first.

    A decision's reason never changes, so what is cut off here would be cut off in any order of arrival.
    """
    by_decision = {each["decision"]: each for each in known.get("notifications", ())}
    entry, kept = _plain(outcome), by_decision.get(outcome.decision)
    if kept and _rank(entry) <= _rank(kept):
        return known
    by_decision[outcome.decision] = entry
    return {**known, "notifications": _latest_first(by_decision.values())[:MOST_NOTIFICATIONS]}


def _rank(notification: Document) -> tuple[int, str]:
    return _STEPS.index(notification["step"]), notification["at"]


def _latest_first(notifications: Iterable[Document]) -> list[Document]:
    by_decision = sorted(notifications, key=lambda each: str(each["decision"]))
    return sorted(by_decision, key=lambda each: str(each["reason"]["at"]), reverse=True)


def _plain(outcome: ScoreChanged | SegmentChanged | NotificationChanged) -> Document:
    plain: Document = orjson.loads(encode(outcome))
    return plain
