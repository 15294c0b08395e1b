"""What somebody typed into a form, where it may stand in a letter of ours: else it is as if it were not known."""

import re
import unicodedata

from fidelio_shared.contracts.ingest import Scalar

LONGEST_NAME = 64
_MOST_PARTS = 4
_MOST_STACKED_MARKS = 3

JOINERS = "\u200c\u200d"
_IN_NAMES = frozenset(" -'’.·" + JOINERS)
_IN_BUSINESS_NAMES = _IN_NAMES | frozenset("&,()+!")
_LIKE_AN_ADDRESS = re.compile(r"\.[^\W\d_]{2}|www", re.IGNORECASE)
_REFERENCE = re.compile(r"#?[A-Za-z0-9][A-Za-z0-9/_-]{0,23}")
_NO_NAMES = frozenset(
    {
        *("none", "null", "nil", "nan", "undefined", "unknown", "anonymous", "test", "customer", "client", "user"),
        *("inconnu", "inconnue", "anonyme"),
    }
)


def person_name(value: Scalar) -> str | None:
    """One line of few words, all letters; a name all in capitals, or all in small letters, gets its capitals back."""
    name = _typed(value)
    if (
        name is None
        or name.count(" ") >= _MOST_PARTS
        or not all(_is_letter(each) or each in _IN_NAMES for each in name)
    ):
        return None
    is_flat = name.islower() or (name.isupper() and len(name) > 3)
    return name.title() if is_flat else name


def business_name(value: Scalar) -> str | None:
    name = _typed(value)
    if name is None or not all(_is_letter(each) or each.isdecimal() or each in _IN_BUSINESS_NAMES for each in name):
        return None
    return name


def told_reference(value: str) -> str | None:
    """A number that a person would read out; a machine's is left out."""
    return value if _REFERENCE.fullmatch(value) else None


def _typed(value: Scalar) -> str | None:
    if not isinstance(value, str) or len(value) > 4 * LONGEST_NAME:
        return None
    name = " ".join(unicodedata.normalize("NFC", value).split())
    if not 0 < len(name) <= LONGEST_NAME or name.casefold() in _NO_NAMES:
        return None
    begins_well = _is_letter(name[0]) or name[0].isdecimal()
    return name if begins_well and not _LIKE_AN_ADDRESS.search(name) and not _is_stacked(name) else None


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM"


def _is_stacked(name: str) -> bool:
    """Marks upon marks run over the lines above and below."""
    marks = "".join("m" if unicodedata.combining(each) else " " for each in name)
    return "m" * (_MOST_STACKED_MARKS + 1) in marks
