"""Cases of which a test of the gates names only what matters to it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from fidelio_notify.domain.cards import Card, Person, Scored
from fidelio_notify.domain.gates.case import Case, Contacted
from fidelio_notify.domain.playbooks.model import Cap, Happened, Playbook, Policy, QuietHours, Step, Variant
from fidelio_notify.domain.proposals import Proposal
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.contracts.notify import Reason, Reference
from fidelio_shared.contracts.profile import ConsentState, Ticket
from fidelio_shared.contracts.scoring import Band, ChurnScore, CustomerValue
from fidelio_shared.declarations.words import Words

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
ANN = ProfileId(hash16("test", "ann"))
MAIL, PHONE = "ann@example.org", "+33612345678"
BY_MAIL = Identifier(kind="email", value=MAIL)
BY_PHONE = Identifier(kind="phone", value=PHONE)
ALL_CHANNELS = frozenset({"email", "sms", "push", "chat", "callback"})
STEP = Step(after=timedelta(), channels=("email",), variants=(Variant("only", 1.0, "hello"),))
POLICY = Policy(quiet=(), caps=(), gather=timedelta(minutes=5), mass_per_second=10.0, mass_threshold=1000)
PLAYBOOK = Playbook(
    name="hello",
    version=1,
    label=Words("Hello", "Bonjour"),
    trigger=Happened(frozenset({"order.placed"})),
    purpose="marketing",
    steps=(STEP,),
    expires_after=timedelta(days=2),
)
OWED = replace(PLAYBOOK, name="owed", is_transactional=True)


def at(told: str) -> datetime:
    return datetime.fromisoformat(told)


def a_consent(**said: Any) -> ConsentState:
    plain = {"purpose": "marketing", "channel": "email", "status": "granted", "at": NOON - timedelta(days=9)}
    everything = plain | said
    everything.setdefault("id", hash16("consent", *(str(each) for each in everything.values())))
    return ConsentState.model_validate(everything)


def a_person(**known: Any) -> Person:
    plain = {"identifiers": (BY_MAIL, BY_PHONE), "time_zone": "Europe/Paris", "consents": (a_consent(),)}
    return Person.model_validate(plain | known)


def a_card(*, person: Mapping[str, Any] | None = None, **known: Any) -> Card:
    plain: dict[str, Any] = {"profile": ANN, "epoch": 1, "revision": 7, "person": a_person(**(person or {}))}
    return Card(**(plain | known))


def a_ticket(**told: Any) -> Ticket:
    plain = {"kind": "ticket", "reference": "T1", "is_open": True, "at": NOON, "id": hash16("ticket")}
    return Ticket.model_validate(plain | told)


def a_scored(band: Band = "high", amount: float | None = None) -> Scored:
    churn = ChurnScore(before=None, after=0.8, band_before=None, band=band, heads=(), facts=None)
    value = None if amount is None else _worth(amount)
    return Scored(epoch=1, sequence=1, revision=7, at=NOON, churn=churn, value=value)


def _worth(amount: float) -> CustomerValue:
    return CustomerValue(
        amount=amount,
        currency="EUR",
        method="model",
        reason=None,
        horizon_weeks=52.0,
        expected_purchases=3.0,
        expected_spend=amount / 3.0,
        margin=1.0,
        discount=1.0,
    )


def a_proposal(name: str = "first", *, revision: int = 7, reference: Reference | None = None, **told: Any) -> Proposal:
    plain: dict[str, Any] = {
        "decision": hash16("decision", name),
        "root": hash16("decision", name),
        "playbook": "hello",
        "profile": ANN,
        "reason": Reason(kind="interaction", epoch=1, revision=revision, at=NOON, reference=reference),
        "step": 0,
        "caused_at": NOON - timedelta(hours=1),
        "release_at": NOON,
        "deadline": NOON + timedelta(days=2),
    }
    return Proposal(**(plain | told))


def a_case(*, channels: tuple[str, ...] = ("email",), **known: Any) -> Case:
    plain: dict[str, Any] = {
        "playbook": PLAYBOOK,
        "step": replace(STEP, channels=channels),
        "policy": POLICY,
        "proposal": a_proposal(),
        "card": a_card(),
        "now": NOON,
    }
    return Case(**(plain | known))


def hours(told: str, channels: frozenset[str] = ALL_CHANNELS) -> QuietHours:
    """Of `21:00-08:00`."""
    begins, ends = map(time.fromisoformat, told.split("-"))
    return QuietHours(begins, ends, channels)


def quiet_policy(*told: str) -> Policy:
    return replace(POLICY, quiet=tuple(hours(each) for each in told))


def cap_policy(*caps: Cap) -> Policy:
    return replace(POLICY, caps=caps)


def contacted(ago: timedelta, channel: str = "email", *, is_transactional: bool = False) -> Contacted:
    return Contacted(NOON - ago, channel, is_transactional)
