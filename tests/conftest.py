"""Real infrastructure, shared by every test: started once a session, or named in the environment."""

from collections.abc import Iterator

import pytest

from fidelio_deploy.kafka import Kafka
from fidelio_deploy.mongo import Mongod
from fidelio_deploy.provision import NamedKafka, NamedMongo, provided_kafka, provided_mongo


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka | NamedKafka]:
    with provided_kafka(tmp_path_factory.mktemp("kafka")) as provided:
        yield provided


@pytest.fixture(scope="session")
def mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod | NamedMongo]:
    with provided_mongo(tmp_path_factory.mktemp("mongod")) as provided:
        yield provided
