"""The report on a playbook's effect as text, and as what programs read."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from fidelio_notify.domain.uplift.effects import Effect
from fidelio_notify.domain.uplift.report import Report, verdict
from fidelio_notify.domain.uplift.statistics import Mean, Share

_WIDTH = 110
_NARROWEST = 12
_QUESTIONS = {"goal": "reached the goal", "churn": "churn risk, how far it moved"}


def lines(reports: Sequence[Report]) -> Iterator[str]:
    if not reports:
        yield "nobody was exposed to any playbook yet"
    for each in reports:
        yield from _report(each)
    if len(reports) > 1:
        yield from _wrapped(
            f"{len(reports)} playbooks are reported, each judged by itself: of twenty that do nothing, one seems to."
        )


def plain(report: Report) -> dict[str, Any]:
    """Rates and means are shares of 1, `p` is adjusted within its list, intervals are not."""
    counted = report.counted
    arms = {arm: counted.arm(arm) for arm in ("treated", "held")}
    return {
        "playbook": report.playbook,
        "versions": sorted(counted.versions),
        "people": {arm: each.people for arm, each in arms.items()},
        "unsent": dict(sorted(arms["treated"].unsent.items())),
        "running": counted.running,
        "mixed": counted.mixed,
        "of_two_variants": counted.of_two_variants,
        "effects": [_plain_effect(each) for each in report.effects],
        "variants": [_plain_effect(each) for each in report.variants],
        "contrasts": [_plain_effect(each) for each in report.contrasts],
        "cautions": list(report.cautions),
    }


def _plain_effect(effect: Effect) -> dict[str, Any]:
    return asdict(effect) | {"verdict": verdict(effect)}


def _report(report: Report) -> Iterator[str]:
    counted = report.counted
    versions = ", ".join(map(str, sorted(counted.versions)))
    yield f"{report.playbook}, version {versions}" if versions else report.playbook
    yield f"  {counted.running:,} people are still within their time, {counted.mixed:,} of mixed arms are left out"
    yield from _table("", report.effects)
    yield from _table("variants against those held out", report.variants)
    yield from _table("variants against each other", report.contrasts)
    if counted.of_two_variants:
        yield f"  {counted.of_two_variants:,} people of two variants count for none"
    for each in report.cautions:
        yield from _wrapped(each)
    yield ""


def _table(title: str, effects: Sequence[Effect]) -> Iterator[str]:
    if title and effects:
        yield f"  {title}"
    width = max((len(name) for each in effects for name in (each.of, each.against)), default=0)
    width = max(width, _NARROWEST)
    for each in effects:
        yield f"  {_QUESTIONS[each.question]}"
        yield f"    {each.of:<{width}} {_figures(each.treated)}"
        yield f"    {each.against:<{width}} {_figures(each.held)}"
        yield f"    {'difference':<{width}} {_difference(each)}"
        yield f"    {verdict(each)}"


def _figures(side: Share | Mean) -> str:
    match side:
        case Share(0, _) | Mean(0, _, _, _):
            return "nobody"
        case Share(people, reached):
            return f"{reached:>9,} of {people:>9,}  {100 * reached / people:>7.2f} %"
        case Mean(people, mean, _, changed):
            return f"{changed:>9,} of {people:>9,} moved {100 * mean:>+7.2f} points on average"


def _difference(effect: Effect) -> str:
    if effect.difference is None:
        return "unknown"
    value, low, high = (100 * each for each in (effect.difference.value, effect.difference.low, effect.difference.high))
    p = "" if effect.finding == "too_few" else f"; p {_p(effect.p)}"
    return f"{value:+.2f} points, 95 % interval {low:+.2f} to {high:+.2f}{p}"


def _p(p: float) -> str:
    return f"{p:.4f}" if p >= 0.0001 else "< 0.0001"


def _wrapped(text: str) -> Iterator[str]:
    yield from textwrap.wrap(text, _WIDTH, initial_indent="  - ", subsequent_indent="    ")
