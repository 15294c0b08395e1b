"""`fidelio-profile keys` on a real database."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

from fidelio_deploy.mongo import Mongod
from fidelio_shared.access.keys import Key, digest
from fidelio_shared.access.mongo_keys import MongoKeyStore
from fidelio_shared.storage.mongo import Database

Done = tuple[int, str, str]


async def run_keys(mongod: Mongod, database: Database, *arguments: str) -> Done:
    command = (str(Path(sys.executable).with_name("fidelio-profile")), "keys", *arguments)
    told = {"FIDELIO_MONGO_URI": mongod.uri, "FIDELIO_PROFILE_DATABASE": database.name}
    done = await asyncio.to_thread(
        subprocess.run, command, env=os.environ | told, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout, done.stderr


async def test_a_key_is_made_listed_without_itself_and_ended(strict_mongod: Mongod, database: Database) -> None:
    code, made, _ = await run_keys(strict_mongod, database, "create", "desk", "--scope", "read", "--scope", "privacy")
    assert code == 0
    assert re.fullmatch(r"fidelio_[0-9a-f]{64}\n", made)
    key = digest(made.strip())
    assert await MongoKeyStore(database).holder(key) == Key("desk", frozenset({"read", "privacy"}))

    _, listed, _ = await run_keys(strict_mongod, database, "list")
    assert re.fullmatch(r"desk  privacy,read  created [-0-9T:.]+Z  valid\n", listed)

    assert await run_keys(strict_mongod, database, "revoke", "desk") == (0, "revoked: desk\n", "")
    assert await MongoKeyStore(database).holder(key) is None


async def test_what_cannot_be_done_is_said_in_a_line(strict_mongod: Mongod, database: Database) -> None:
    await MongoKeyStore(database).create("desk", ["read"])
    assert await run_keys(strict_mongod, database, "create", "desk", "--scope", "read") == (
        1,
        "",
        "desk has a key already; revoke it first, or take another name\n",
    )
    assert await run_keys(strict_mongod, database, "revoke", "nobody") == (
        1,
        "",
        "nobody has no valid key; see `fidelio-profile keys list`\n",
    )
    codes = [
        (await run_keys(strict_mongod, database, "create", *told))[0]
        for told in (("bootstrap", "--scope", "read"), ("other",), ("other", "--scope", "all"))
    ]
    assert codes == [2, 2, 2]
