"""A step that settles batches on fakes, and one ordered log of everything that it did to the outside."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from aiokafka import TopicPartition
from prometheus_client import CollectorRegistry

from fidelio_shared.contracts.topics import DEAD_LETTERS
from fidelio_shared.messaging.batch import Batch, Refusal
from fidelio_shared.messaging.errors import Rejected, Unavailable
from fidelio_shared.messaging.health import Health
from fidelio_shared.messaging.ownership import Ownership
from fidelio_shared.messaging.records import Headers, Incoming, Outgoing
from fidelio_shared.messaging.settle import Handler, Settler
from fidelio_shared.observability.metrics import StepMetrics, make_step_metrics


@dataclass(frozen=True, slots=True)
class ARecord:
    """Satisfies Incoming; names nothing, so that a test names only what matters."""

    value: bytes | None = b"{}"
    offset: int = 0
    partition: int = 0
    topic: str = "channels.store"
    timestamp: int = 1_764_000_000_000
    key: bytes | None = b"a key"
    headers: Headers = ()


def records(*values: bytes, partition: int = 0) -> list[ARecord]:
    return [ARecord(value, offset=offset, partition=partition) for offset, value in enumerate(values)]


@dataclass
class Clock:
    """Moves when told, or by sleeping on it."""

    now: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class FakePublisher:
    """Takes dead letters only; what a handler would publish is the handler's own affair here."""

    effects: list[str]
    published: list[Outgoing] = field(default_factory=list)
    is_down: bool = False

    async def publish_all(self, outgoing: Iterable[Outgoing]) -> None:
        ready = list(outgoing)
        if ready and self.is_down:
            raise Unavailable("kafka")
        for each in ready:
            assert each.topic == DEAD_LETTERS.name
            self.effects.append(f"dead letter: {(each.value or b'').decode(errors='replace')}")
        self.published += ready


class ToldOwnership(Ownership):
    """Logs what it is told: the offsets after a batch, which are what a commit would cover."""

    effects: list[str]

    def has_stored(self, next_offsets: dict[TopicPartition, int]) -> None:
        self.effects += [f"done up to {each.partition}:{offset}" for each, offset in next_offsets.items()]
        super().has_stored(next_offsets)


def decode_word(record: Incoming) -> str:
    if record.value is None or record.value.startswith(b"!"):
        raise Rejected("not_json", "the body is not JSON; send JSON")
    return record.value.decode()


@dataclass
class Bench:
    settler: Settler[str]
    effects: list[str]
    publisher: FakePublisher
    ownership: Ownership
    health: Health
    metrics: StepMetrics
    registry: CollectorRegistry
    clock: Clock
    halts: list[str]

    def count(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"test_{name}", labels) or 0.0


def a_bench(handle: Callable[[Batch[str], list[str]], None]) -> Bench:
    """`handle` is called with the batch and the log; whatever it raises is the handler's failure."""
    effects: list[str] = []
    publisher, clock, registry, halts = FakePublisher(effects), Clock(), CollectorRegistry(), []
    ownership = ToldOwnership()
    ownership.effects = effects
    health, metrics = Health(clock=clock), make_step_metrics("test", registry)
    settler = Settler(
        step="step",
        service="test",
        decode=decode_word,
        handle=_logged(handle, effects),
        ownership=ownership,
        publisher=publisher,  # type: ignore[arg-type]  # the one method that a settler calls
        health=health,
        metrics=metrics,
        halt=halts.append,
        clock=clock,
        sleep=clock.sleep,
    )
    return Bench(settler, effects, publisher, ownership, health, metrics, registry, clock, halts)


def _logged(handle: Callable[[Batch[str], list[str]], None], effects: list[str]) -> Handler[str]:
    async def handler(batch: Batch[str]) -> Sequence[Refusal]:
        handle(batch, effects)
        effects.extend(f"effect: {value}" for value in batch.values)
        return ()

    return handler
