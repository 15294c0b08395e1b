"""An operator's word that a channel is not waited for: stored, shown, logged, and taken back."""

import os
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Gauge
from pymongo import AsyncMongoClient

from fidelio_deploy.mongo import Mongod
from fidelio_deploy.provision import NamedMongo
from fidelio_shared.messaging.watermark import Watermark
from fidelio_shared.storage.exemptions import ExemptionWatch, exempt, exempted, wait_again
from fidelio_shared.storage.mongo import Database, Document, connect

NOBODY: Any = None


@pytest.fixture
async def database(mongod: Mongod | NamedMongo) -> AsyncIterator[Database]:
    database = connect(mongod.uri, f"exemptions-{uuid.uuid4()}")
    yield database
    await database.client.drop_database(database.name)
    await database.client.close()


def a_watch(database: Database, registry: CollectorRegistry) -> ExemptionWatch:
    watermark = Watermark((), (), "scoring.v1", observer=NOBODY, read_time=NOBODY, stored={})
    return ExemptionWatch(database, watermark, Gauge("exempt", "Exempt", ["channel"], registry=registry))


async def test_the_watermark_and_the_metric_follow_what_is_stored(database: Database) -> None:
    registry = CollectorRegistry()
    watch = a_watch(database, registry)
    for channel in ("store", "web", "store"):
        await exempt(database, channel)
    await watch.follow()
    assert watch.watermark.exempt == {"channels.store", "channels.web"}
    assert registry.get_sample_value("exempt", {"channel": "web"}) == 1
    await wait_again(database, "web")
    await wait_again(database, "web")
    await watch.follow()
    assert watch.watermark.exempt == {"channels.store"}
    assert registry.get_sample_value("exempt", {"channel": "web"}) is None
    assert await exempted(database) == ("store",)


async def test_without_the_database_what_was_known_holds(database: Database) -> None:
    away: AsyncMongoClient[Document] = AsyncMongoClient("mongodb://127.0.0.1:1/", serverSelectionTimeoutMS=100)
    watch = a_watch(away.get_database("scoring"), CollectorRegistry())
    watch.watermark.exempt = frozenset({"channels.store"})
    await watch.follow()
    await away.close()
    assert watch.watermark.exempt == {"channels.store"}


@pytest.mark.parametrize("service", ["scoring", "notify"])
def test_an_operator_exempts_a_channel_looks_and_takes_it_back(service: str, mongod: Mongod | NamedMongo) -> None:
    told = {"FIDELIO_MONGO_URI": mongod.uri, f"FIDELIO_{service.upper()}_DATABASE": f"exempt-{uuid.uuid4()}"}

    def command(*arguments: str) -> tuple[int, str]:
        argv = (str(Path(sys.executable).with_name(f"fidelio-{service}")), "exempt", *arguments)
        done = subprocess.run(argv, env=os.environ | told, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout.strip() or done.stderr

    assert command("store") == (0, "not waited for: store")
    assert command() == (0, "not waited for: store")
    assert command("store", "--undo") == (0, "every channel is waited for")
    code, said = command("shop")
    assert code == 2
    assert "there is no channel shop" in said
