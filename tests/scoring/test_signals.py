"""Signals are the same in every process: a restart says the same bytes again."""

import os
import subprocess
import sys

SUMMED = """
from datetime import UTC, datetime
from fidelio_scoring.domain.facts import Activity, Facts
from fidelio_scoring.domain.signals import features_at, signals_of
now = datetime(2026, 3, 1, tzinfo=UTC)
used = {"app.opened": 0.1, "feature.used": 0.2, "page.viewed": 0.3, "session.started": 0.7, "visit.made": 1.1}
activity = tuple(Activity(kind, "app", 1, now, now, (each,) * 3) for kind, each in used.items())
print(dict(features_at(signals_of(Facts(5, now, now, activity=activity)), now)))
"""


def test_what_is_used_is_summed_in_the_same_order_however_a_process_hashes_names() -> None:
    """In another order the last bits are others, and after a restart the same record would have other bytes."""
    told = {_printed(seed) for seed in range(6)}
    assert len(told) == 1


def _printed(seed: int) -> str:
    environ = {**os.environ, "PYTHONHASHSEED": str(seed)}
    return subprocess.run(
        [sys.executable, "-c", SUMMED], env=environ, capture_output=True, text=True, check=True
    ).stdout
