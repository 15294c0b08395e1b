"""Names as they are searched for: any word of a name and those that follow it, without case and accents."""

import unicodedata
from functools import lru_cache

from fidelio_profile.domain.state import State

LONGEST = 64
_MOST_WORDS = 8
_REMEMBERED = 8192
_WHOLE, _FIRST, _LAST = ("name",), ("first_name",), ("last_name",)


def folded(text: str) -> str:
    """Equal for `Zoë O'Neil-Smith` and `zoe  o neil smith`; at most LONGEST characters."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    words = "".join(each if each.isalnum() else " " for each in plain.casefold()).split()
    return " ".join(words)[:LONGEST].rstrip()


def search_fields(state: State) -> dict[str, list[str]]:
    """Beside the state in a profile's document: who types the beginning of one of `names` means this person."""
    told = tuple(state.traits.get(each) for each in (_WHOLE, _FIRST, _LAST))
    if told == (None, None, None):
        return {}
    keys = _keys(*(each.value if each is not None and isinstance(each.value, str) else "" for each in told))
    return {"names": list(keys)} if keys else {}


@lru_cache(_REMEMBERED)
def _keys(whole: str, first: str, last: str) -> tuple[str, ...]:
    spellings = (folded(whole), folded(f"{first} {last}"), folded(f"{last} {first}"))
    return tuple(sorted({key for each in spellings for key in _beginnings(each.split())}))


def _beginnings(words: list[str]) -> list[str]:
    return [" ".join(words[place:]) for place in range(min(len(words), _MOST_WORDS))]
