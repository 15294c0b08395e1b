"""Identifiers in the one form in which equal ones are equal."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from fidelio_shared.contracts.identity import Form, IdentityRules
from fidelio_shared.contracts.ingest import DESCRIBED, Identifier, SubmittedIdentifier

_PLAIN_EMAIL = re.compile(r"[a-z0-9_+-]+(\.[a-z0-9_+-]+)*@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII)
_HYPHENS_OF_IDNA = re.compile(r"[@.]..--")
_REMEMBERED = 8192
_MOST_CHARACTERS = 512


class IdentifierForms:
    """Remembers what it normalised last: a busy customer is told of again and again."""

    def __init__(self, rules: IdentityRules) -> None:
        self._rules = rules
        self._usable = lru_cache(_REMEMBERED)(self._find_usable)

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(self._rules.kinds)

    def normalise(
        self, identifiers: Iterable[SubmittedIdentifier], links: Iterable[str] | None = None
    ) -> tuple[Identifier, ...]:
        """Each kind and value once, those that link first and the strongest of them before the others.

        What has no valid form is left out. A kind that the rules or `links` do not name, and a value that they block,
        is kept under `described.<kind>`: it tells something, and finds nobody.
        """
        permitted = None if links is None else frozenset(links)
        linking: dict[Identifier, None] = {}
        described: dict[Identifier, None] = {}
        for each in identifiers:
            found = self._usable(each.kind, each.value)
            if found is None:
                continue
            is_linking = not found.kind.startswith(DESCRIBED) and (permitted is None or found.kind in permitted)
            if is_linking:
                linking[found] = None
            else:
                described[_described(found)] = None
        return (*self._rules.linking(linking), *described)

    def _find_usable(self, kind: str, value: str) -> Identifier | None:
        """NFC makes some texts longer, up to three times."""
        text = unicodedata.normalize("NFC", _without_invisible(value)).strip()
        if not text or len(text) > _MOST_CHARACTERS:
            return None
        rule = self._rules.kinds.get(kind)
        formed = _FORMS[rule.form](text) if rule else text
        if not formed:
            return None
        found = Identifier(kind=kind, value=formed)
        return found if rule and not self._rules.blocked.match(formed) else _described(found)


def _described(identifier: Identifier) -> Identifier:
    if identifier.kind.startswith(DESCRIBED):
        return identifier
    return Identifier(kind=f"{DESCRIBED}{identifier.kind}"[:128], value=identifier.value)


def _without_invisible(text: str) -> str:
    """Copied text brings marks that nobody sees, and that would make two people of one."""
    return text if text.isascii() else "".join(each for each in text if unicodedata.category(each) != "Cf")


def _email(text: str) -> str | None:
    """Lower case as a whole: no provider in use tells the two apart. The library only where the form is unusual."""
    lowered = text.lower()
    if len(lowered) <= 254 and _PLAIN_EMAIL.fullmatch(lowered) and not _HYPHENS_OF_IDNA.search(lowered):
        return lowered
    try:
        return validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None


def _phone(text: str) -> str | None:
    """E.164. A national number without its country is nobody's: there is no default country."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _exact(text: str) -> str:
    return text


_FORMS: Mapping[Form, Callable[[str], str | None]] = {
    "email": _email,
    "phone": _phone,
    "lower": str.lower,
    "exact": _exact,
}
