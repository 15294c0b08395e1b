import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from pymongo import MongoClient

from fidelio_deploy.mongo import Mongod
from fidelio_deploy.provision import NamedMongo


def client_of(mongod: Mongod | NamedMongo) -> MongoClient[Mapping[str, Any]]:
    return MongoClient(mongod.uri, w="majority")


def test_an_aborted_transaction_leaves_no_document_and_a_committed_one_all(mongod: Mongod) -> None:
    with client_of(mongod) as client, client.start_session() as session:
        people = client[f"test-{uuid.uuid4()}"]["people"]
        with session.start_transaction():
            people.insert_one({"_id": "Florestan"}, session=session)
            session.abort_transaction()
        with session.start_transaction():
            people.insert_many([{"_id": "Leonore"}, {"_id": "Rocco"}], session=session)

        assert [each["_id"] for each in people.find().sort("_id")] == ["Leonore", "Rocco"]


def test_transactions_of_dead_clients_are_reaped_within_seconds(mongod: Mongod) -> None:
    with client_of(mongod) as client:
        answer = client.admin.command({"getParameter": 1, "transactionLifetimeLimitSeconds": 1})

    assert answer["transactionLifetimeLimitSeconds"] == 5


def test_a_killed_mongod_comes_back_at_its_address_with_its_data(mongod: Mongod | NamedMongo) -> None:
    if isinstance(mongod, NamedMongo):
        pytest.skip("FIDELIO_MONGO names a replica set that is not ours to kill")
    uri, pid = mongod.uri, mongod.pid
    with client_of(mongod) as client:
        people = client[f"test-{uuid.uuid4()}"]["people"]
        people.insert_one({"_id": "Leonore"})

        mongod.kill()
        mongod.restart()

        assert (mongod.uri, mongod.pid != pid) == (uri, True)
        assert people.find_one() == {"_id": "Leonore"}
