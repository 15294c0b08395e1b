"""`fidelio-notify unwanted` on a real database."""

from fidelio_deploy.mongo import Mongod
from fidelio_notify.domain.unwanted import Unwanted
from fidelio_shared.storage.mongo import Database
from support.agents import NOON
from support.desk import ANNS, SUPPRESSOR, Around
from support.notify_commands import Done, run

KEY = {"FIDELIO_SUPPRESSION_KEY": "a secret of tests alone"}
ADDRESS = " Ann@Example.org"
REMOVAL = ("--by", "jo", "--reason", "A new consent by letter.")


async def unwanted(mongod: Mongod, database: Database, *arguments: str) -> Done:
    return await run(mongod, database, "unwanted", *arguments, **KEY)


async def test_an_address_is_added_checked_and_removed(strict_mongod: Mongod, database: Database) -> None:
    not_listed = "it is not on the list"
    assert await unwanted(strict_mongod, database, "check", ADDRESS) == Done(0, [not_listed], "")
    added = await unwanted(strict_mongod, database, "add", ADDRESS, "--why", "complained")
    assert added == Done(0, ["added: it is not written to any more"], "")
    code, (told,), _ = await unwanted(strict_mongod, database, "check", ADDRESS)
    assert (code, told.startswith("complained since 20")) == (1, True)
    removed = await unwanted(strict_mongod, database, "remove", ADDRESS, *REMOVAL)
    assert removed == Done(0, ["removed: it may be written to again, where the person's consent says so"], "")
    assert await unwanted(strict_mongod, database, "remove", ADDRESS, *REMOVAL) == Done(1, [], f"{not_listed}\n")
    (kept,) = await database.unwanted.find({"key": {"$gt": ""}}).to_list()
    assert (kept["removed"]["by"], kept["removed"]["reason"]) == ("jo", "A new consent by letter.")


async def test_what_cannot_be_done_is_said_and_changes_nothing(strict_mongod: Mongod, database: Database) -> None:
    asked = [
        ("add", "0612345678"),
        ("add", ADDRESS, "--why", "disliked"),
        ("remove", ADDRESS, "--by", "jo", "--reason", " "),
        ("remove", ADDRESS, "--by", "jo"),
    ]
    done = [await unwanted(strict_mongod, database, *each) for each in asked]
    assert [each.code for each in done] == [2, 2, 2, 2]
    assert "0612345678" not in done[0].errors
    assert await database.unwanted.find({"key": {"$gt": ""}}).to_list() == []


async def test_a_list_under_another_key_is_not_looked_at(strict_mongod: Mongod, database: Database) -> None:
    assert SUPPRESSOR.secret != KEY["FIDELIO_SUPPRESSION_KEY"].encode()
    await Around(database).unwanted.add([ANNS], Unwanted("bounced", NOON))
    code, told, errors = await unwanted(strict_mongod, database, "check", ADDRESS)
    assert (code, told, "FIDELIO_FORMER_SUPPRESSION_KEYS" in errors) == (1, [], True)
