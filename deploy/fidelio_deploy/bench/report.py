"""What was measured, as one table and as JSON, judged by ratios, processor time and memory alone."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import orjson
from rich.table import Table

from fidelio_deploy.bench.following import FOLD
from fidelio_deploy.bench.gauges import BROKER, MONGOD
from fidelio_deploy.bench.path import WholePath
from fidelio_deploy.bench.series import Figures
from fidelio_deploy.bench.stages import MONGOD_ALONE
from fidelio_deploy.bench.view import View

LEAST_OF_MONGOD = 0.40
MOST_FOLD_MICROSECONDS = 200
MOST_PATH_MICROSECONDS = 650
MOST_SERVICE_MEGABYTES = 150
AROUND_MILLISECONDS = 800
MOST_VIEW_MILLISECONDS = 20
SERVERS = (BROKER, MONGOD)
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Machine:
    """`load` is the one-minute average, before and after: well above 0 before says that others are at work here."""

    processors: int
    load_before: float
    load_after: float


@dataclass(frozen=True, slots=True)
class Results:
    machine: Machine
    events: int
    stages: Mapping[str, Figures]
    path: WholePath | None
    view: View | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`row` is where it stands in the table."""

    row: str
    target: str
    measured: str
    is_met: bool


FULL_SPEED = "whole path, full speed"
HALF_LOAD = "whole path, half load"
VIEW = "the view"


def rows_of(results: Results) -> dict[str, Figures]:
    path = {FULL_SPEED: results.path.full_speed, HALF_LOAD: results.path.half_load} if results.path else {}
    view = {VIEW: results.view.figures} if results.view else {}
    return {**results.stages, **view, **path}


def verdicts(results: Results) -> list[Verdict]:
    found: list[Verdict] = []
    if fold := results.stages.get(FOLD.name):
        found.append(_cpu(FOLD.name, fold, MOST_FOLD_MICROSECONDS))
        if alone := results.stages.get(MONGOD_ALONE):
            share = fold.steady_rate / alone.steady_rate
            target = f"fold takes ≥ {LEAST_OF_MONGOD:.0%} of it"
            found.append(Verdict(MONGOD_ALONE, target, f"{share:.0%}", share >= LEAST_OF_MONGOD))
    if results.view:
        p99 = results.view.p99_milliseconds
        target = f"p99 ≤ {MOST_VIEW_MILLISECONDS} ms"
        found.append(Verdict(VIEW, target, f"{p99:.1f} ms", p99 <= MOST_VIEW_MILLISECONDS))
    if results.path:
        found.append(_cpu(FULL_SPEED, results.path.full_speed, MOST_PATH_MICROSECONDS))
        found += [_memory(row, each) for row, each in rows_of(results).items() if row in (FULL_SPEED, HALF_LOAD)]
    return found


def table(results: Results) -> Table:
    found = Table(title=f"{results.events:,} interactions on {results.machine.processors} processors")
    found.add_column("alone, or together")
    for name in ("events/s", "steady", "service µs", "broker µs", "mongod µs", "sum µs", "service MB"):
        found.add_column(name, justify="right")
    for name in ("target", "measured", "verdict"):
        found.add_column(name)
    judged = verdicts(results)
    for row, each in rows_of(results).items():
        mine = [verdict for verdict in judged if verdict.row == row]
        found.add_row(row, *_cells(each), *_judged(mine))
    found.caption = caption(results)
    return found


def caption(results: Results) -> str:
    machine = (
        f"load {results.machine.load_before:.1f} before, {results.machine.load_after:.1f} after; µs of CPU per event"
    )
    return "\n".join([*_said_of_the_path(results.path), *_said_of_the_view(results.view), machine])


def _said_of_the_path(path: WholePath | None) -> list[str]:
    if path is None:
        return []
    latency = path.latency
    shares = ", ".join(f"{name} {each.share:.0%}" for name, each in latency.stages.items())
    said = (
        f"channels.* to scores at {latency.rate:,.0f}/s: p50 {latency.p50_milliseconds:.0f} ms, "
        f"p99 {latency.p99_milliseconds:.0f} ms (around {AROUND_MILLISECONDS} or better); {shares}; "
        f"{latency.scored:,} of {latency.published:,} moved a score"
    )
    return [said]


def _said_of_the_view(view: View | None) -> list[str]:
    if view is None:
        return []
    asked = f"the view by e-mail, with timeline and outcomes, {view.rate:,.0f} times a second"
    return [f"{asked}: p50 {view.p50_milliseconds:.1f} ms, p99 {view.p99_milliseconds:.1f} ms"]


def as_json(results: Results) -> bytes:
    said = {**asdict(results), "verdicts": [asdict(each) for each in verdicts(results)]}
    return orjson.dumps(said, option=orjson.OPT_INDENT_2) + b"\n"


def _cpu(row: str, measured: Figures, most: int) -> Verdict:
    return Verdict(row, f"sum ≤ {most} µs", f"{measured.cpu_sum:.0f} µs", measured.cpu_sum <= most)


def _memory(row: str, measured: Figures) -> Verdict:
    largest = _largest_service(measured)
    return Verdict(
        row, f"each service ≤ {MOST_SERVICE_MEGABYTES} MB", f"{largest:.0f} MB", largest <= MOST_SERVICE_MEGABYTES
    )


def _largest_service(measured: Figures) -> float:
    return max((peak for name, peak in measured.peak_bytes.items() if name not in SERVERS), default=0) / MEGABYTE


def _cells(measured: Figures) -> tuple[str, ...]:
    spent = measured.cpu_microseconds
    service = sum(each for name, each in spent.items() if name not in SERVERS)
    figures = (measured.rate, measured.steady_rate, service, spent[BROKER], spent[MONGOD], measured.cpu_sum)
    return (*(f"{each:,.0f}" for each in figures), f"{_largest_service(measured):.0f}")


def _judged(found: list[Verdict]) -> tuple[str, str, str]:
    return (
        "\n".join(each.target for each in found),
        "\n".join(each.measured for each in found),
        "\n".join("met" if each.is_met else "missed" for each in found),
    )
