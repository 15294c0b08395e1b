"""`fidelio-notify preview` on a real database: it shows everything, and changes nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fidelio_deploy.mongo import Mongod
from fidelio_notify.domain.gates.every import REASONS
from fidelio_notify.domain.gates.words import WORDS
from fidelio_notify.reading import shipped_playbooks
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.profile import Trait
from fidelio_shared.storage.mongo import Database
from support.gate_cases import ANN, MAIL, a_consent, a_person, a_ticket
from support.notify_commands import Done, run
from support.releases import a_desk

BOB = ProfileId(hash16("test", "bob"))
KEY = {"FIDELIO_SUPPRESSION_KEY": "a secret of the tests"}
CHECK_IN = "check_in_when_churn_risk_rises"
NAMED = Trait(name="first_name", value="Ann", at=datetime(2026, 1, 1, tzinfo=UTC), id="0" * 32, source="crm")
LONG_AGO = datetime.now(UTC) - timedelta(days=9)


async def preview(mongod: Mongod, database: Database, *arguments: str) -> Done:
    return await run(mongod, database, "preview", *arguments, **KEY)


async def everything(database: Database) -> dict[str, list[Any]]:
    names = sorted(await database.list_collection_names())
    return {name: await database[name].find().sort("_id").to_list() for name in names}


@pytest.fixture
def database(strict_database: Database) -> Database:
    return strict_database


async def test_who_may_be_written_to_is_shown_the_letter_and_every_verdict(
    strict_mongod: Mongod, database: Database, tmp_path: Path
) -> None:
    await a_desk(database).know(a_person(traits=(NAMED,)))
    before = await everything(database)
    page = tmp_path / "page.html"
    code, told, errors = await preview(strict_mongod, database, CHECK_IN, ANN, "--html", str(page))

    assert (code, errors, told[0]) == (0, "", "would be sent now by email")
    verdicts = [line.split() for line in told[3:19]]
    assert [each[0] for each in verdicts][-6:] == [
        "watermark",
        "contact",
        "suppression_list",
        "consent",
        "quiet",
        "cap",
    ]
    assert {each[-1] for each in verdicts} == {"yes"}
    assert any(line.startswith("Subject: ") for line in told)
    assert any("Ann" in line for line in told)
    assert "<html" in page.read_text(encoding="utf-8")
    assert await everything(database) == before


async def test_who_may_not_be_written_to_is_shown_the_letter_and_why_not(
    strict_mongod: Mongod, database: Database
) -> None:
    await a_desk(database).know(a_person(consents=(), tickets=(a_ticket(is_complaint=True),)))
    code, told, _ = await preview(strict_mongod, database, CHECK_IN, ANN)

    assert (code, told[0]) == (0, "would not be sent; it would be by email")
    refused = [" ".join(line.split()) for line in told[3:19] if not line.endswith("yes")]
    assert refused == [
        "complaint a complaint is open",
        "consent email the person never said yes to this purpose",
    ]
    assert any(line.startswith("Subject: ") for line in told)


async def test_where_quiet_hours_hold_it_is_shown_until_when(
    strict_mongod: Mongod, database: Database, tmp_path: Path
) -> None:
    here = datetime.now(UTC)
    begins, ends = (f"{(here + timedelta(hours=each)):%H:00}" for each in (-1, 2))
    text = shipped_playbooks().replace("21:00 to 08:00", f"{begins} to {ends}").replace("[sms, push, chat]", "[email]")
    other = tmp_path / "other.yaml"
    other.write_text(text.replace("policy:", "policy:\n  zones: [Europe/London]"), encoding="utf-8")
    await a_desk(database).know(a_person(time_zone="UTC"))
    code, told, errors = await preview(strict_mongod, database, CHECK_IN, ANN, "--file", str(other))

    until = (here + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
    assert (code, errors) == (0, "")
    assert told[0].startswith(f"would be put off until {until:%Y-%m-%dT%H:00:00}")
    (quiet,) = (line for line in told if line.startswith("quiet"))
    assert "it is quiet where the person may be  " in quiet
    assert f"{until:%Y-%m-%dT%H:00:00}" in quiet


async def test_a_profile_that_was_merged_shows_the_person_that_it_became(
    strict_mongod: Mongod, database: Database
) -> None:
    desk = a_desk(database)
    await desk.know(revision=8, members=(BOB,))
    await desk.know(profile=BOB, revision=8, merged_into=ANN, state=None)
    code, told, _ = await preview(strict_mongod, database, CHECK_IN, BOB)
    assert (code, told[0]) == (0, "would be sent now by email")


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (("no_such", ANN), 1, "there is no playbook no_such in shipped-1-"),
        ((CHECK_IN, "f" * 32), 1, f"nobody is known by the profile {'f' * 32}"),
        ((CHECK_IN, "ann"), 2, "a profile's id has 32"),
        ((CHECK_IN, ANN, "--step", "9"), 1, "and no step 9"),
    ],
)
async def test_what_cannot_be_shown_is_said_plainly(
    strict_mongod: Mongod, database: Database, arguments: tuple[str, ...], code: int, what: str
) -> None:
    await a_desk(database).know()
    done = await preview(strict_mongod, database, *arguments)
    assert (done.code, done.told) == (code, [])
    assert what in " ".join(done.errors.replace("│", " ").split())


async def test_personal_data_goes_to_standard_output_alone(strict_mongod: Mongod, database: Database) -> None:
    await a_desk(database).know(a_person(consents=(a_consent(at=LONG_AGO),)))
    _, told, errors = await preview(strict_mongod, database, CHECK_IN, ANN)
    assert (errors, MAIL in "\n".join(told)) == ("", False)


def test_every_reason_of_every_gate_has_words() -> None:
    assert {gate: frozenset(words) for gate, words in WORDS.items()} == REASONS
