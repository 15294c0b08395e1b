"""How dates, numbers and lengths of time are said, and letters are set, in each language."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Literal

from babel.dates import format_date
from babel.numbers import format_decimal

from fidelio_shared.declarations.words import Words

Language = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = ("en", "fr")

_LOCALES: Mapping[Language, str] = {"en": "en_GB", "fr": "fr_FR"}
_SMALL = {
    "en": ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    "fr": ("deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"),
}
_UNITS = {
    "day": (Words("a day", "un jour"), Words("days", "jours"), Words("every day", "tous les jours")),
    "week": (Words("a week", "une semaine"), Words("weeks", "semaines"), Words("every week", "toutes les semaines")),
    "month": (Words("a month", "un mois"), Words("months", "mois"), Words("every month", "tous les mois")),
    "year": (Words("a year", "un an"), Words("years", "ans"), Words("every year", "tous les ans")),
}
_WIDE = "\N{NO-BREAK SPACE}"
_THIN = "\N{NARROW NO-BREAK SPACE}"
_THIN_SPACE = re.compile(r"(?<=\S) (?=[;?!])")
_WIDE_SPACE = re.compile(r"(?<=\S) (?=[:»%€])|(?<=«) |(?<=\d) (?=jours?\b)")


def say_date(day: date, language: Language) -> str:
    """With its year: 5 January 2026; 1er janvier 2026."""
    said = format_date(day, "d MMMM y", locale=_LOCALES[language])
    return f"1er{said[1:]}" if language == "fr" and day.day == 1 else said


def say_number(number: int, language: Language) -> str:
    return format_decimal(number, locale=_LOCALES[language])


def say_days(days: int, language: Language) -> str:
    """Exact, for somebody who works with it: 56 days."""
    is_one = days == 1 if language == "en" else days < 2
    unit = {"en": "day", "fr": "jour"}[language]
    return f"{say_number(days, language)} {unit}{'' if is_one else 's'}"


def say_roughly(days: int, language: Language) -> str:
    """As people say it of the past: eight weeks."""
    count, unit = _span(days)
    one, many, _ = _UNITS[unit]
    return one._asdict()[language] if count == 1 else f"{_small(count, language)} {many._asdict()[language]}"


def say_every(days: int, language: Language) -> str:
    """As people say it of a habit: every two weeks."""
    count, unit = _span(days)
    _, many, each = _UNITS[unit]
    if count == 1:
        return str(each._asdict()[language])
    if language == "en":
        return f"every {_small(count, language)} {many.en}"
    return f"{'toutes' if unit == 'week' else 'tous'} les {_small(count, language)} {many.fr}"


def _span(days: int) -> tuple[int, str]:
    """In the unit of which there are not yet too many to picture."""
    for most_days, length, unit in ((5, 1.0, "day"), (59, 7.0, "week"), (547, 30.4, "month")):
        if days <= most_days:
            return max(1, round(days / length)), unit
    return round(days / 365.25), "year"


def _small(count: int, language: Language) -> str:
    return _SMALL[language][count - 2] if count <= 10 else say_number(count, language)


def set_type(text: str, language: Language) -> str:
    """As a printer would set it: nobody who edits a template has to type spaces that cannot be seen."""
    text = text.replace("'", "’")
    return text if language == "en" else _WIDE_SPACE.sub(_WIDE, _THIN_SPACE.sub(_THIN, text))
