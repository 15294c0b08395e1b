"""The API of notify on a real database, and people and decisions of which a test names only what matters."""

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from fidelio_notify.adapters.mongo_decisions import Proposed
from fidelio_notify.adapters.mongo_rulings import MongoRulings
from fidelio_notify.adapters.mongo_tasks import MongoTaskStore
from fidelio_notify.adapters.mongo_unwanted import MongoUnwanted
from fidelio_notify.answers import Answers, make_readers
from fidelio_notify.api.application import ApiSettings, Desk, notify_application, open_api, open_public
from fidelio_notify.domain.cards import Person, PersonSnapshot
from fidelio_notify.domain.decisions import Decision, Sent
from fidelio_notify.domain.gates.consent import ConsentEvidence
from fidelio_notify.domain.playbooks.model import Goal, OnRequest, Playbook, Playbooks, Policy, Step, Variant
from fidelio_notify.domain.proposals import Proposal
from fidelio_notify.domain.unsubscribing import Unsubscription, make_token
from fidelio_notify.in_use import PlaybooksInUse
from fidelio_notify.recipients import Recipients
from fidelio_notify.settings import MessengerSettings, NotifySettings
from fidelio_notify.stores import Stores
from fidelio_notify.unsubscribing import Unsubscribing
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.contracts.notify import Reason, Verdict
from fidelio_shared.contracts.profile import ConsentState
from fidelio_shared.declarations.words import Words
from fidelio_shared.storage.mongo import Database
from fidelio_shared.storage.suppression import Suppressor
from support.agents import NOON, TASK
from support.news import a_snapshot
from support.profile_steps import RecordingPublisher

KEY = "a secret of the api"
TOKEN_KEY = b"a key that signs tokens of tests"
SUPPRESSOR = Suppressor(b"of tests alone")
ANN = TASK.profile
ANNS = Identifier(kind="email", value="ann@example.org")
CHECK_IN = Playbook(
    name="check_in",
    version=3,
    label=Words(en="Check-in", fr="Prise de nouvelles"),
    trigger=OnRequest(),
    purpose="marketing",
    steps=(Step(timedelta(0), ("email",), (Variant("plain", 1.0, "check_in"),)),),
    expires_after=timedelta(days=2),
    holdout=0.1,
    goal=Goal(frozenset({"order.placed"}), timedelta(days=14)),
)
PLAYBOOKS = Playbooks("shipped.yaml", "shipped@1", Policy((), (), timedelta(0), 10.0, 100), (CHECK_IN,))
EVIDENCE = ConsentEvidence(
    purpose="marketing",
    channel="email",
    interaction=hash16("test", "consent"),
    evidence="form 7",
    lawful_basis="consent",
    policy_version="2026-01",
    given_at=NOON - timedelta(days=90),
    expires_at=NOON + timedelta(days=90),
)
SECRET = "whsec_" + b64encode(b"a secret that a provider has too").decode()
MAILER = MessengerSettings(
    url="https://mailer.example", token=SecretStr("token"), callback_secrets=(SecretStr(SECRET),)
)
TWILIO = MessengerSettings(
    kind="twilio", url="https://api.twilio.com", token=SecretStr("twilio token"), account="AC1", sender="+15005550006"
)
SETTINGS = NotifySettings(push=MAILER, sms=TWILIO, public_url="https://shop.example")


def a_decision(number: int, *, profile: ProfileId = ANN, is_sent: bool = False, to: str = ANNS.value) -> Decision:
    """Decision `number`, whose reason came so many minutes after noon."""
    at = NOON + timedelta(minutes=number)
    decision = hash16("test decision", profile, number)
    proposal = Proposal(
        decision=decision,
        root=decision,
        playbook="check_in",
        profile=profile,
        reason=Reason(kind="score", epoch=1, revision=7, sequence=number, band="high", at=at),
        step=0,
        caused_at=at,
        release_at=at,
        deadline=at + timedelta(days=2),
    )
    return Decision(
        proposal=proposal,
        is_transactional=False,
        step="sent" if is_sent else "suppressed",
        at=at + timedelta(seconds=30),
        verdicts=(Verdict(gate="consent", passed=is_sent, reason="" if is_sent else "unknown", channel="email"),),
        playbook_version=3,
        channel="email",
        sent=Sent(f"<{number}@fidelio.example>", to, "9f" * 16, EVIDENCE) if is_sent else None,
    )


def a_person(
    profile: ProfileId = ANN, *, language: str | None = "fr", consents: tuple[ConsentState, ...] = (), revision: int = 7
) -> PersonSnapshot:
    person = Person(identifiers=(ANNS,), language=language, consents=consents)
    return a_snapshot(person, profile=profile).model_copy(update={"revision": revision})


@dataclass
class Around:
    """What a test may look at behind the API. `now`: what time it is there."""

    database: Database
    publisher: RecordingPublisher = field(default_factory=RecordingPublisher)
    in_use: PlaybooksInUse = field(default_factory=lambda: PlaybooksInUse(PLAYBOOKS))
    now: datetime | None = NOON

    async def read_now(self) -> datetime | None:
        return self.now

    @property
    def stores(self) -> Stores:
        return Stores.of(self.database, SUPPRESSOR)

    @property
    def tasks(self) -> MongoTaskStore:
        return self.stores.tasks

    @property
    def unwanted(self) -> MongoUnwanted:
        return self.stores.unwanted

    async def know(self, *people: PersonSnapshot) -> None:
        await self.stores.cards.save(people)

    async def decide(self, *decisions: Decision) -> None:
        proposed = [Proposed(each, 3, each.proposal.release_at) for each in decisions]
        await self.stores.decisions.insert(proposed, stored_at=datetime.now(UTC))

    def desk(self) -> Desk:
        stores, rulings = self.stores, MongoRulings(self.database)
        unsubscribing = Unsubscribing([TOKEN_KEY], Recipients(rulings), stores.unwanted, self.publisher, self.read_now)
        answers = Answers(make_readers(SETTINGS), rulings, stores.unwanted, self.publisher, lambda: self.now or NOON)
        return Desk(stores, rulings, self.in_use, unsubscribing, answers, self.read_now)

    def client(self, *, key: str | None = KEY) -> httpx.AsyncClient:
        """Each is an application of its own: it remembers no keys and no failures of another."""
        headers = {"X-API-Key": key} if key else {}
        transport = httpx.ASGITransport(application_of(self))
        return httpx.AsyncClient(transport=transport, base_url="http://notify", headers=headers)


def application_of(around: Around) -> FastAPI:
    application = notify_application()
    open_public(application, around.desk())
    open_api(application, around.database, around.desk(), ApiSettings(KEY, 30))
    return application


def application_on(database: Database) -> FastAPI:
    return application_of(Around(database))


def a_token(*, key: bytes = TOKEN_KEY, profile: ProfileId = ANN, decision: str = TASK.id) -> str:
    return make_token(key, Unsubscription(decision, profile, "marketing", "email"))
