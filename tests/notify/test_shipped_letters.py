"""The messages that are shipped, in English and French, read as a careful reader would."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, product

import pytest

from fidelio_notify.domain.letters.letter import Letter, Unwritable
from fidelio_notify.domain.letters.library import Edition, Library
from fidelio_notify.domain.letters.reading import read_library
from fidelio_notify.domain.letters.sections import PARTS
from fidelio_notify.domain.letters.sms import segments
from fidelio_notify.domain.letters.speech import LANGUAGES, Language
from fidelio_notify.domain.letters.words import SAMPLE, Word
from fidelio_notify.domain.playbooks.model import Playbooks
from fidelio_notify.domain.playbooks.parsing import parse_playbooks
from fidelio_notify.reading import shipped_playbooks
from support.letter_reading import faults, faults_of
from support.letter_samples import FOLDER, samples
from support.letters import SHIPPED, SURROUNDINGS
from support.simulated_people import CARDS, words_for

LIBRARY = read_library(SHIPPED)
MESSAGES = frozenset(
    {
        *("check_in", "complaint_apology", "payment_help", "order_status", "survey_csat", "survey_ces", "survey_nps"),
        *("win_back", "welcome", "thanks", "recommend", "renewal"),
    }
)
CALLS = frozenset({"complaint_call_back", "detractor_call_back", "check_in_call_back"})
ALL_CHANNELS = frozenset(PARTS)

OTHERS: dict[str, tuple[Word, ...]] = {
    "happened": ("order.shipped", "order.delayed", "order.delivered", "something.else"),
    "orders": (1, 2),
    "silence_days": (0, 30),
    "usual_gap_days": (1, 400),
    "complaint_days": (0, 1),
    "rating": (10,),
    "rating_most": (5,),
    "renewal_days": (0, 1),
    "offer": ("free_delivery", "next_order_discount"),
}
"""Values beside the sample, where a template says something else of them."""

EDITIONS = sorted(LIBRARY.editions, key=str)


def used_words(edition: Edition, channel: str) -> frozenset[str]:
    around = [piece for part, piece in LIBRARY.frames[edition.language].items() if part.startswith(channel)]
    pieces = (*(edition.pieces[part] for part in PARTS[channel]), *around)
    return frozenset().union(*(each.template.analyze(include_partials=False).globals for each in pieces))


def every_choice(names: frozenset[str]) -> Iterator[dict[str, Word]]:
    """Every set of words that may be missing; and, of all, every other value."""
    for count in range(len(names) + 1):
        for known in combinations(sorted(names), count):
            yield {name: SAMPLE[name] for name in known}
    varied = sorted(names & OTHERS.keys())
    for values in product(*((SAMPLE[name], *OTHERS[name]) for name in varied)):
        yield {**{name: SAMPLE[name] for name in names}, **dict(zip(varied, values, strict=True))}


def test_the_set_is_complete_in_both_languages_on_all_channels() -> None:
    assert {name: LIBRARY.channels(name) for name, _ in LIBRARY.editions} == {
        **{name: ALL_CHANNELS - {"callback"} for name in MESSAGES},
        **{name: frozenset({"callback"}) for name in CALLS},
        "test": ALL_CHANNELS,
    }
    assert {edition.channels for edition in LIBRARY.editions.values() if edition.language == "fr"} <= {
        LIBRARY.channels(edition.template) for edition in LIBRARY.editions.values()
    }
    assert {name for name, language in LIBRARY.editions if language == "fr"} == MESSAGES | CALLS | {"test"}


@pytest.mark.parametrize(("template", "language"), EDITIONS)
def test_a_letter_reads_well_whatever_is_missing(template: str, language: Language) -> None:
    edition = LIBRARY.editions[template, language]
    for channel in sorted(edition.channels):
        for words in every_choice(used_words(edition, channel)):
            letter = LIBRARY.write(template, channel=channel, language=language, words=words)
            assert (letter, faults_of(letter, language, channel)) == (letter, [])


@pytest.mark.parametrize(("template", "language"), [each for each in EDITIONS if each[0] not in CALLS])
def test_an_sms_is_at_most_two_messages_for_everybody(template: str, language: Language) -> None:
    sent = {
        who: LIBRARY.write(template, channel="sms", language=language, words=words_for(who, template)).text
        for who in CARDS
    }
    assert {who: text for who, text in sent.items() if segments(text) > 2} == {}


ANSWERED: dict[Language, re.Pattern[str]] = {
    "en": re.compile(r"\b(person|colleague)\b"),
    "fr": re.compile(r"\b(une personne|quelqu.un)\b", re.IGNORECASE),
}


def without_a_person(template: str, language: Language, words: dict[str, Word]) -> list[str]:
    """The channels, of those that can be answered, on which nobody is said to read the answer."""
    return [
        channel
        for channel in ("email", "sms", "chat")
        if not ANSWERED[language].search(LIBRARY.write(template, channel=channel, language=language, words=words).text)
    ]


@pytest.mark.parametrize(("template", "language"), [each for each in EDITIONS if each[0] in MESSAGES])
def test_a_reply_is_said_to_reach_a_person(template: str, language: Language) -> None:
    assert [without_a_person(template, language, words) for words in ({}, dict(SAMPLE))] == [[], []]


def test_where_nobody_is_said_to_read_it_is_seen() -> None:
    assert without_a_person("test", "fr", {}) == ["sms", "chat"]


def test_an_sms_that_says_more_is_seen() -> None:
    longer = SHIPPED["welcome.fr.liquid"].replace(
        "maintenant ou plus tard ?", "maintenant ou plus tard ? " + "Non " * 60
    )
    letter = read_library({**SHIPPED, "welcome.fr.liquid": longer}).write(
        "welcome", channel="sms", language="fr", words=words_for("no name", "welcome")
    )
    assert segments(letter.text) == 3


MARKED = {
    "a value that nobody reads": "Hello None,\n\nGood.\n",
    "a statement left over": "Hello {{ name }}.",
    "two spaces": "Hello  Ann.",
    "a space before a comma, a period or a bracket": "Hello ,\n\nGood.",
    "a space at the end or the beginning of a line": "Hello, \n\nGood.",
    "empty brackets": "Your order () is here.",
    "punctuation upon punctuation": "It is here..",
    "a line that begins with punctuation": "Hello\n, good.",
    "a line too many": "Hello.\n\n\nGood.",
    "a small letter after a sentence": "It is here. we wrote.",
    "an empty greeting": "Dear,\n\nGood.",
    "a word twice": "It is in in order.",
    "a mark of a link": "It is \ue000here.",
    "shouting": "It is HERE.",
    "what nobody says to a person": "Hurry.",
    "a gender": "He is here.",
    "a space before a colon or a question mark": "Is it here ?",
    "a straight apostrophe": "It isn't here.",
}


@pytest.mark.parametrize("fault", MARKED)
def test_the_reader_marks(fault: str) -> None:
    assert faults(MARKED[fault], "en") == [fault]


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("Est-ce là ?", ["no narrow space before high punctuation"]),
        ("Est-ce là\N{NO-BREAK SPACE}?", ["no narrow space before high punctuation"]),
        ("Ne manquez pas cela.", ["what nobody says to a person"]),
        ("Cela vous a déçue.", ["a gender"]),
        ("C’est pour toi.", ["a familiar word"]),
        ("Voici : cela.", ["no wide space before a colon"]),
        ("Est-ce là\N{NARROW NO-BREAK SPACE}?", []),
        ("Voici\N{NO-BREAK SPACE}: cela.", []),
    ],
)
def test_the_reader_marks_in_french(text: str, marks: list[str]) -> None:
    assert faults(text, "fr") == marks


def test_the_reader_marks_html_that_says_something_else() -> None:
    letter = LIBRARY.write("welcome", channel="email", language="fr", words=SAMPLE)
    assert letter.html is not None
    other = replace(letter, html=letter.html.replace("Merci", "Pardon"))
    assert faults_of(other, "fr", "email") == ["text and HTML that differ"]


def test_the_reader_marks_a_text_that_stops_in_the_middle() -> None:
    assert faults_of(Letter("Hello, we"), "en", "chat") == ["no end"]


def test_a_template_that_forgets_a_missing_word_is_marked() -> None:
    library = read_library({**SURROUNDINGS, "careless.en.liquid": "=== chat text\nDear {{ name }}, good day."})
    letter = library.write("careless", channel="chat", language="en", words={})
    assert (letter, faults_of(letter, "en", "chat")) == (
        Letter("Dear , good day."),
        ["a space before a comma, a period or a bracket", "an empty greeting"],
    )


def unwritable(library: Library, playbooks: Playbooks) -> list[str]:
    """Steps of which a message cannot be written, on a channel that they name, with the offer that they make."""
    found = []
    for playbook, step in ((each, step) for each in playbooks.playbooks for step in each.steps):
        words: dict[str, Word] = {"offer": step.offer} if step.offer else {}
        for template, channel in product((each.template for each in step.variants), step.channels):
            try:
                library.write(template, channel=channel, language="fr", words=words)
            except Unwritable as error:
                found.append(f"{playbook.name}: {error}")
    return found


def test_every_shipped_playbook_can_be_written_on_all_its_channels() -> None:
    assert unwritable(LIBRARY, parse_playbooks(shipped_playbooks())) == []


def test_a_playbook_that_cannot_be_written_is_seen() -> None:
    playbooks = parse_playbooks(shipped_playbooks().replace("next_order_discount", "something_else"))
    assert unwritable(LIBRARY, playbooks) == [
        'win_back: win_back, line 1: nobody says what the offer "something_else" is; add it to the offers'
    ]


def test_the_letters_are_those_that_were_reviewed() -> None:
    reviewed = {each.name: each.read_text(encoding="utf-8") for each in FOLDER.iterdir()}
    assert samples(LIBRARY) == reviewed


def test_a_changed_word_is_another_letter_than_was_reviewed() -> None:
    changed = SHIPPED["thanks.fr.liquid"].replace("simplement : merci", "franchement : merci")
    other = samples(read_library({**SHIPPED, "thanks.fr.liquid": changed}))
    assert {name for name, text in samples(LIBRARY).items() if other[name] != text} == {"thanks.fr.txt"}


def test_each_of_the_ten_people_is_written_to() -> None:
    written = samples(LIBRARY)["check_in.fr.txt"]
    assert [who for who in CARDS if f"########## {who}: email\n" in written] == list(CARDS)
    assert len(CARDS) == 10
    assert LANGUAGES == ("en", "fr")
