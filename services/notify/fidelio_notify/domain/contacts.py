"""The contact card: what notify needs to know of a person to write to them, or not."""

from dataclasses import dataclass
from datetime import datetime

from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Contract, Identifier, Scalar
from fidelio_shared.contracts.profile import ConsentState, Trait
from fidelio_shared.contracts.rights import objections

_LANGUAGES = ("en", "fr")


@dataclass(frozen=True, slots=True)
class Consent:
    purpose: str
    channel: str
    is_granted: bool
    evidence: str | None
    interaction: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Contact:
    """`email` is the one that sorts first where there are several: stable, whatever the order of arrival.

    `merged_into`: the person has another card now. `members`: profiles that became part of this one: what was sent to
    them was sent to this person. `erased_at`: nothing else of them may be kept, and `erasure` is the request.
    `objections`: to contact, or to any processing.
    """

    profile: ProfileId
    epoch: int
    revision: int
    email: str | None
    name: str | None
    language: str
    consents: tuple[Consent, ...]
    merged_into: ProfileId | None = None
    members: tuple[ProfileId, ...] = ()
    erased_at: datetime | None = None
    erasure: str | None = None
    objections: frozenset[str] = frozenset()


def every_profile(profile: ProfileId, contact: Contact | None) -> frozenset[ProfileId]:
    """The profile and those that became part of it."""
    return frozenset((profile, *(contact.members if contact else ())))


class _ReachableState(Contract):
    identifiers: tuple[Identifier, ...]
    traits: tuple[Trait, ...] = ()
    consents: tuple[ConsentState, ...] = ()


class _Cause(Contract):
    id: str


class ReachablePerson(Contract):
    """The part of a snapshot that a card is made of; the rest is skipped while parsing."""

    profile: ProfileId
    epoch: int
    revision: int
    merged_into: ProfileId | None = None
    members: tuple[ProfileId, ...] = ()
    erased_at: datetime | None = None
    cause: _Cause
    state: _ReachableState | None = None


_NOTHING_KNOWN = _ReachableState(identifiers=())


def contact_from(snapshot: ReachablePerson) -> Contact:
    state = _NOTHING_KNOWN if snapshot.merged_into else snapshot.state or _NOTHING_KNOWN
    emails = sorted(each.value for each in state.identifiers if each.kind == "email")
    traits = {each.name: each.value for each in state.traits}
    language = str(traits.get("language") or "")[:2].lower()
    return Contact(
        profile=snapshot.profile,
        epoch=snapshot.epoch,
        revision=snapshot.revision,
        email=emails[0] if emails else None,
        name=_one_line(traits.get("first_name")),
        language=language if language in _LANGUAGES else _LANGUAGES[0],
        consents=tuple(_consent(each) for each in state.consents),
        merged_into=snapshot.merged_into,
        members=snapshot.members,
        erased_at=snapshot.erased_at,
        objections=objections(state.consents),
        erasure=snapshot.cause.id if snapshot.erased_at else None,
    )


def _one_line(name: Scalar) -> str | None:
    """Whoever fills in a form must not write paragraphs of our letters."""
    return " ".join(name.split())[:64] or None if isinstance(name, str) else None


def _consent(state: ConsentState) -> Consent:
    return Consent(
        purpose=state.purpose,
        channel=state.channel,
        is_granted=state.status == "granted",
        evidence=state.evidence,
        interaction=state.id,
        expires_at=state.expires_at,
    )
