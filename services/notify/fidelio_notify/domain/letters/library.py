"""The library of templates, and how a letter is written by it."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from fidelio_notify.domain.letters.channels import WRITERS, Draft, TooLong
from fidelio_notify.domain.letters.letter import Letter, Unwritable
from fidelio_notify.domain.letters.names import JOINERS
from fidelio_notify.domain.letters.pieces import Piece
from fidelio_notify.domain.letters.sections import PARTS
from fidelio_notify.domain.letters.speech import LANGUAGES, Language, say_date
from fidelio_notify.domain.letters.words import Word
from fidelio_shared.declarations.words import Words

LONGEST_WORD = 500
_ADDRESS_ENDING = "_url"
_ADDRESS = re.compile(r"https?://[!#$%&()*+,./0-9:;=?@A-Z\[\]_a-z~-]{1,500}")


@dataclass(frozen=True, slots=True)
class Edition:
    """A template in one language, by the names of its sections."""

    template: str
    language: Language
    pieces: Mapping[str, Piece]

    @property
    def channels(self) -> frozenset[str]:
        return frozenset(channel for channel, parts in PARTS.items() if parts[0] in self.pieces)


@dataclass(frozen=True, slots=True)
class Library:
    """`default`: of those whose own language is unknown, or not spoken here. `offers`: how each is said, by name."""

    editions: Mapping[tuple[str, Language], Edition]
    frames: Mapping[Language, Mapping[str, Piece]]
    html: Piece
    offers: Mapping[str, Words]
    default: Language

    @property
    def templates(self) -> frozenset[str]:
        return frozenset(template for template, _ in self.editions)

    def channels(self, template: str) -> frozenset[str]:
        """On which it can be written, to everybody; empty where there is no such template."""
        spoken = [self.editions.get((template, each)) for each in (self.default, LANGUAGES[0])]
        return frozenset().union(*(each.channels for each in spoken if each))

    def write(self, template: str, *, channel: str, language: str | None, words: Mapping[str, Word]) -> Letter:
        """In the person's language, else the default, else English. Raises Unwritable."""
        edition = self._edition(template, channel, language)
        draft = Draft(
            pieces=edition.pieces,
            frame=self.frames[edition.language],
            html=self.html,
            language=edition.language,
            words=self._said(words, edition),
        )
        try:
            return WRITERS[channel](draft)
        except TooLong:
            nameless = {name: word for name, word in draft.words.items() if name != "name"}
            return WRITERS[channel](replace(draft, words=nameless))

    def _edition(self, template: str, channel: str, language: str | None) -> Edition:
        own = [each for each in LANGUAGES if language and language.lower().startswith(each)]
        for each in (*own, self.default, LANGUAGES[0]):
            edition = self.editions.get((template, each))
            if edition is not None and channel in edition.channels:
                return edition
        raise Unwritable(f"{template}, line 1: there is nothing by {channel}; write its sections in {self.default}")

    def _said(self, words: Mapping[str, Word], edition: Edition) -> dict[str, str | int]:
        offer = words.get("offer")
        if isinstance(offer, str):
            words = {**words, "offer": self._offer(offer, edition)}
        said = {name: _word(name, word, edition.language) for name, word in words.items()}
        wrong = next((name for name in said if name.endswith(_ADDRESS_ENDING) and not _is_address(said[name])), None)
        if wrong:
            raise Unwritable(f"{edition.template}, line 1: {wrong} is no address of the web; correct the setting")
        return said

    def _offer(self, name: str, edition: Edition) -> Words:
        if name not in self.offers:
            raise Unwritable(
                f'{edition.template}, line 1: nobody says what the offer "{name}" is; add it to the offers'
            )
        return self.offers[name]


def _word(name: str, word: Word, language: Language) -> str | int:
    if isinstance(word, Words):
        word = str(word._asdict()[language])
    if isinstance(word, date):
        return say_date(word, language)
    return word if isinstance(word, int) or name.endswith(_ADDRESS_ENDING) else one_line(word)


def one_line(word: str) -> str:
    """Nothing that could begin a line, a header or a link of its own, or turn the direction of what follows."""
    if not word.isprintable():
        word = "".join(" " if each.isspace() else each for each in word if each.isspace() or _is_shown(each))
    return " ".join(word.split())[:LONGEST_WORD]


def _is_shown(character: str) -> bool:
    return character in JOINERS or unicodedata.category(character)[0] != "C"


def _is_address(word: str | int) -> bool:
    return isinstance(word, str) and _ADDRESS.fullmatch(word) is not None
