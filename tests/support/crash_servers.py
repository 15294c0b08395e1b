"""The Kafka and the mongod of crash runs, one run after the other, each beginning with nothing."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fidelio_deploy.kafka import Kafka, start_kafka
from fidelio_deploy.mongo import Mongod, start_mongod
from fidelio_deploy.topics import create_topics
from fidelio_notify.stores import INDEXES as NOTIFY_INDEXES
from fidelio_profile.adapters.indexes import INDEXES as PROFILE_INDEXES
from fidelio_scoring.adapters.mongo_scores import INDEXES as SCORING_INDEXES
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.contracts.topics import topics_for
from fidelio_shared.messaging.connection import make_admin
from fidelio_shared.messaging.settings import KafkaSettings
from fidelio_shared.storage.mongo import Deployment, connect, initialise

EPOCH = 1_700_000_000
PARTITIONS = 4
_DATABASES = {"profile": PROFILE_INDEXES, "scoring": SCORING_INDEXES, "notify": NOTIFY_INDEXES}
_SHORT_TRANSACTIONS = {"transactionLifetimeLimitSeconds": "1"}
"""What a process that ends in a transaction leaves behind blocks the next one for so long."""
_GONE_WITHIN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class CrashServers:
    kafka: Kafka
    mongod: Mongod

    def empty(self) -> None:
        asyncio.run(_new_databases(self.mongod.uri))
        asyncio.run(asyncio.wait_for(_no_topics(self.kafka.bootstrap), _GONE_WITHIN_SECONDS))
        create_topics(self.kafka.bootstrap, topics_for(read_channels(None)), partitions=PARTITIONS)


@contextmanager
def crash_servers(directory: Path) -> Iterator[CrashServers]:
    kafka, mongod = start_kafka(directory / "kafka"), start_mongod(directory / "mongod", parameters=_SHORT_TRANSACTIONS)
    try:
        yield CrashServers(kafka, mongod)
    finally:
        mongod.stop()
        kafka.stop()


async def _new_databases(uri: str) -> None:
    for name, indexes in _DATABASES.items():
        database = connect(uri, name)
        await database.client.drop_database(name)
        await initialise(database, Deployment(EPOCH, "stream"), indexes)
        await database.client.close()


async def _no_topics(bootstrap: str) -> None:
    """With them Kafka forgets what groups have committed on them."""
    admin = make_admin(KafkaSettings(bootstrap_servers=bootstrap))
    await admin.start()
    try:
        while left := [each for each in await admin.list_topics() if not each.startswith("__")]:
            await admin.delete_topics(left)
            await asyncio.sleep(0.05)
    finally:
        await admin.close()
