"""How dates, numbers and lengths of time are said, and what an SMS costs."""

from datetime import date

import pytest

from fidelio_notify.domain.letters.sms import segments
from fidelio_notify.domain.letters.speech import (
    LANGUAGES,
    Language,
    say_date,
    say_days,
    say_every,
    say_roughly,
    set_type,
)

WIDE, THIN = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("day", "en", "fr"),
    [
        (date(2026, 1, 5), "5 January 2026", "5 janvier 2026"),
        (date(2026, 8, 1), "1 August 2026", "1er août 2026"),
        (date(2026, 2, 11), "11 February 2026", "11 février 2026"),
        (date(2027, 12, 31), "31 December 2027", "31 décembre 2027"),
    ],
)
def test_a_date_is_said_with_its_month_and_year(day: date, en: str, fr: str) -> None:
    assert [say_date(day, each) for each in LANGUAGES] == [en, fr]


@pytest.mark.parametrize(
    ("days", "en", "fr"),
    [
        (0, "0 days", "0 jour"),
        (1, "1 day", "1 jour"),
        (2, "2 days", "2 jours"),
        (1234, "1,234 days", f"1{THIN}234 jours"),
    ],
)
def test_days_are_said_exactly(days: int, en: str, fr: str) -> None:
    assert [say_days(days, each) for each in LANGUAGES] == [en, fr]


@pytest.mark.parametrize(
    ("days", "en", "fr"),
    [
        (0, "a day", "un jour"),
        (1, "a day", "un jour"),
        (2, "two days", "deux jours"),
        (5, "five days", "cinq jours"),
        (6, "a week", "une semaine"),
        (10, "a week", "une semaine"),
        (11, "two weeks", "deux semaines"),
        (56, "eight weeks", "huit semaines"),
        (59, "eight weeks", "huit semaines"),
        (60, "two months", "deux mois"),
        (365, "12 months", "12 mois"),
        (547, "18 months", "18 mois"),
        (548, "two years", "deux ans"),
        (4000, "11 years", "11 ans"),
    ],
)
def test_the_past_is_said_roughly(days: int, en: str, fr: str) -> None:
    assert [say_roughly(days, each) for each in LANGUAGES] == [en, fr]


@pytest.mark.parametrize(
    ("days", "en", "fr"),
    [
        (1, "every day", "tous les jours"),
        (3, "every three days", "tous les trois jours"),
        (7, "every week", "toutes les semaines"),
        (14, "every two weeks", "toutes les deux semaines"),
        (90, "every three months", "tous les trois mois"),
        (400, "every 13 months", "tous les 13 mois"),
        (730, "every two years", "tous les deux ans"),
    ],
)
def test_a_habit_is_said_with_its_gender(days: int, en: str, fr: str) -> None:
    assert [say_every(days, each) for each in LANGUAGES] == [en, fr]


@pytest.mark.parametrize(
    ("typed", "language", "printed"),
    [
        ("Didn't it?", "en", "Didn’t it?"),
        ("It is: here!", "en", "It is: here!"),
        ("N'est-ce pas ?", "fr", f"N’est-ce pas{THIN}?"),
        ("Ici : là ; oui !", "fr", f"Ici{WIDE}: là{THIN}; oui{THIN}!"),
        ("« oui »", "fr", f"«{WIDE}oui{WIDE}»"),
        ("10 % et 3 jours", "fr", f"10{WIDE}% et 3{WIDE}jours"),
        ("https://a.example/?b:c", "fr", "https://a.example/?b:c"),
    ],
)
def test_type_is_set_as_a_printer_would(typed: str, language: Language, printed: str) -> None:
    assert set_type(typed, language) == printed
    assert set_type(printed, language) == printed


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("é" * 160, 1),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ê" * 70, 1),
        ("ê" + "x" * 70, 2),
        ("ê" * 134, 2),
        ("ê" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_an_sms_costs(text: str, count: int) -> None:
    assert segments(text) == count
