"""Identifiers in the one form in which equal ones are equal."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from fidelio_shared.contracts.ingest import Identifier, SubmittedIdentifier

_PLAIN_EMAIL = re.compile(r"[a-z0-9_+-]+(\.[a-z0-9_+-]+)*@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII)
_HYPHENS_OF_IDNA = re.compile(r"[@.]..--")
_REMEMBERED = 8192
_MOST_CHARACTERS = 512


def normalise_identifiers(identifiers: Iterable[SubmittedIdentifier], links: Iterable[str]) -> tuple[Identifier, ...]:
    """Each kind and value once, in the order given; what has no valid form is left out.

    A kind outside `links` is kept under the name `described.<kind>`: it tells something, and finds nobody.
    """
    permitted = frozenset(links)
    found: dict[Identifier, None] = {}
    for each in identifiers:
        value = _normalise(each.kind, each.value)
        if value:
            kind = each.kind if each.kind in permitted else f"described.{each.kind}"[:128]
            found[Identifier(kind=kind, value=value)] = None
    return tuple(found)


def _normalise(kind: str, value: str) -> str | None:
    """NFC makes some texts longer, up to three times."""
    text = unicodedata.normalize("NFC", value).strip()
    if len(text) > _MOST_CHARACTERS:
        return None
    if kind == "email":
        return _email(text)
    if kind == "phone":
        return _phone(text)
    return text or None


@lru_cache(_REMEMBERED)
def _email(text: str) -> str | None:
    """Lower case as a whole: no provider in use tells the two apart. The library only where the form is unusual."""
    lowered = text.lower()
    if len(lowered) <= 254 and _PLAIN_EMAIL.fullmatch(lowered) and not _HYPHENS_OF_IDNA.search(lowered):
        return lowered
    try:
        return validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None


@lru_cache(_REMEMBERED)
def _phone(text: str) -> str | None:
    """E.164. A national number without its country is nobody's: there is no default country."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
