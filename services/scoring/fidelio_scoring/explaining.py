"""An explanation as lines for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Literal

from fidelio_scoring.domain.segments.explanation import Explanation
from fidelio_shared.contracts.canonical import instant

Language = Literal["en", "fr"]
_ANSWERS: Mapping[Language, tuple[str, str]] = {"en": ("no", "yes"), "fr": ("non", "oui")}
_SINCE: Mapping[Language, str] = {"en": "since", "fr": "depuis"}
_UNTIL: Mapping[Language, str] = {"en": "until", "fr": "jusqu’au"}


def lines(why: Explanation, language: Language, depth: int = 0) -> Iterator[str]:
    answer = _ANSWERS[language][why.holds]
    times = [
        f"{word[language]} {instant(at)}" for word, at in ((_SINCE, why.since), (_UNTIL, why.until)) if at is not None
    ]
    told = f" ({', '.join(times)})" if times else ""
    yield f"{'  ' * depth}{answer:<3}  {getattr(why.words, language)}{told}"
    for each in why.parts:
        yield from lines(each, language, depth + 1)
