"""How long an interaction takes from `channels.*` to `scores`, and where."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from statistics import mean

import orjson

from fidelio_deploy.bench.following import STAGES
from fidelio_deploy.bench.series import percentile
from fidelio_deploy.errors import StackError
from fidelio_shared.contracts.ids import interaction_id
from fidelio_shared.contracts.topics import SCORES
from fidelio_shared.messaging.records import Incoming, header_text
from fidelio_shared.messaging.settings import KafkaSettings
from fidelio_shared.messaging.topic_reader import records_until_now

Instants = Mapping[str, int]
"""By interaction id: when it was on a topic, in Unix milliseconds."""


@dataclass(frozen=True, slots=True)
class StageLatency:
    """`share` of the time of all journeys; shares sum to 1."""

    share: float
    p50_milliseconds: float
    p99_milliseconds: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Of those interactions that moved a score: the others leave no record on `scores`."""

    rate: float
    published: int
    scored: int
    p50_milliseconds: float
    p99_milliseconds: float
    stages: Mapping[str, StageLatency]


def latency(instants: Sequence[Instants], *, rate: float, published: int) -> Latency:
    """`instants`: on the first stage's input, and on what each stage publishes, in their order."""
    journeys = [[each[key] for each in instants] for key in instants[-1] if all(key in each for each in instants)]
    if not journeys:
        raise StackError("no interaction moved a score, so there is no latency to measure; ask for more --events")
    whole = [each[-1] - each[0] for each in journeys]
    legs = {
        stage.name: [journey[place + 1] - journey[place] for journey in journeys] for place, stage in enumerate(STAGES)
    }
    return Latency(
        rate=rate,
        published=published,
        scored=len(journeys),
        p50_milliseconds=percentile(whole, 50),
        p99_milliseconds=percentile(whole, 99),
        stages={
            name: StageLatency(mean(leg) / mean(whole), percentile(leg, 50), percentile(leg, 99))
            for name, leg in legs.items()
        },
    )


async def read_instants(kafka: KafkaSettings, wanted: Set[str]) -> list[Instants]:
    """Only the first time counts, where an interaction was delivered again."""
    topics = [*(each.topics for each in STAGES), (SCORES.name,)]
    return [await _first_seen(kafka, each, wanted) for each in topics]


async def _first_seen(kafka: KafkaSettings, topics: Sequence[str], wanted: Set[str]) -> Instants:
    seen: dict[str, int] = {}
    for topic in topics:
        async for record in records_until_now(kafka, topic):
            key = _interaction(record)
            if key in wanted:
                seen[key] = min(record.timestamp, seen.get(key, record.timestamp))
    return seen


def _interaction(record: Incoming) -> str:
    """Every record of Fidelio's own traces back to its interaction; what channels sent is named by what it says."""
    if trace := header_text(record, "traceparent"):
        return trace.split("-")[1]
    said = orjson.loads(record.value or b"{}")
    return interaction_id(said["source"], said["id"])
