"""What the person consents to: the latest decision, by the person's time; the interaction's id breaks ties."""

from collections.abc import Mapping
from dataclasses import dataclass

from fidelio_profile.domain.bottom import bottom
from fidelio_profile.domain.bounds import cut, fits
from fidelio_shared.contracts.canonical import Instant, instant
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.rights import RIGHTS

MOST_CONSENTS = 20
_LONGEST_PURPOSE = 32
_LONGEST_BASIS = 32
_LONGEST_EVIDENCE = 64


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


Consents = Mapping[tuple[str, str], ConsentGiven]


def one_consent(interaction: Interaction, at: Instant) -> Consents:
    """None where the purpose or channel is too long to be kept: what is unknown is not granted."""
    consent = interaction.consent
    if consent is None or interaction.type != "consent.changed":
        return {}
    if not (fits(consent.purpose, _LONGEST_PURPOSE) and fits(consent.channel, _LONGEST_PURPOSE)):
        return {}
    given = ConsentGiven(
        status=consent.status,
        at=at,
        id=interaction.id,
        lawful_basis=_beginning(consent.lawful_basis, _LONGEST_BASIS),
        policy_version=_beginning(consent.policy_version, _LONGEST_BASIS),
        evidence=_beginning(consent.evidence, _LONGEST_EVIDENCE),
        expires_at=instant(consent.expires_at) if consent.expires_at else None,
    )
    return {(consent.purpose, consent.channel): given}


def _beginning(text: str | None, most_bytes: int) -> str | None:
    return cut(text, most_bytes) if text else text


def join_consents(left: Consents, right: Consents) -> Consents:
    """At the same instant a refusal wins: no consent is safer than a wrong one."""
    joined = dict(left)
    for key, consent in right.items():
        known = joined.get(key)
        if known is None or _rank(consent) > _rank(known):
            joined[key] = consent
    return bottom(joined, MOST_CONSENTS, _is_objection)


def _rank(consent: ConsentGiven) -> tuple[str, bool, str]:
    return consent.at, consent.status == "denied", consent.id


def _is_objection(key: tuple[str, str]) -> bool:
    """However many purposes there are, none displaces an objection."""
    return key[0] in RIGHTS
