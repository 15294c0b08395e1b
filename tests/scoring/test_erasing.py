"""Somebody who was erased is scored no more, also where the batch that erased them comes again."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import orjson
import pytest
from prometheus_client import CollectorRegistry

from fidelio_deploy.mongo import Mongod
from fidelio_deploy.provision import NamedMongo
from fidelio_scoring.adapters.mongo_scores import MongoScoreStore
from fidelio_scoring.domain.standing import Evidence
from fidelio_scoring.handlers import RulesInUse, ScoringHandlers
from fidelio_scoring.metrics import make_metrics
from fidelio_shared.contracts.ids import hash16
from fidelio_shared.contracts.scoring import ScoringCause
from fidelio_shared.contracts.topics import ERASURES, SCORES, SEGMENTS
from fidelio_shared.messaging.batch import Batch, Decoded
from fidelio_shared.messaging.lag import OffsetReader
from fidelio_shared.messaging.records import Outgoing
from fidelio_shared.messaging.settings import KafkaSettings
from fidelio_shared.messaging.stream_clock import wall_clock
from fidelio_shared.messaging.watermark import Watermark
from fidelio_shared.storage.mongo import Database, connect
from support.profile_steps import RecordingPublisher
from support.settling import ARecord
from support.standings import ANN, DAY, NOON, RULES, evidence

REQUEST = hash16("request")


@pytest.fixture
async def database(mongod: Mongod | NamedMongo) -> AsyncIterator[Database]:
    database = connect(mongod.uri, f"scoring-{uuid.uuid4()}")
    yield database
    await database.client.drop_database(database.name)
    await database.client.close()


def bought(revision: int) -> Evidence:
    days = [NOON + each * DAY for each in range(revision)]
    return evidence(revision, days, received_at=days[-1])


ERASED = replace(
    bought(3),
    facts=None,
    erased_at=NOON + 3 * DAY,
    cause=ScoringCause(kind="erasure", id=REQUEST, type="profile.erased", at=NOON + 3 * DAY),
)


@dataclass(frozen=True, slots=True)
class Scoring:
    handlers: ScoringHandlers
    publisher: RecordingPublisher

    async def score(self, *evidences: Evidence) -> list[Outgoing]:
        """What it says of this batch."""
        already = len(self.publisher.records)
        items = tuple(Decoded(ARecord(), each) for each in evidences)
        await self.handlers.score_profiles(Batch(items, still_owned=lambda: True, check_age=lambda: None))
        return self.publisher.records[already:]


def a_scoring(database: Database) -> Scoring:
    publisher, kafka = RecordingPublisher(), KafkaSettings()
    watermark = Watermark(
        stages=(), last=(), own_group="", observer=OffsetReader(kafka), read_time=wall_clock(0), stored={}
    )
    metrics, in_use = make_metrics(CollectorRegistry()), RulesInUse(RULES)
    return Scoring(ScoringHandlers(MongoScoreStore(database), publisher, in_use, metrics, watermark), publisher)


async def test_a_batch_that_erased_somebody_and_comes_again_says_nothing_new_of_them(database: Database) -> None:
    scoring = a_scoring(database)
    await scoring.score(bought(1))
    first = await scoring.score(bought(2), ERASED)
    again = await scoring.score(bought(2), ERASED)
    assert {each.topic for each in first} == {SCORES.name, SEGMENTS.name, ERASURES.name}
    assert [(each.topic, each.value and orjson.loads(each.value)["kind"]) for each in again] == [
        (SCORES.name, None),
        (SEGMENTS.name, None),
        (ERASURES.name, "confirmed"),
    ]


async def test_what_comes_late_of_somebody_who_was_erased_is_not_scored(database: Database) -> None:
    scoring = a_scoring(database)
    await scoring.score(bought(1), ERASED)
    assert await scoring.score(bought(2)) == []
    assert await database.scores.find({}).to_list() == [
        {"_id": bytes.fromhex(ANN), "erased_at": ERASED.erased_at},
    ]
