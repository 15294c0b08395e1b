import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from fidelio_deploy.mongo import Mongod, start_mongod
from fidelio_notify.stores import INDEXES
from fidelio_shared.storage.mongo import Database, Deployment, connect, initialise

NAME = "notify-desk"


@pytest.fixture(scope="package")
def strict_mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    """A server that refuses every filter which no index answers: what runs on it never scans a collection."""
    mongod = start_mongod(tmp_path_factory.mktemp("notify-mongod"), parameters={"notablescan": "1"})
    asyncio.run(_create(mongod))
    yield mongod
    mongod.stop()


@pytest.fixture
async def database(strict_mongod: Mongod) -> AsyncIterator[Database]:
    """Made once, since that takes longer than a test; empty at the start of each."""
    database = connect(strict_mongod.uri, NAME)
    yield database
    for each in [*INDEXES]:
        await database[each].delete_many({})
    await database.client.close()


async def _create(mongod: Mongod) -> None:
    database = connect(mongod.uri, NAME)
    await initialise(database, Deployment(1, "wall"), INDEXES)
    await database.client.close()
