"""The report's pictures as SVG, drawn without a display and the same for the same figures."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from io import StringIO

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fidelio_scoring.training.evaluation import Flags, Vector
from fidelio_scoring.training.figures import Figures
from fidelio_scoring.training.report_texts import Words

OURS, RULE, GREY, LEFT, STAYED = "#1f4e79", "#b07d2b", "#9a9a9a", "#b5442e", "#5b8a72"
BINS = 10
TOP = 0.2


def gains(ranks: Vector, gone: Flags) -> Vector:
    """Of those who left, the share among the first 0, 1, … customers; along equal ranks, a straight line."""
    order = np.argsort(-ranks, kind="stable")
    falling = ranks[order]
    ends = np.flatnonzero(np.concatenate([falling[1:] != falling[:-1], [True]])) + 1
    found = np.concatenate([[0], np.cumsum(gone[order])[ends - 1]])
    return np.asarray(np.interp(np.arange(gone.size + 1), np.concatenate([[0], ends]), found / gone.sum()))


def reached(ranks: Vector, gone: Flags) -> float:
    return float(np.interp(TOP * gone.size, np.arange(gone.size + 1), gains(ranks, gone)))


def draw_reach(ours: Vector, rule: Vector, gone: Flags, words: Words) -> str:
    figure, axes = _page(3.9)
    contacted = np.linspace(0, 1, gone.size + 1)
    axes.plot(contacted, gains(ours, gone), color=OURS, lw=2.5, label=words.names["fidelio"])
    axes.plot(contacted, gains(rule, gone), color=RULE, lw=1.8, label=words.names["days_since_last"])
    axes.plot([0, gone.mean(), 1], [0, 1, 1], color=GREY, lw=1, ls="--", label=words.perfect)
    axes.plot([0, 1], [0, 1], color=GREY, lw=1, ls=":", label=words.random)
    share = reached(ours, gone)
    axes.plot([TOP, TOP, 0], [0, share, share], color=OURS, lw=0.8, alpha=0.6)
    axes.plot(TOP, share, "o", color=OURS)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel=words.axis_contacted, ylabel=words.axis_reached)
    _percent(axes, words)
    axes.legend(frameon=False, loc="lower right")
    return _svg(figure, words.axis_reached)


def draw_trust(chances: Vector, gone: Flags, words: Words) -> str:
    figure, axes = _page(3.9)
    tenths = np.array_split(np.argsort(chances, kind="stable"), BINS)
    said, came = ([float(values[tenth].mean()) for tenth in tenths if tenth.size] for values in (chances, gone))
    axes.plot([0, 1], [0, 1], color=GREY, lw=1)
    axes.plot(said, came, color=OURS, lw=1, alpha=0.5)
    axes.plot(said, came, "o", color=OURS, ms=8)
    limit = min(1.15 * max(said + came), 1)
    axes.set(xlim=(0, limit), ylim=(0, limit), xlabel=words.axis_said, ylabel=words.axis_came)
    _percent(axes, words)
    return _svg(figure, words.axis_came)


def draw_spread(chances: Vector, gone: Flags, words: Words) -> str:
    figure, axes = _page(3.2)
    edges = np.linspace(0, 1, 26).tolist()
    for chosen, colour, label in ((~gone, STAYED, words.stayed), (gone, LEFT, words.left)):
        shares = np.full(int(chosen.sum()), 1 / chosen.sum())
        axes.hist(chances[chosen], edges, weights=shares, color=colour, alpha=0.55, label=label)
        axes.axvline(float(np.median(chances[chosen])), color=colour, lw=2)
    axes.set(xlim=(0, 1), xlabel=words.axis_score, ylabel=words.axis_share)
    _percent(axes, words)
    axes.legend(frameon=False)
    return _svg(figure, words.axis_score)


def draw_comparison(figures: Mapping[str, Figures], words: Words) -> str:
    names = sorted(figures, key=lambda name: figures[name].auc)
    figure, axes = _page(0.7 + 0.42 * len(names))
    for row, name in enumerate(names):
        each = figures[name]
        colour = OURS if name == "fidelio" else RULE if name == "days_since_last" else GREY
        axes.barh(row, 100 * each.auc - 50, left=50, color=colour, alpha=0.85, height=0.62)
        axes.plot([100 * each.auc_low, 100 * each.auc_high], [row, row], color="black", lw=1.6)
        beyond = max(100 * max(each.auc_high, each.auc), 50) + 0.8
        axes.text(beyond, row, words.number(100 * each.auc, 1), va="center", fontsize=10)
    lowest = min(min(100 * each.auc_low for each in figures.values()) - 3, 45)
    axes.set(xlim=(lowest, 102), xlabel=words.axis_pairs)
    axes.set_yticks(range(len(names)), [words.names.get(name, name) for name in names])
    axes.axvline(50, color="black", lw=0.8)
    return _svg(figure, words.axis_pairs)


def draw_weights(effects: Mapping[str, float], words: Words) -> str:
    names = sorted(effects, key=lambda name: abs(effects[name]))
    figure, axes = _page(0.8 + 0.42 * len(names))
    values = [effects[name] for name in names]
    axes.barh(range(len(names)), values, color=[LEFT if value >= 0 else STAYED for value in values], height=0.62)
    for row, value in enumerate(values):
        axes.annotate(
            ("+" if value >= 0 else "−") + words.number(abs(value), 2),
            (value, row),
            (6 if value >= 0 else -6, 0),
            textcoords="offset points",
            va="center",
            ha="left" if value >= 0 else "right",
        )
    axes.set_yticks(range(len(names)), [words.features.get(name, name) for name in names])
    axes.margins(x=0.15)
    axes.axvline(0, color="black", lw=0.8)
    axes.set_xlabel(words.axis_effect)
    return _svg(figure, words.axis_effect)


def _style() -> AbstractContextManager[None]:
    return mpl.rc_context(
        {"font.size": 11, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "fidelio"}
    )


def _page(height: float) -> tuple[Figure, Axes]:
    with _style():
        figure = Figure(figsize=(7.6, height), layout="constrained")
        return figure, figure.add_subplot()


def _percent(axes: Axes, words: Words) -> None:
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(lambda value, _position: words.share(value))


def _svg(figure: Figure, label: str) -> str:
    """Only the element: an XML header does not belong inside a page."""
    text = StringIO()
    with _style():
        figure.savefig(text, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    drawn = text.getvalue()
    return drawn[drawn.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
