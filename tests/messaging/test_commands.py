"""An error that the operator can act on is one plain line on standard error and an exit code, never a traceback."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from typer import Typer
from typer.testing import CliRunner

from fidelio_ingest.__main__ import main as ingest
from fidelio_notify.__main__ import main as notify
from fidelio_profile.__main__ import main as profile
from fidelio_scoring.__main__ import main as scoring
from support.logging_state import restored_logging


@dataclass(frozen=True)
class Mistake:
    service: Typer
    arguments: tuple[str, ...]
    told: str
    exit_code: int
    environment: Mapping[str, str] = field(default_factory=dict)


MISTAKES = {
    "no key for the door": Mistake(ingest, ("run",), "FIDELIO_API_KEY: Field required", 2),
    "no key for the api": Mistake(profile, ("run", "--steps", "api"), "the api step needs FIDELIO_API_KEY", 1),
    "two settings wrong at once": Mistake(
        scoring,
        ("run",),
        "FIDELIO_CLOCK: Input should be 'wall' or 'stream'; "
        "FIDELIO_ORDINAL: Input should be a valid integer, unable to parse string as an integer",
        2,
        {"FIDELIO_CLOCK": "moon", "FIDELIO_ORDINAL": "first"},
    ),
    "a setting of Kafka that there is not": Mistake(
        notify,
        ("run",),
        "FIDELIO_KAFKA__BOOTSTRAP: Extra inputs are not permitted",
        2,
        {"FIDELIO_KAFKA__BOOTSTRAP": "127.0.0.1:9092"},
    ),
    "a model that is not there": Mistake(
        scoring,
        ("run",),
        "[Errno 2] No such file or directory: '/nowhere/model.json'",
        1,
        {"FIDELIO_MODEL_FILE": "/nowhere/model.json"},
    ),
    "real mail from replayed history": Mistake(
        notify,
        ("run",),
        "on the stream clock the mail server and all providers must be on this machine (127.0.0.1)",
        1,
        {"FIDELIO_CLOCK": "stream", "FIDELIO_SMTP_HOST": "192.0.2.1"},
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_in_one_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mistake = MISTAKES[name]
    for variable in [each for each in os.environ if each.startswith("FIDELIO_")]:
        monkeypatch.delenv(variable)

    with restored_logging():
        result = CliRunner().invoke(mistake.service, mistake.arguments, env=dict(mistake.environment))

    assert (result.stderr, result.stdout, result.exit_code) == (f"{mistake.told}\n", "", mistake.exit_code)
