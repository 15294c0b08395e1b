"""The arithmetic of the bench, and one small run of it on real servers."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from fidelio_deploy.bench.report import Machine, Results, verdicts
from fidelio_deploy.bench.series import Figures, Sample, Usage, figures, percentile
from fidelio_deploy.bench.view import View
from fidelio_deploy.bench.workload import KINDS, make_workload
from fidelio_deploy.errors import StackError
from fidelio_shared.contracts.canonical import moment
from fidelio_shared.contracts.retention import shipped_retention

UNTIL = datetime(2026, 3, 1, tzinfo=UTC)
MEGABYTE = 1024 * 1024


def a_sample(at: float, done: int, *, cpu: float = 0.0, memory: int = 0) -> Sample:
    return Sample(at, done, {"fold": Usage(cpu, memory)})


def some_figures(*, steady: float = 1000.0, cpu: float = 100.0, memory: int = 80 * MEGABYTE) -> Figures:
    return Figures(
        events=1000,
        rate=steady,
        steady_rate=steady,
        cpu_microseconds={"profile-fold": cpu, "kafka": 10.0, "mongod": 20.0},
        peak_bytes={"profile-fold": memory, "kafka": 300 * MEGABYTE, "mongod": 200 * MEGABYTE},
    )


def test_the_steady_rate_leaves_out_the_first_quarter() -> None:
    samples = [a_sample(0, 0), a_sample(10, 250), a_sample(11, 500, cpu=1.0, memory=7), a_sample(13, 1000, cpu=2.0)]
    found = figures(samples, 1000)
    assert (found.rate, found.steady_rate) == (1000 / 13, 250.0)
    assert found.cpu_microseconds == {"fold": 2000.0}
    assert found.peak_bytes == {"fold": 7}


def test_what_was_over_at_once_cannot_be_measured() -> None:
    with pytest.raises(StackError, match="more --events"):
        figures([a_sample(0, 1000), a_sample(1, 1000)], 1000)


@pytest.mark.parametrize(("percent", "value"), [(50, 2.0), (75, 3.0), (99, 4.0), (100, 4.0), (1, 1.0)])
def test_a_percentile_is_a_value_that_was_measured(percent: float, value: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], percent) == value


def test_ratios_processor_time_and_memory_are_judged() -> None:
    good = {"fold": some_figures(steady=500), "mongod alone": some_figures(steady=1000)}
    bad = {"fold": some_figures(steady=399, cpu=171), "mongod alone": some_figures(steady=1000)}
    machine = Machine(2, 0.0, 1.0)
    assert [each.is_met for each in verdicts(Results(machine, 1000, good, None))] == [True, True]
    assert [each.is_met for each in verdicts(Results(machine, 1000, bad, None))] == [False, False]


def test_every_run_sends_the_same_with_one_in_two_hundred_twice() -> None:
    workload = make_workload(4000, until=UNTIL)
    first, again = ([each.value for each in workload.records(0, 4000)] for _ in range(2))
    assert first == again
    assert 4000 < len(first) < 4000 * 1.01
    assert len(set(first)) == 4000
    assert 350 < sum(len(each or b"") for each in first) / len(first) < 550


def test_nothing_that_is_sent_is_too_old_for_the_door() -> None:
    values = [orjson.loads(each.value or b"") for each in make_workload(4000, until=UNTIL).records(0, 4000)]
    first_at = {each["type"]: moment(each["occurred_at"]) for each in reversed(values)}
    assert first_at.keys() == {each.type for each in KINDS}
    assert all(at > shipped_retention().oldest(name, UNTIL + timedelta(hours=1)) for name, at in first_at.items())


def test_the_views_are_asked_for_by_addresses_that_were_sent() -> None:
    workload = make_workload(4000, until=UNTIL)
    values = [orjson.loads(each.value or b"") for each in workload.records(0, 4000)]
    sent = {named["value"] for each in values for named in each["identifiers"] if named["kind"] == "email"}
    asked = workload.emails(500)
    assert (len(asked), set(asked) <= sent, len(set(asked)) > 250) == (500, True, True)


@pytest.mark.parametrize(("milliseconds", "is_met"), [(20.0, True), (20.1, False)])
def test_a_view_is_judged_by_its_slowest_hundredth(milliseconds: float, is_met: bool) -> None:
    view = View(200, 1.0, milliseconds, some_figures())
    found = verdicts(Results(Machine(2, 0.0, 1.0), 1000, {}, None, view))
    assert [(each.row, each.is_met) for each in found] == [("the view", is_met)]


def test_activity_is_uneven_as_customers_are() -> None:
    values = [orjson.loads(each.value or b"") for each in make_workload(4000, until=UNTIL).records(0, 4000)]
    customers = [each["identifiers"][0]["value"] for each in values]
    by_number = sorted((customers.count(each) for each in set(customers)), reverse=True)
    assert by_number[0] > 20
    assert by_number[-1] == 1


def test_a_small_run_measures_fold_beside_mongod_alone(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("fidelio-bench")), "--events", "8000", "--stage", "fold"]
    done = subprocess.run(
        [*command, "--json", str(tmp_path / "bench.json")], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    found = orjson.loads((tmp_path / "bench.json").read_bytes())
    assert set(found["stages"]) == {"ingest", "resolve", "fold", "mongod alone"}
    assert all(each["events"] > 0 for each in found["stages"].values())
    assert [each["row"] for each in found["verdicts"]] == ["fold", "mongod alone"]
