"""`fidelio-scoring segments` on a real database."""

from pathlib import Path

import pytest

from fidelio_deploy.mongo import Mongod
from fidelio_scoring.adapters.mongo_rules import MongoRuleStore
from fidelio_scoring.domain.segments.parsing import parse_segments
from fidelio_scoring.rules import SHIPPED_SEGMENTS, shipped
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.storage.mongo import Database
from support.scored import a_person, scored, store
from support.scoring_commands import Done, run
from support.standings import DAY, NOON

WORDS = "labels: {en: Buyers, fr: Clients}, description: {en: D, fr: D}"
TRIED = f"""
schema: 1
name: tried
version: 2
segments:
  - {{name: new, kind: lifecycle, when: {{first_order: {{less_than: 30 days}}}}, {WORDS}}}
  - {{name: buyers, kind: value, when: {{orders: {{at_least: 2}}}}, {WORDS}}}
"""
VERSION = parse_segments(TRIED).version
SHIPPED_VERSION = parse_segments(shipped("segments", SHIPPED_SEGMENTS)).version


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tried.yaml"
    path.write_text(TRIED, encoding="utf-8")
    return path


async def test_a_file_is_checked_and_what_it_needs_of_profiles_is_told(
    strict_mongod: Mongod, database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "ours.yaml"
    happened = "{happened: {type: %s, at_least: %d, within: 30 days}}"
    for kind, count in (("ticket.opened", 3), ("nps.given", 1)):
        path.write_text(TRIED.replace("{orders: {at_least: 2}}", happened % (kind, count)), encoding="utf-8")
        done = await run(strict_mongod, database, "segments", "check", str(path))
        assert done == Done(
            0,
            [
                f"{parse_segments(path.read_text()).version}: 2 segments",
                f"  needs the latest {count} {kind}; profiles keep {count}",
            ],
            "",
        )


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("{orders: {at_leest: 2}}", "7:49: segment buyers: "),
        ("{happened: {type: ticket.opened, at_least: 4, within: 1 day}}", "7:5: segment buyers: needs the latest 4 "),
        ("{happened: {type: nps.given, at_least: 2, within: 1 day}}", "profiles keep 0; ask for fewer"),
    ],
)
async def test_what_is_wrong_or_not_kept_is_refused_by_line_and_name(
    strict_mongod: Mongod, database: Database, tmp_path: Path, wrong: str, told: str
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(TRIED.replace("{orders: {at_least: 2}}", wrong), encoding="utf-8")
    for command in ("check", "dry-run", "use"):
        code, said, errors = await run(strict_mongod, database, "segments", command, str(path))
        assert (code, said) == (1, [])
        assert errors.startswith(f"{path}:7:")
        assert told in errors
    assert await MongoRuleStore(database).read() == {}


async def test_a_file_that_is_not_utf_8_is_refused(strict_mongod: Mongod, database: Database, file: Path) -> None:
    file.write_bytes(TRIED.encode("utf-16"))
    done = await run(strict_mongod, database, "segments", "use", str(file))
    assert done == Done(1, [], f"{file} is not UTF-8; save it as UTF-8\n")


async def test_a_dry_run_tells_who_would_enter_and_leave_and_changes_nothing(
    strict_mongod: Mongod, database: Database, file: Path
) -> None:
    names = ("ann", "bob", "cy")
    await store(database, *(scored(name, NOON - days * DAY) for name, days in zip(names, (5, 40, 50), strict=True)))
    await store(database, scored("old", NOON - 300 * DAY, NOON - 90 * DAY))
    await database.scores.insert_one({"_id": bytes.fromhex(a_person("erased")), "erased_at": NOON})
    everything = await database.scores.find({"_id": {"$gt": b""}}).to_list()
    code, told, _ = await run(
        strict_mongod, database, "segments", "dry-run", str(file), "--at", "2026-03-01T12:00:00", "--profiles", "1"
    )
    header, *lines = told
    assert code == 0
    assert header.split() == ["segment", "now", "then", "enter", "leave"]
    assert [each.split() for each in lines] == [
        ["new", "3", "1", "0", "2"],
        ["leave:", min(map(a_person, ("bob", "cy")))],
        ["buyers", "0", "1", "1", "0"],
        ["enter:", a_person("old")],
        ["active", "1", "0", "0", "1"],
        ["leave:", a_person("old")],
        ["3", "of", "4", "profiles", "would", "change"],
    ]
    assert await database.scores.find({"_id": {"$gt": b""}}).to_list() == everything
    assert await MongoRuleStore(database).read() == {}


async def test_definitions_are_put_into_use_listed_and_taken_back(
    strict_mongod: Mongod, database: Database, file: Path
) -> None:
    await store(database, scored("ann", NOON))
    first = await run(strict_mongod, database, "segments", "use", str(file))
    assert first.told[0] == f"in use: {VERSION}, before: {SHIPPED_VERSION}"
    assert {"  buyers is new", "  new has another definition", "  at_risk is no more"} <= set(first.told)
    assert await MongoRuleStore(database).read() == {"segments": TRIED}
    again = await run(strict_mongod, database, "segments", "use", str(file))
    assert again.told == [f"in use: {VERSION}, before: {VERSION}", "  no segment has another definition"]
    _, listed, _ = await run(strict_mongod, database, "segments", "list")
    assert [each.split() for each in listed] == [
        [VERSION],
        ["new", "lifecycle", "-", "1", "Buyers"],
        ["buyers", "value", "-", "0", "Buyers"],
    ]
    back = await run(strict_mongod, database, "segments", "use", "--shipped")
    assert back.told[0] == f"in use: {SHIPPED_VERSION}, before: {VERSION}"
    assert await MongoRuleStore(database).read() == {}


async def test_what_this_version_cannot_read_can_be_replaced(
    strict_mongod: Mongod, database: Database, file: Path
) -> None:
    await MongoRuleStore(database).use("segments", "schema: 9")
    done = await run(strict_mongod, database, "segments", "use", str(file))
    assert done.told[0] == f"in use: {VERSION}, before: unknown"
    assert done.errors.startswith("what was in use cannot be read: in the database:1:1: ")


async def test_use_needs_a_file_or_the_shipped_one_and_no_file_of_the_settings_that_would_hold(
    strict_mongod: Mongod, database: Database, file: Path
) -> None:
    for arguments in ((), (str(file), "--shipped")):
        assert (await run(strict_mongod, database, "segments", "use", *arguments)).code == 2
    told = {"FIDELIO_SEGMENTS_FILE": str(file)}
    refused = await run(strict_mongod, database, "segments", "use", "--shipped", **told)
    assert (refused.code, refused.errors.split(",")[0]) == (1, "FIDELIO_SEGMENTS_FILE names a file")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "yes  first order: under 30 days ago (since {}, until {})"),
        ("fr", "oui  première commande : il y a moins de 30 jours (depuis {}, jusqu’au {})"),
    ],
)
async def test_why_somebody_is_in_a_segment_is_told_in_both_languages(
    strict_mongod: Mongod, database: Database, file: Path, language: str, said: str
) -> None:
    await store(database, scored("ann", NOON))
    await MongoRuleStore(database).use("segments", TRIED)
    asked = ("segments", "explain", a_person("ann"), "new", "--language", language, "--at", "2026-03-02")
    code, told, _ = await run(strict_mongod, database, *asked)
    assert code == 0
    assert told[0] == (f"{VERSION} at 2026-03-02T00:00:00.000Z; as announced last: a member since {instant(NOON)}")
    assert told[-1].strip() == said.format(instant(NOON), instant(NOON + 30 * DAY))


async def test_whom_and_what_nothing_can_be_told_of_is_said(strict_mongod: Mongod, database: Database) -> None:
    await store(database, scored("ann", NOON))
    asked = [("ann", 2), (a_person("nobody"), 1), (a_person("ann"), 1)]
    codes = [(await run(strict_mongod, database, "segments", "explain", each, "nothing")).code for each, _ in asked]
    assert codes == [code for _, code in asked]
