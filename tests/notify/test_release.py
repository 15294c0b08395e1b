"""From a decision to a mail, or to none: on a real ledger and a real mail server."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import message_from_bytes, policy
from importlib.resources import files
from typing import Any

import orjson
import pytest
from aiokafka import TopicPartition
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from prometheus_client import CollectorRegistry

from fidelio_deploy.mongo import Mongod
from fidelio_deploy.ports import free_port
from fidelio_deploy.provision import NamedMongo
from fidelio_notify.adapters.mongo_contacts import MongoContactStore
from fidelio_notify.adapters.mongo_decisions import MongoDecisionStore
from fidelio_notify.adapters.smtp_mail import SmtpServer
from fidelio_notify.domain.check_in import CHECK_IN
from fidelio_notify.domain.check_in_letters import read_templates
from fidelio_notify.domain.contacts import Contact
from fidelio_notify.domain.decisions import Proposal
from fidelio_notify.metrics import make_metrics
from fidelio_notify.release import Release
from fidelio_shared.contracts.ids import hash16
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.health import Health
from fidelio_shared.messaging.ownership import Ownership
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.records import Outgoing
from fidelio_shared.messaging.settings import KafkaSettings
from fidelio_shared.messaging.watermark import Watermark
from fidelio_shared.storage.mongo import Database, connect
from support.interactions import a_profile_id
from support.people import NOON, a_consent, a_contact, a_proposal

PARTITION = 3
LATER = NOON + timedelta(hours=1)


@dataclass
class Postbox:
    """A mail server that keeps what it takes; `answer` is what it says to each message, unless it `breaks` so often."""

    answer: str = "250 taken"
    breaks: int = 0
    mails: list[bytes] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.breaks:
            self.breaks -= 1
            server.transport.abort()
        if self.answer.startswith("250"):
            self.mails.append(envelope.original_content or b"")
        return self.answer


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
        return {each["gate"]: each["reason"] for each in self.last()["verdicts"] if not each["passed"]}

    def last(self) -> Any:
        return self.told()[-1]


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, Controller]]:
    box = Postbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield box, controller
    controller.stop()


@pytest.fixture
async def database(mongod: Mongod | NamedMongo, request: pytest.FixtureRequest) -> Database:
    name = f"release_{hash16(request.node.name)[:12]}"
    database = connect(mongod.uri, name)
    await database.client.drop_database(name)
    return database


def a_release(database: Database, port: int, *, now: object = LATER) -> Release:
    async def read_time() -> None:
        return None

    ownership = Ownership(owned=frozenset({TopicPartition("scores", PARTITION)}))
    watermark = Watermark(
        stages=(),
        last=(),
        own_group="notify.v1",
        observer=None,
        read_time=read_time,
        stored={},  # type: ignore[arg-type]
    )
    watermark.value = now  # type: ignore[assignment]
    templates = {
        each: files("fidelio_notify").joinpath("templates", f"check_in.{each}.liquid").read_text()
        for each in ("en", "fr")
    }
    return Release(
        contacts=MongoContactStore(database),
        decisions=MongoDecisionStore(database),
        mail=SmtpServer("127.0.0.1", port, "care@fidelio.example", None, None, use_tls=False),
        playbook=CHECK_IN,
        templates=read_templates(templates),
        publisher=RecordingPublisher(),
        ownership=ownership,
        watermark=watermark,
        clock="stream",
        health=Health(),
        metrics=make_metrics(CollectorRegistry()),
    )


async def decide(release: Release, *proposals: Proposal, contact: Contact | None = None) -> None:
    await release.contacts.save([contact or a_contact()])
    await release.decisions.insert([(each, PARTITION) for each in proposals], stored_at=NOON)


def published(release: Release) -> RecordingPublisher:
    assert isinstance(release.publisher, RecordingPublisher)
    return release.publisher


async def test_a_decision_is_announced_sent_once_and_stands_on_its_channel(
    database: Database, postbox: tuple[Postbox, Controller]
) -> None:
    box, controller = postbox
    release = a_release(database, controller.port)
    await decide(release, a_proposal())
    for _ in range(3):
        await release.release_page()
        await decide(release, a_proposal())
    mail = message_from_bytes(box.mails[0], policy=policy.default)
    assert len(box.mails) == 1
    assert (mail["To"], mail["Auto-Submitted"]) == ("ann@example.org", "auto-generated")
    assert "05 January 2026" in mail.get_content()
    assert published(release).steps() == ["decided", "sent"]
    assert [each.topic for each in published(release).records] == ["notifications", "notifications", "channels.email"]


async def test_a_consent_withdrawn_between_decision_and_release_holds(
    database: Database, postbox: tuple[Postbox, Controller]
) -> None:
    box, controller = postbox
    release = a_release(database, controller.port)
    await decide(release, a_proposal())
    await release.contacts.save([a_contact(revision=8, consents=(a_consent(is_granted=False),))])
    await release.release_page()
    assert box.mails == []
    assert published(release).refusals() == {"consent": "denied"}


async def test_an_older_card_does_not_bring_a_consent_back(
    database: Database, postbox: tuple[Postbox, Controller]
) -> None:
    box, controller = postbox
    release = a_release(database, controller.port)
    await decide(release, a_proposal(), contact=a_contact(revision=8, consents=()))
    await release.contacts.save([a_contact(revision=7)])
    await release.release_page()
    assert box.mails == []
    assert published(release).refusals() == {"consent": "unknown"}


async def test_two_causes_at_once_become_one_message(database: Database, postbox: tuple[Postbox, Controller]) -> None:
    box, controller = postbox
    release = a_release(database, controller.port)
    await decide(release, a_proposal(), replace(a_proposal(), decision=hash16("another cause")))
    await release.release_page()
    await release.release_page()
    assert len(box.mails) == 1
    assert sorted(published(release).steps()) == ["decided", "decided", "sent", "suppressed"]
    assert published(release).refusals() == {"cap": "too_many_messages"}


async def test_an_attempt_without_an_end_is_never_repeated(
    database: Database, postbox: tuple[Postbox, Controller]
) -> None:
    box, controller = postbox
    release = a_release(database, controller.port)
    await decide(release, a_proposal())
    assert await release.decisions.begin_attempt(a_proposal().decision, at=LATER)
    for _ in range(2):
        await release.release_page()
    assert box.mails == []
    assert (published(release).steps(), published(release).last()["failure"]) == (["failed"], "interrupted")


async def test_a_mail_server_that_is_down_costs_no_decision(
    database: Database, postbox: tuple[Postbox, Controller]
) -> None:
    box, controller = postbox
    down = a_release(database, free_port())
    await decide(down, a_proposal())
    with pytest.raises(Unavailable, match="smtp"):
        await down.release_page()
    up = a_release(database, controller.port)
    await up.release_page()
    assert len(box.mails) == 1
    assert published(up).steps() == ["sent"]


async def test_a_refused_mail_is_a_failed_decision(database: Database, postbox: tuple[Postbox, Controller]) -> None:
    box, controller = postbox
    box.answer = "550 no such person"
    release = a_release(database, controller.port)
    await decide(release, a_proposal())
    for _ in range(2):
        await release.release_page()
    assert published(release).steps() == ["decided", "failed"]
    assert published(release).last()["failure"] == "refused"


async def test_where_the_connection_breaks_in_a_message_that_one_alone_is_lost(
    database: Database, postbox: tuple[Postbox, Controller]
) -> None:
    """Nobody knows whether it was taken, so it is not sent again; who comes after it was not attempted at all."""
    box, controller = postbox
    box.breaks = 1
    release = a_release(database, controller.port)
    people = [a_profile_id(f"person {number}") for number in range(4)]
    for number, person in enumerate(people):
        proposal = replace(a_proposal(), decision=hash16("cause", number), profile=person)
        await decide(release, proposal, contact=replace(a_contact(), profile=person))
    for _ in range(3):
        await release.release_page()
    assert len({message_from_bytes(each)["Message-ID"] for each in box.mails}) == len(box.mails) == 4
    assert sorted(published(release).steps()) == ["decided"] * 4 + ["failed"] + ["sent"] * 3
    failed = [each for each in published(release).told() if each["step"] == "failed"]
    assert [each["failure"] for each in failed] == ["unknown"]


async def test_a_letter_that_cannot_be_written_fails_alone(
    database: Database, postbox: tuple[Postbox, Controller]
) -> None:
    box, controller = postbox
    templates = read_templates({"en": "{{ 1 | divided_by: 0 }}", "fr": "Bonjour {{ name }}"})
    release = replace(a_release(database, controller.port), templates=templates)
    other = a_profile_id("a French person")
    await decide(release, a_proposal())
    await decide(
        release,
        replace(a_proposal(), decision=hash16("another cause"), profile=other),
        contact=replace(a_contact(), profile=other, language="fr"),
    )
    await release.release_page()
    assert len(box.mails) == 1
    assert {(each["step"], each["failure"]) for each in published(release).told()} == {
        ("decided", None),
        ("failed", "unwritable"),
        ("sent", None),
    }


async def test_without_a_watermark_nothing_is_released(database: Database, postbox: tuple[Postbox, Controller]) -> None:
    box, controller = postbox
    release = a_release(database, controller.port, now=None)
    await decide(release, a_proposal())
    await release.release_page()
    assert box.mails == []
    assert published(release).steps() == ["decided"]


async def test_a_decision_ahead_of_its_card_is_deferred_and_makes_room(
    database: Database, postbox: tuple[Postbox, Controller]
) -> None:
    box, controller = postbox
    release = a_release(database, controller.port)
    await decide(release, a_proposal(), contact=a_contact(revision=6))
    assert await release.release_page() == 1
    assert await release.release_page() == 0
    await release.contacts.save([a_contact(revision=7)])
    release.watermark.value = LATER + timedelta(minutes=1)
    await release.release_page()
    assert len(box.mails) == 1
    assert published(release).steps() == ["decided", "deferred", "sent"]


async def test_the_ledgers_queries_are_answered_by_indexes(database: Database) -> None:
    from fidelio_notify.adapters.mongo_decisions import INDEXES

    for name, models in INDEXES.items():
        if models:
            await database[name].create_indexes(models)
    query = {"partition": {"$in": [PARTITION]}, "state": "open", "release_at": {"$lte": LATER}, "is_announced": True}
    plan = await database.decisions.find(query).sort("release_at", 1).explain()
    assert "COLLSCAN" not in str(plan["queryPlanner"]["winningPlan"])
