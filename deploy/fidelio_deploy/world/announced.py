"""Every churn score that a running system announced, by the customers' own names: a file of scores to judge."""

import csv
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from fidelio_deploy.topic_reader import TopicReader
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.profile import ProfileSnapshot
from fidelio_shared.contracts.scoring import ScoreChanged
from fidelio_shared.contracts.topics import PROFILES, SCORES
from fidelio_shared.messaging.settings import KafkaSettings

Row = tuple[str, str, float]


async def write_announced(kafka: str, path: Path) -> int:
    """How many were written. Scores of a profile without a customer_id, and those that were withdrawn, are left out."""
    settings = KafkaSettings(bootstrap_servers=kafka)
    async with TopicReader(settings, PROFILES.name) as profiles, TopicReader(settings, SCORES.name) as scores:
        names = await _names(profiles)
        rows = [row async for row in _announced(scores, names)]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("customer", "at", "score"), *rows])
    return len(rows)


async def _names(profiles: TopicReader) -> Mapping[ProfileId, str]:
    """Also of a profile that is part of another now: as it was called before."""
    names: dict[ProfileId, str] = {}
    async for record in profiles.new_records():
        if record.value is None:
            continue
        snapshot = ProfileSnapshot.model_validate_json(record.value)
        for identifier in snapshot.state.identifiers if snapshot.state else ():
            if identifier.kind == "customer_id":
                names[snapshot.profile] = identifier.value
    return names


async def _announced(scores: TopicReader, names: Mapping[ProfileId, str]) -> AsyncIterator[Row]:
    async for record in scores.new_records():
        if record.value is None:
            continue
        changed = ScoreChanged.model_validate_json(record.value)
        if changed.churn and changed.profile in names:
            yield names[changed.profile], instant(changed.at), changed.churn.after
