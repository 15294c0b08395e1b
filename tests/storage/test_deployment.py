"""What a database remembers of its creation, and what a process checks before it touches it. On a real mongod."""

import uuid
from collections.abc import AsyncIterator

import pytest
from pymongo import ASCENDING, IndexModel

from fidelio_deploy.mongo import Mongod
from fidelio_deploy.provision import NamedMongo
from fidelio_shared.messaging.errors import Halted
from fidelio_shared.storage.mongo import Database, Deployment, connect, initialise, read_deployment

INDEXES = {"letters": [IndexModel([("at", ASCENDING)], name="by_time")], "senders": []}


@pytest.fixture
async def database(mongod: Mongod | NamedMongo) -> AsyncIterator[Database]:
    database = connect(mongod.uri, f"test-{uuid.uuid4()}")
    yield database
    await database.client.drop_database(database.name)
    await database.client.close()


async def test_a_new_database_gets_its_collections_indexes_clock_and_epoch(database: Database) -> None:
    await initialise(database, Deployment(7, "wall"), INDEXES)

    assert {"letters", "senders"} <= set(await database.list_collection_names())
    assert "by_time" in await database.letters.index_information()
    assert await read_deployment(database, "wall") == Deployment(7, "wall")


async def test_initialising_again_changes_nothing(database: Database) -> None:
    await initialise(database, Deployment(7, "wall"), INDEXES)
    await database.letters.insert_one({"_id": 1})

    await initialise(database, Deployment(7, "wall"), INDEXES)

    assert await database.letters.count_documents({}) == 1
    assert await read_deployment(database, "wall") == Deployment(7, "wall")


async def test_a_new_index_is_added_to_a_collection_that_exists(database: Database) -> None:
    await initialise(database, Deployment(7, "wall"), {"letters": []})

    await initialise(database, Deployment(7, "wall"), INDEXES)

    assert "by_time" in await database.letters.index_information()


@pytest.mark.parametrize(("then", "expected"), [(9, 9), (5, 7)])
async def test_the_epoch_only_grows(database: Database, then: int, expected: int) -> None:
    await initialise(database, Deployment(7, "stream"), INDEXES)

    await initialise(database, Deployment(then, "stream"), INDEXES)

    assert await read_deployment(database, "stream") == Deployment(expected, "stream")


async def test_the_clock_of_a_database_is_never_changed(database: Database) -> None:
    await initialise(database, Deployment(7, "wall"), INDEXES)

    with pytest.raises(Halted, match="the database lives by the wall clock"):
        await initialise(database, Deployment(8, "stream"), INDEXES)

    assert await read_deployment(database, "wall") == Deployment(7, "wall")


async def test_a_process_refuses_a_database_of_the_other_clock(database: Database) -> None:
    await initialise(database, Deployment(7, "stream"), INDEXES)

    with pytest.raises(Halted, match="lives by the stream clock, this process by the wall clock"):
        await read_deployment(database, "wall")


async def test_a_process_refuses_a_database_that_was_never_initialised(database: Database) -> None:
    with pytest.raises(Halted, match="is not initialised; run the service's `init` command first"):
        await read_deployment(database, "wall")


async def test_a_process_refuses_a_server_where_a_killed_one_would_block_others_for_a_minute(
    database: Database, mongod: Mongod | NamedMongo
) -> None:
    if isinstance(mongod, NamedMongo):
        pytest.skip("FIDELIO_MONGO names a server that is not ours to change")
    await initialise(database, Deployment(7, "wall"), INDEXES)
    await database.client.admin.command({"setParameter": 1, "transactionLifetimeLimitSeconds": 60})

    try:
        with pytest.raises(Halted, match="--setParameter transactionLifetimeLimitSeconds=5"):
            await read_deployment(database, "wall")
    finally:
        await database.client.admin.command({"setParameter": 1, "transactionLifetimeLimitSeconds": 5})

    assert await read_deployment(database, "wall") == Deployment(7, "wall")


async def test_writes_are_acknowledged_by_the_majority_and_its_journal(database: Database) -> None:
    assert database.write_concern.document == {"w": "majority", "j": True}
    assert database.read_concern.document == {"level": "majority"}
