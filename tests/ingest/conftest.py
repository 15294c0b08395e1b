from collections.abc import Iterator

import pytest

from fidelio_deploy.provision import provided_kafka
from fidelio_deploy.topics import create_topics
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.contracts.topics import topics_for


@pytest.fixture(scope="package")
def own_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Kafka with Fidelio's topics, whose ingest group no other test joins; its address."""
    with provided_kafka(tmp_path_factory.mktemp("ingest-kafka"), heap="512m") as provided:
        create_topics(provided.bootstrap, topics_for(read_channels(None)), partitions=3)
        yield provided.bootstrap
