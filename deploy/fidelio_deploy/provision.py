"""A Kafka and a MongoDB for the length of a block: the one that the environment names, else one of our own."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fidelio_deploy.kafka import DEFAULT_HEAP, Kafka, start_kafka
from fidelio_deploy.mongo import Mongod, start_mongod


@dataclass(frozen=True)
class NamedKafka:
    """Somebody else's Kafka (`FIDELIO_KAFKA`): used, never started or stopped."""

    bootstrap: str


@dataclass(frozen=True)
class NamedMongo:
    """Somebody else's replica set (`FIDELIO_MONGO`): used, never started or stopped."""

    uri: str


@contextmanager
def provided_kafka(
    directory: Path, *, heap: str = DEFAULT_HEAP, environ: Mapping[str, str] = os.environ
) -> Iterator[Kafka | NamedKafka]:
    if bootstrap := environ.get("FIDELIO_KAFKA"):
        yield NamedKafka(bootstrap)
        return
    kafka = start_kafka(directory, heap=heap)
    try:
        yield kafka
    finally:
        kafka.stop()


@contextmanager
def provided_mongo(directory: Path, *, environ: Mapping[str, str] = os.environ) -> Iterator[Mongod | NamedMongo]:
    if uri := environ.get("FIDELIO_MONGO"):
        yield NamedMongo(uri)
        return
    mongod = start_mongod(directory)
    try:
        yield mongod
    finally:
        mongod.stop()
