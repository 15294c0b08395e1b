"""The enhanced status codes of mail (RFC 3463) that matter here."""

import re

_ENHANCED = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
NOBODY_THERE = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
"""Of the codes about addresses those that speak of the recipient's: 5.1.0, 5.1.7 and 5.1.8 are said of the sender's
too, and would have one wrong setting declare every customer dead."""


def leading_code(text: str) -> str:
    """Empty where the text does not begin with one."""
    found = _ENHANCED.match(text)
    return found[0] if found else ""


def any_code(text: str) -> str:
    found = _ENHANCED.search(text)
    return found[0] if found else ""
