"""A world as files, the command that writes and judges them, and anybody's scores."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from fidelio_deploy.errors import StackError
from fidelio_deploy.replay.history import measured, read_history
from fidelio_deploy.world.command import app
from fidelio_deploy.world.files import read_world
from fidelio_deploy.world.laws import a_world
from fidelio_deploy.world.life import lives
from fidelio_deploy.world.scores import read_scores
from fidelio_scoring.training.history import logs_of
from fidelio_scoring.training.purchase_files import read_history as read_orders

JULY = datetime(2025, 7, 1, tzinfo=UTC)
WORLD = a_world(11, customers=120)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("world")
    done = CliRunner().invoke(app, ["write", str(directory), "--seed", "11", "--customers", "120"])
    assert done.exit_code == 0, done.output
    return directory


def test_a_written_world_is_read_back_as_the_same_world(written: Path) -> None:
    assert read_world(written) == WORLD


def test_a_world_without_a_seed_draws_one_and_tells_it(tmp_path: Path) -> None:
    said = [
        CliRunner().invoke(app, ["write", str(tmp_path / name), "--customers", "2", "--days", "30"]).output
        for name in "ab"
    ]
    seeds = [read_world(tmp_path / name).seed for name in "ab"]

    assert seeds[0] != seeds[1]
    assert all(f"the world of seed {seed} is in" in text for seed, text in zip(seeds, said, strict=True))


def test_a_written_history_can_be_replayed(written: Path) -> None:
    extent = measured(read_history(written / "history.ndjson"))

    assert extent
    assert extent.records == len((written / "stream.ndjson").read_bytes().splitlines())


def test_a_written_worlds_orders_can_be_trained_on(written: Path) -> None:
    logs = logs_of(read_orders(written / "purchases.csv"))

    assert {name: len(log.instants) for name, log in logs.items()} == {
        life.person.name: life.orders.size for life in lives(WORLD)
    }


def test_the_truth_tells_when_each_customer_left(written: Path) -> None:
    told = [orjson.loads(line) for line in (written / "truth.ndjson").read_bytes().splitlines()]
    gone = {life.person.name for life in lives(WORLD) if life.left_day < WORLD.days}

    assert len(told) == 120
    assert {each["customer"] for each in told if each["left_at"]} == gone
    assert all(each["joined_at"] < each["decided_at"] <= each["left_at"] for each in told if each["left_at"])


def test_the_oracles_file_is_judged_as_the_best_scores_there_are(written: Path, tmp_path: Path) -> None:
    foreseen = CliRunner().invoke(app, ["foresee", str(written), str(tmp_path / "oracle.csv")])
    judged = CliRunner().invoke(app, ["judge", str(written), "--scores", str(tmp_path / "oracle.csv")])

    assert (foreseen.exit_code, judged.exit_code) == (0, 0)
    everybody = next(line for line in judged.output.splitlines() if "gone, of everybody" in line)
    assert "1.00 to 1.00" in everybody


def test_without_scores_the_rule_is_judged_and_closes_nothing(written: Path) -> None:
    judged = CliRunner().invoke(app, ["judge", str(written)])

    assert "0.00 to 0.00" in next(line for line in judged.output.splitlines() if "gone, of everybody" in line)


CSV = """customer,at,score
a,2025-01-01T00:00:00Z,0.1
a,2025-06-01T00:00:00Z,0.3
a,2025-08-01T00:00:00Z,0.9
b,2025-02-01T00:00:00Z,0.2
c,2025-09-01T00:00:00Z,0.5
"""
NDJSON = """{"customer":"a","at":"2025-06-01T00:00:00Z","score":0.3}
{"customer":"b","at":"2025-02-01T00:00:00Z","score":0.2}

{"customer":"a","at":"2025-08-01T00:00:00Z","score":0.9}
"""


@pytest.mark.parametrize(("name", "text"), [("scores.csv", CSV), ("scores.ndjson", NDJSON)])
def test_the_last_score_of_each_customer_up_to_then_counts(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)

    assert read_scores(tmp_path / name, until=JULY) == {"a": 0.3, "b": 0.2}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("scores.txt", "", "neither .csv nor .ndjson"),
        ("scores.csv", "customer,at\na,2025-01-01T00:00:00Z\n", "scores.csv:2 has no at or score"),
        ("scores.csv", "customer,at,score\na,2025-01-01,0.1\n", "scores.csv:2 lacks a customer, a time zone"),
        ("scores.csv", "customer,at,score\na,2025-01-01T00:00:00Z,nan\n", "scores.csv:2 lacks a customer"),
        ("scores.ndjson", "[1]\n", "scores.ndjson:1 is no object"),
        ("scores.ndjson", "{\n", "scores.ndjson:1 is not JSON"),
    ],
)
def test_scores_that_cannot_be_read_are_refused_with_their_place(
    name: str, text: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)

    with pytest.raises(StackError, match=message):
        read_scores(tmp_path / name, until=JULY)


def test_a_directory_without_a_world_is_named(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"holds no world.json; write a world there"):
        read_world(tmp_path)


def test_the_world_knows_nothing_of_scoring() -> None:
    """What it imports, as its own command: a scorer that is judged by its own formulas is judged too well."""
    loaded = "import sys, fidelio_deploy.world.command; print(*(name for name in sys.modules if 'fidelio_' in name))"
    names = subprocess.run([sys.executable, "-c", loaded], check=True, capture_output=True, text=True).stdout.split()

    assert "fidelio_deploy.world.oracle" in names
    assert [name for name in names if name.startswith(("fidelio_scoring", "fidelio_profile"))] == []
