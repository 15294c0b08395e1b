"""The demo as a user starts it: small, through a whole real stack, and stopped by Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson
import psutil
import pytest

from fidelio_deploy.demo.cdnow import Purchase, locate_cdnow, read_purchases
from fidelio_deploy.demo.command import first_customers
from fidelio_deploy.demo.simulated import simulated_world
from fidelio_deploy.demo.story import Origin, origins, tell
from fidelio_deploy.replay.command import instant_of
from fidelio_deploy.world.life import lives
from fidelio_deploy.world.scores import read_scores

Until = Callable[[Callable[[], bool]], None]
BIN = Path(sys.executable).parent
CUSTOMERS, UNTIL = 300, "1997-02-28"
SMALL = ("--customers", str(CUSTOMERS), "--until", UNTIL, "--cutoff", "1997-02-14", "--keep")


@dataclass(frozen=True)
class Running:
    process: psutil.Popen
    home: Path

    @property
    def said(self) -> str:
        return (self.home / "out").read_text()

    @property
    def temporary(self) -> Path:
        return self.home / "tmp"

    def says(self, text: str) -> bool:
        """Whether it said so; a demo that ended without saying it never will."""
        assert self.process.poll() is None, self.said
        return text in self.said


@contextmanager
def running_demo(home: Path, *arguments: str) -> Iterator[Running]:
    (home / "tmp").mkdir()
    own_servers = {name: value for name, value in os.environ.items() if name not in ("FIDELIO_KAFKA", "FIDELIO_MONGO")}
    with (home / "out").open("w") as out:
        process = psutil.Popen(
            (BIN / "fidelio-demo", *arguments),
            env=own_servers | {"TMPDIR": str(home / "tmp")},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Running(process, home)
    finally:
        if process.is_running():
            process.kill()


def command(name: str, *arguments: str) -> str:
    done = subprocess.run((BIN / name, *arguments), capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def collect(out: Path, stack: Path) -> Mapping[str, float]:
    """What the system announced of each customer by the end, through a file of scores."""
    arguments = ("-m", "fidelio_deploy.world", "collect", str(out), "--directory", str(stack))
    subprocess.run((sys.executable, *arguments), check=True, capture_output=True, timeout=60)
    return read_scores(out, until=instant_of(UNTIL))


def number_of(what: str, said: str) -> int:
    found = re.search(rf"([\d,]+)\s+{what}", said)
    assert found, f"nothing is said of {what}:\n{said}"
    return int(found[1].replace(",", ""))


def assert_nothing_is_left(demo: Running, children: list[psutil.Process]) -> None:
    psutil.wait_procs([demo.process], timeout=120)
    alive = [child.cmdline() for child in children if child.is_running()]
    assert (alive, demo.process.poll()) == ([], 128 + signal.SIGINT), demo.said
    assert children
    assert list(demo.temporary.iterdir()) == []
    assert demo.said.endswith("\nStopped; nothing of the demo is left on this machine.\n")
    assert "Traceback" not in demo.said


@pytest.fixture
def patient_until() -> Until:
    """As `until`, for a whole stack on a machine that has other work, too."""

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 240
        while not condition():
            assert time.monotonic() < deadline, "it did not become true within 240 s"
            time.sleep(0.1)

    return wait


def test_a_small_demo_tells_what_the_system_did_and_ctrl_c_leaves_nothing(tmp_path: Path, patient_until: Until) -> None:
    purchases = first_customers(read_purchases(locate_cdnow()), CUSTOMERS)
    put_in = origins(tell(purchases), until=instant_of(UNTIL))

    with running_demo(tmp_path, *SMALL) as demo:
        patient_until(lambda: demo.says("Still up, until Ctrl-C"))
        stack = next(demo.temporary.glob("fidelio-demo-*/stack"))
        children = demo.process.children(recursive=True)

        score = command("fidelio-tail", "scores", "--from-beginning", "-n", "1", "--directory", str(stack))
        collected = collect(tmp_path / "scores.csv", stack)
        advanced = command("fidelio-replay", "--until", "1997-03-01", "--directory", str(stack))
        (tmp_path / "more.ndjson").write_bytes(orjson.dumps(A_LATER_ORDER))
        replayed = command("fidelio-replay", str(tmp_path / "more.ndjson"), "--directory", str(stack))

        demo.process.send_signal(signal.SIGINT)
        assert_nothing_is_left(demo, children)

    said = demo.said
    assert number_of("orders accepted", said) == put_in[Origin.PURCHASE] + put_in[Origin.ORDER]
    assert number_of("received on all channels", said) == sum(put_in.values())
    assert number_of("duplicates refused", said) == put_in[Origin.REPETITION]
    assert number_of("dead letters", said) == put_in[Origin.FAULT] == 2
    assert number_of("profiles  ", said) == customers_known(purchases, until=instant_of(UNTIL))
    assert len(re.findall(r"^back-test at-risk AUC 0\.\d{3}$", said, re.MULTILINE)) == 1
    assert '"churn"' in score
    assert len(collected) == customers_known(purchases, until=instant_of(UNTIL))
    assert advanced == "the clock stands at 1997-03-01T23:59:59.999000+00:00\n"
    assert replayed == "1 interactions published; the clock stands at 1997-03-05T00:00:00+00:00\n"


def customers_known(purchases: Iterable[Purchase], *, until: datetime) -> int:
    """By a real purchase, or by the first order of a simulated life."""
    world = simulated_world()
    simulated = [life for life in lives(world) if world.instant(life.person.joined_day) <= until]
    return len({each.customer for each in purchases if each.at <= until}) + len(simulated)


A_LATER_ORDER = {
    "channel": "store",
    "source": "test",
    "id": "1",
    "type": "order.placed",
    "occurred_at": "1997-03-05T00:00:00Z",
    "identifiers": [{"kind": "customer_id", "value": "00001"}],
}


def test_ctrl_c_while_the_stack_starts_leaves_nothing(tmp_path: Path, patient_until: Until) -> None:
    with running_demo(tmp_path, *SMALL) as demo:
        patient_until(lambda: demo.says("Kafka and MongoDB answer"))
        patient_until(lambda: demo.says("mail is ready"))
        children = demo.process.children(recursive=True)

        demo.process.send_signal(signal.SIGINT)
        demo.process.send_signal(signal.SIGINT)

        assert_nothing_is_left(demo, children)
