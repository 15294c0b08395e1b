"""Addresses as people type them, in the one form in which equal ones are equal."""

import re

from fidelio_shared.contracts.ingest import Identifier

LONGEST_ADDRESS = 320
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_IN_NUMBERS = str.maketrans("", "", " .-()/\u00a0\u202f")


class NoAddress(ValueError):
    """What was typed is no address that Fidelio could write to: says which forms there are, never what was typed."""


def address_of(typed: str) -> Identifier:
    """An e-mail address in lower case, a phone number as E.164: as ingest keeps them."""
    text = typed.strip()
    if len(text) <= LONGEST_ADDRESS:
        if _EMAIL.fullmatch(text):
            return Identifier(kind="email", value=text.lower())
        number = text.translate(_IN_NUMBERS)
        if _PHONE.fullmatch(number):
            return Identifier(kind="phone", value=number)
    raise NoAddress("an address is an e-mail address, or a phone number with its country, such as +33 6 12 34 56 78")
