"""Values of which the latest one holds, by the customer's time; the interaction's id breaks ties."""

from collections.abc import Mapping
from dataclasses import dataclass

from fidelio_profile.domain.bottom import bottom
from fidelio_shared.contracts.canonical import Instant
from fidelio_shared.contracts.ingest import Scalar

MOST_TRAITS = 128
MOST_CONSENTS = 64


@dataclass(frozen=True, slots=True)
class Trait:
    value: Scalar
    at: Instant
    id: str
    source: str


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """A decision of the person on one purpose and channel."""

    status: str
    at: Instant
    id: str
    lawful_basis: str | None
    policy_version: str | None
    evidence: str | None
    expires_at: Instant | None


Traits = Mapping[tuple[str], Trait]
Consents = Mapping[tuple[str, str], ConsentGiven]


def join_traits(left: Traits, right: Traits) -> Traits:
    joined = dict(left)
    for key, trait in right.items():
        known = joined.get(key)
        if known is None or (trait.at, trait.id) > (known.at, known.id):
            joined[key] = trait
    return bottom(joined, MOST_TRAITS)


def join_consents(left: Consents, right: Consents) -> Consents:
    """At the same instant a refusal wins: no consent is safer than a wrong one."""
    joined = dict(left)
    for key, consent in right.items():
        known = joined.get(key)
        if known is None or _rank(consent) > _rank(known):
            joined[key] = consent
    return bottom(joined, MOST_CONSENTS)


def _rank(consent: ConsentGiven) -> tuple[str, bool, str]:
    return consent.at, consent.status == "denied", consent.id
