import uuid
from collections.abc import AsyncIterator, Iterator

import pytest

from fidelio_deploy.mongo import Mongod, start_mongod
from fidelio_notify.stores import INDEXES
from fidelio_shared.storage.mongo import Database, Deployment, connect, initialise


@pytest.fixture(scope="package")
def strict_mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    """A server that refuses every filter which no index answers: what runs on it never scans a collection."""
    mongod = start_mongod(tmp_path_factory.mktemp("notify-mongod"), parameters={"notablescan": "1"})
    yield mongod
    mongod.stop()


@pytest.fixture
async def strict_database(strict_mongod: Mongod) -> AsyncIterator[Database]:
    database = connect(strict_mongod.uri, f"notify-{uuid.uuid4()}")
    await initialise(database, Deployment(1, "wall"), INDEXES)
    yield database
    await database.client.drop_database(database.name)
    await database.client.close()
