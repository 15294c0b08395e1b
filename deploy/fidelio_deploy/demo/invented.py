"""What CDNOW does not know and the demo makes up: consents, e-mail addresses, repetitions, faults.

Who is chosen depends on the customer or the line alone, so that every run invents the same.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from fidelio_deploy.demo.cdnow import SOURCE, Purchase
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.ids import hash16

CONSENT_SHARE = 0.027
DENIED_SHARE = 0.1
REPEATED_SHARE = 0.01
FAULTS = 12
JUST_AFTER = timedelta(minutes=1)
FIRST_NAMES = {
    "en": ("Ann", "Ben", "Clara", "David", "Emma", "Frank", "Grace", "Henry"),
    "fr": ("Amélie", "Benoît", "Chloé", "Denis", "Élodie", "François", "Hélène", "Julien"),
}
DOMAINS = ("example.org", "example.net")
EVIDENCE = "invented for the demo; nobody decided this"

Said = dict[str, object]


def speaks_of_consent(customer: str) -> bool:
    return _lot("consent", customer) < CONSENT_SHARE


def is_repeated(purchase: Purchase) -> bool:
    return _lot("repeated", str(purchase.line)) < REPEATED_SHARE


def consent_of(customer: str, first_purchase: datetime) -> Said:
    """A decision on marketing by e-mail, made on the day of the first purchase, with a name and an address."""
    language = "fr" if _lot("language", customer) < 0.5 else "en"
    address = f"customer.{customer}@{_one_of(DOMAINS, 'domain', customer)}"
    return {
        "channel": "store",
        "source": "demo/invented",
        "id": f"consent-{customer}",
        "type": "consent.changed",
        "occurred_at": instant(first_purchase + JUST_AFTER),
        "identifiers": [{"kind": "customer_id", "value": customer}, {"kind": "email", "value": address}],
        "traits": {"first_name": _one_of(FIRST_NAMES[language], "name", customer), "language": language},
        "consent": {
            "purpose": "marketing",
            "channel": "email",
            "status": "denied" if _lot("denied", customer) < DENIED_SHARE else "granted",
            "lawful_basis": "consent",
            "policy_version": "demo-1",
            "evidence": EVIDENCE,
        },
        "data": {"invented": True},
    }


def faults() -> Iterator[tuple[datetime, Said]]:
    """One a month of 1997, each by one of five faults that senders really make."""
    for month in range(1, FAULTS + 1):
        at = datetime(1997, month, 15, 12, tzinfo=UTC)
        sound: Said = {
            "channel": "store",
            "source": "demo/invented",
            "id": f"fault-{month}",
            "type": "order.placed",
            "occurred_at": instant(at),
            "identifiers": [{"kind": "customer_id", "value": "00001"}],
            "amount": {"value": "12.30", "currency": "USD"},
        }
        yield at, {**sound, **_fault(month)}


def _fault(number: int) -> Mapping[str, object]:
    kinds: tuple[Said, ...] = (
        {"amount": {"value": "12.30", "currency": "dollars"}},
        {"type": "survey.answered"},
        {"identifiers": [{"kind": "email", "value": "no address"}]},
        {"data": {"price.list": "spring"}},
        {"source": SOURCE, "id": "2", "amount": {"value": str(number), "currency": "USD"}},
    )
    return kinds[number % len(kinds)]


def _one_of(choices: tuple[str, ...], what: str, customer: str) -> str:
    return choices[int(_lot(what, customer) * len(choices))]


def _lot(what: str, whose: str) -> float:
    """In [0, 1), always the same for the same."""
    return int(hash16("demo", what, whose)[:12], 16) / 16**12
