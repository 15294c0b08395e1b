"""`fidelio-notify` in this process, on a real database."""

import asyncio
from typing import NamedTuple

from typer.testing import CliRunner

from fidelio_deploy.mongo import Mongod
from fidelio_notify.__main__ import main
from fidelio_shared.storage.mongo import Database


class Done(NamedTuple):
    code: int
    told: list[str]
    errors: str


async def run(mongod: Mongod, database: Database, *arguments: str, **settings: str) -> Done:
    """`settings`: beside those that name the database."""
    told = {"FIDELIO_MONGO_URI": mongod.uri, "FIDELIO_NOTIFY_DATABASE": database.name, **settings}
    done = await asyncio.to_thread(CliRunner().invoke, main, arguments, env=told)
    return Done(done.exit_code, done.stdout.splitlines(), done.stderr)
