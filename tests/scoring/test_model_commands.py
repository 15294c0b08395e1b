"""`fidelio-scoring model` and `adopted` on a real database."""

import asyncio
from dataclasses import replace
from pathlib import Path

from fidelio_deploy.mongo import Mongod
from fidelio_scoring.adapters.mongo_rules import MongoRuleStore
from fidelio_scoring.domain.churn import ChurnModel
from fidelio_scoring.domain.model_file import write_model
from fidelio_scoring.domain.segments.parsing import parse_segments
from fidelio_scoring.domain.standing import Rules
from fidelio_scoring.rules import SHIPPED_MODEL, SHIPPED_SEGMENTS, shipped
from fidelio_shared.storage.mongo import Database
from support.scored import scored, store, stored
from support.scoring_commands import Done, run
from support.standings import DAY, NOON, SHIPPED, bought_at

EXAMPLES = [(bought_at(NOON - days * DAY), NOON) for days in (1, 50, 400)]
IN_USE = Rules(SHIPPED, parse_segments(shipped("segments", SHIPPED_SEGMENTS)))


def written(path: Path, model: ChurnModel) -> Path:
    path.write_text(write_model(model, EXAMPLES), encoding="utf-8")
    return path


async def test_a_model_is_checked_used_shown_and_taken_back(
    strict_mongod: Mongod, database: Database, tmp_path: Path
) -> None:
    file = written(tmp_path / "ours.json", replace(SHIPPED, version="ours"))
    checked = await run(strict_mongod, database, "model", "check", str(file))
    used = await run(strict_mongod, database, "model", "use", str(file))
    shown = await run(strict_mongod, database, "model", "show")
    assert (checked.code, checked.told[0]) == (0, "ours: gone, leaving; 13 weeks ahead")
    assert used == Done(0, ["in use: ours, before: cdnow-1997"], "")
    assert shown.told == ["from the database", *checked.told]
    back = await run(strict_mongod, database, "model", "use", "--shipped")
    assert back.told == ["in use: cdnow-1997, before: ours"]
    assert (await run(strict_mongod, database, "model", "show")).told[0] == "from the shipped file"


async def test_another_model_of_the_same_version_is_refused(
    strict_mongod: Mongod, database: Database, tmp_path: Path
) -> None:
    bands = replace(SHIPPED.bands, high=replace(SHIPPED.bands.high, enter=0.99))
    file = written(tmp_path / "other.json", replace(SHIPPED, bands=bands))
    refused = await run(strict_mongod, database, "model", "use", str(file))
    told = "another model of version cdnow-1997 is in use; give this one another version\n"
    assert refused == Done(1, [], told)
    assert await MongoRuleStore(database).read() == {}
    file.write_text(shipped("models", SHIPPED_MODEL), encoding="utf-8")
    assert (await run(strict_mongod, database, "model", "use", str(file))).code == 0


async def test_a_model_that_fails_its_check_is_refused_by_its_file(
    strict_mongod: Mongod, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "broken.json"
    file.write_text("{}", encoding="utf-8")
    for command in ("check", "use"):
        code, told, errors = await run(strict_mongod, database, "model", command, str(file))
        assert (code, told) == (1, [])
        assert errors.startswith(f"{file}: schema is None")


async def test_how_many_profiles_other_rules_scored_last_is_told_and_waited_for(
    strict_mongod: Mongod, database: Database
) -> None:
    await store(database, scored("ann", NOON), scored("bob", NOON))
    await store(database, scored("cy", NOON), partition=7)
    await store(database, scored("dora", NOON, rules=IN_USE), partition=7)
    assert await run(strict_mongod, database, "adopted") == Done(1, ["profiles scored by other rules: 3"], "")
    waiting = asyncio.create_task(run(strict_mongod, database, "adopted", "--wait"))
    for standing in (await stored(database, ("ann", "bob", "cy"))).values():
        await store(database, replace(standing, rules=IN_USE.version))
    done = await waiting
    assert (done.code, done.told[-1]) == (0, "profiles scored by other rules: 0")
