"""The reviewed samples of letters; `PYTHONPATH=tests python -m support.letter_samples` writes them anew, to be read."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from fidelio_notify.domain.letters.letter import Letter
from fidelio_notify.domain.letters.library import Library
from fidelio_notify.domain.letters.reading import read_library
from fidelio_notify.domain.letters.speech import LANGUAGES, Language
from support.letters import SHIPPED
from support.simulated_people import CARDS, words_for

FOLDER = Path(__file__).parents[1] / "notify" / "samples"

CHANNELS = ("email", "sms", "push", "chat", "callback")
ALL_TEN = "check_in"
SUITED: Mapping[str, str] = {
    "complaint_apology": "RTL name",
    "complaint_call_back": "business contact",
    "payment_help": "very long name",
    "order_status": "no name",
    "survey_csat": "name with markup",
    "survey_ces": "no order",
    "detractor_call_back": "no name",
    "win_back": "one order",
    "welcome": "no order",
    "thanks": "French with accents",
    "recommend": "RTL name",
    "renewal": "business contact",
    "check_in_call_back": "one order",
}
"""Beside the one of whom all is known, and the one of whom nothing is."""


def samples(library: Library) -> dict[str, str]:
    """By the names of their files."""
    return {
        f"{template}.{language}.txt": "".join(_of_template(library, template, language))
        for template in sorted({edition.template for edition in library.editions.values()})
        for language in LANGUAGES
    }


def _of_template(library: Library, template: str, language: Language) -> Iterator[str]:
    suited = [each for each in ("rich", SUITED.get(template), "everything missing") if each]
    for who in CARDS if template == ALL_TEN else suited:
        for channel in CHANNELS:
            if channel in library.channels(template):
                letter = library.write(template, channel=channel, language=language, words=words_for(who, template))
                yield f"########## {who}: {channel}\n{_shown(letter)}\n"


def _shown(letter: Letter) -> str:
    return f"[{letter.subject}]\n{letter.text.rstrip()}\n" if letter.subject else f"{letter.text.rstrip()}\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in samples(read_library(SHIPPED)).items():
        FOLDER.joinpath(name).write_text(text, encoding="utf-8")
