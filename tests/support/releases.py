"""A release on a real ledger, with providers that do what a test wants."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from aiokafka import TopicPartition
from prometheus_client import CollectorRegistry

from fidelio_notify.adapters.mongo_decisions import Proposed
from fidelio_notify.attempting import Attempts
from fidelio_notify.domain.cards import Person, PersonSnapshot
from fidelio_notify.domain.decisions import due_at, proposed
from fidelio_notify.domain.letters.letter import Letter, Unwritable
from fidelio_notify.domain.letters.words import Sender
from fidelio_notify.domain.playbooks.model import Playbook, Playbooks, Policy
from fidelio_notify.domain.proposals import Proposal
from fidelio_notify.in_use import PlaybooksInUse
from fidelio_notify.judging_page import Judging
from fidelio_notify.mass import MassRelease
from fidelio_notify.metrics import make_metrics
from fidelio_notify.partitions import Partitions
from fidelio_notify.providers import Accepted, Order, Outcome, Provider
from fidelio_notify.release import Release
from fidelio_notify.stores import Stores
from fidelio_notify.times import Times
from fidelio_notify.writing import Links, Writer
from fidelio_shared.contracts.ids import hash16
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.health import Health
from fidelio_shared.messaging.ownership import Ownership
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.records import Outgoing
from fidelio_shared.messaging.settings import KafkaSettings
from fidelio_shared.messaging.watermark import Watermark
from fidelio_shared.storage.mongo import Database
from fidelio_shared.storage.suppression import Suppressor
from support.gate_cases import ANN, NOON, OWED, PLAYBOOK, POLICY, a_person

LATER = NOON + timedelta(hours=1)
PARTITION = 0
SECRET = b"a secret of the tests"


class RecordingPublisher(Publisher):
    def __init__(self) -> None:
        super().__init__(KafkaSettings(), ordinal=None)
        self.records: list[Outgoing] = []

    async def publish_all(self, records: Iterable[Outgoing]) -> None:
        self.records += records

    def told(self) -> list[Any]:
        return [orjson.loads(each.value or b"") for each in self.records if each.topic == "notifications"]

    def steps(self) -> list[str]:
        return [each["step"] for each in self.told()]

    def refusals(self) -> dict[str, str]:
        """What gates said no to in the last step that was announced."""
        return {each["gate"]: each["reason"] for each in self.told()[-1]["verdicts"] if not each["passed"]}


class PlainLetters:
    """Every template says the same; `broken` cannot be written."""

    def write(self, template: str, *, channel: str, language: str | None, words: Mapping[str, Any]) -> Letter:
        if template == "broken":
            raise Unwritable("broken, line 1: this is a test")
        return Letter(f"{template} by {channel}", subject="Hello")


@dataclass
class FakeProvider:
    """`answers`: to one order after the other, then it accepts."""

    answers: list[Outcome | type[Exception]] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    repeats_safely: bool = False
    is_down: bool = False

    @asynccontextmanager
    async def session(self) -> AsyncIterator["FakeProvider"]:
        if self.is_down:
            raise Unavailable("smtp")
        yield self

    async def send(self, order: Order) -> Outcome:
        self.orders.append(order)
        answer = self.answers.pop(0) if self.answers else Accepted(f"<{order.decision}@test>")
        if isinstance(answer, type):
            raise answer
        return answer

    @property
    def sent(self) -> list[str]:
        return [each.decision for each in self.orders]


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Desk:
    """All of notify but the reading of topics."""

    release: Release
    stores: Stores
    publisher: RecordingPublisher
    mail: FakeProvider

    async def know(self, person: Person | None = None, **known: Any) -> None:
        await self.stores.cards.save([a_snapshot(person, **known)])

    async def propose(self, *proposals: Proposal) -> None:
        in_use = self.release.in_use.playbooks
        found = []
        for each in proposals:
            playbook = in_use.playbook(each.playbook)
            assert playbook
            decision = proposed(each, playbook, in_use)
            partition = self.release.judging.partition_of(each.profile)
            found.append(Proposed(decision, partition, due_at(decision, in_use.policy.gather)))
        await self.stores.decisions.insert(found, stored_at=NOON)

    async def release_all(self, until: datetime | None = None) -> None:
        if until:
            self.release.watermark.value = until
        while await self.release.release_page():
            pass


def a_snapshot(person: Person | None = None, **known: Any) -> PersonSnapshot:
    cause = {
        "kind": "interaction",
        "id": hash16("cause", str(known)),
        "type": "order.placed",
        "channel": "store",
        "occurred_at": NOON,
        "received_at": NOON,
    }
    plain = {"profile": ANN, "epoch": 1, "revision": 7, "cause": cause, "state": person or a_person()}
    return PersonSnapshot.model_validate(plain | known)


def playbooks_of(*playbooks: Playbook, policy: Policy = POLICY) -> Playbooks:
    return Playbooks("test.yaml", "test-1-00000000", policy, playbooks)


def a_desk(
    database: Database,
    *,
    playbooks: Playbooks | None = None,
    providers: Mapping[str, Provider] | None = None,
    owner: str = "one",
    lease: timedelta = timedelta(0),
    now: datetime | None = LATER,
    stores: Stores | None = None,
    partitions: Partitions | None = None,
    owned: Iterable[int] = (PARTITION,),
) -> Desk:
    """On the stream clock, at `now`; with no lease, what was interrupted is taken up at once."""
    in_use = PlaybooksInUse(playbooks or playbooks_of(PLAYBOOK, OWED))
    stores = stores or Stores.of(database, Suppressor(SECRET))
    mail, publisher, times, partitions = (
        FakeProvider(),
        RecordingPublisher(),
        Times("stream"),
        partitions or Partitions(),
    )
    health, metrics = Health(), make_metrics(CollectorRegistry())
    ready = {"email": mail, **(providers or {})}
    judging = Judging(stores, in_use, times, frozenset(ready), holdout_key=b"key", partition_of=partitions.of)
    release = Release(
        decisions=stores.decisions,
        judging=judging,
        attempts=Attempts(
            stores,
            ready,
            Writer(PlainLetters(), Sender(), Links(SECRET)),  # type: ignore[arg-type]
            health,
            metrics,
            times,
            owner=owner,
            lease=lease,
            partition_of=partitions.of,
            in_use=in_use,
            unwanted_of=judging.unwanted_of,
        ),
        mass=MassRelease(stores.decisions, stores.masses, in_use, partitions),
        in_use=in_use,
        publisher=publisher,
        ownership=Ownership(owned=frozenset(TopicPartition("scores", each) for each in owned)),
        watermark=_standing_at(now),
        times=times,
        health=health,
        metrics=metrics,
    )
    return Desk(release, stores, publisher, mail)


def _standing_at(now: datetime | None) -> Watermark:
    async def read_time() -> None:
        return None

    watermark = Watermark(
        stages=(),
        last=(),
        own_group="notify.v1",
        observer=None,
        read_time=read_time,
        stored={},  # type: ignore[arg-type]
    )
    watermark.value = now
    return watermark
