"""A word that stands in everything that is known of one person, and everywhere that it could still be found."""

import base64
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import bson
import httpx
from pymongo import AsyncMongoClient

from fidelio_deploy.stack import Stack
from fidelio_shared.contracts.topics import PROFILES, SCORES, SEGMENTS
from support.topics import read_topic

CANARY = "Canárywörd77"
PHONE = "+33677001122"
_DATABASES = ("profile", "scoring", "notify")


def spellings() -> Mapping[str, bytes]:
    """Raw, normalised, encoded; of the phone number, which normalising leaves alone, its digits."""
    texts = {"raw": CANARY, "lower": CANARY.lower(), "percent": quote(CANARY), "phone": PHONE.removeprefix("+")}
    found = {name: text.encode() for name, text in texts.items()}
    for name, text in (("raw", CANARY), ("lower", CANARY.lower())):
        # Without the last group, which depends on what follows.
        found[f"base64 {name}"] = base64.b64encode(text.encode())[:12]
    return found


async def places_of_canary(stack: Stack, logs: Path) -> dict[str, set[str]]:
    """Where which spelling stands: collections, compacted topics read as a map, logs and metrics."""
    found: dict[str, set[str]] = {}
    async for place, content in _everywhere(stack, logs):
        seen = {name for name, spelling in spellings().items() if spelling in content}
        if seen:
            found.setdefault(place, set()).update(seen)
    return found


async def _everywhere(stack: Stack, logs: Path) -> AsyncIterator[tuple[str, bytes]]:
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(stack.addresses.mongo)
    async with client:
        for name in _DATABASES:
            for collection in await client[name].list_collection_names():
                async for document in client[name][collection].find({}):
                    yield f"{name}.{collection}", bson.encode(document)
    for topic in (PROFILES, SCORES, SEGMENTS):
        for value in (await _as_map(stack.addresses.kafka, topic.name)).values():
            yield topic.name, value or b""
    for place, content in _logs_and_metrics(stack, logs):
        yield place, content


async def _as_map(kafka: str, topic: str) -> Mapping[bytes | None, bytes | None]:
    return {each.key: each.value for each in await read_topic(kafka, topic)}


def _logs_and_metrics(stack: Stack, logs: Path) -> Iterator[tuple[str, bytes]]:
    for log in sorted(logs.glob("*.log")):
        yield f"log {log.stem}", log.read_bytes()
    for name, address in stack.addresses.processes.items():
        yield f"metrics {name}", httpx.get(f"{address}/metrics").content
