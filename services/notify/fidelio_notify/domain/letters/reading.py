"""Reads a library from its files, and refuses it as a whole where anything in it could not be written."""

import re
from collections.abc import Iterable, Mapping

from fidelio_notify.domain.letters.bounds import BoundedLiquid
from fidelio_notify.domain.letters.filters import filters_of
from fidelio_notify.domain.letters.letter import LettersError, Unwritable
from fidelio_notify.domain.letters.library import Edition, Library
from fidelio_notify.domain.letters.pieces import Piece, compile_piece
from fidelio_notify.domain.letters.sections import PARTS, Section, read_sections
from fidelio_notify.domain.letters.speech import LANGUAGES, Language
from fidelio_notify.domain.letters.words import SAMPLE
from fidelio_shared.declarations.words import Words

FRAME = "_frame"
OFFERS = "_offers"
HTML = "_frame.html"

MOST_FILES = 500
_FILE = re.compile(r"(_?[a-z][a-z0-9_]*)\.([a-z]{2})\.liquid")
_FRAME_PARTS = ("email signature", "email footer", "sms ending", "callback why", "callback say", "callback avoid")
_HTML_WORDS = ("language", "subject", "letter", "footer")


def read_library(sources: Mapping[str, str], *, default: Language = "en") -> Library:
    """`sources`: by the names of files, such as `welcome.fr.liquid`. Raises LettersError."""
    if len(sources) > MOST_FILES:
        raise LettersError(f"{len(sources)} files, line 1: at most {MOST_FILES} make a library; divide it")
    liquids = {each: BoundedLiquid(filters_of(each)) for each in LANGUAGES}
    files = {_named(name): source for name, source in sources.items() if name != HTML}
    library = Library(
        editions={
            (template, language): _edition(template, language, source, liquids[language])
            for (template, language), source in files.items()
            if template not in (FRAME, OFFERS)
        },
        frames={each: _frame(each, files, liquids[each]) for each in LANGUAGES},
        html=_html(sources),
        offers=_offers(files),
        default=default,
    )
    _check_languages(library)
    _check_writing(library)
    return library


def _named(file: str) -> tuple[str, Language]:
    named = _FILE.fullmatch(file)
    language = next((each for each in LANGUAGES if named and named[2] == each), None)
    if named is None or language is None:
        raise LettersError(f"{file}, line 1: a file is named like welcome.en.liquid, for {' or '.join(LANGUAGES)}")
    return named[1], language


def _edition(template: str, language: Language, source: str, liquid: BoundedLiquid) -> Edition:
    file = f"{template}.{language}.liquid"
    pieces = _pieces(file, source, liquid, [part for parts in PARTS.values() for part in parts])
    if not pieces:
        raise LettersError(f"{file}, line 1: has no section; begin one with a line such as === email text")
    for channel, parts in PARTS.items():
        missing = [part for part in parts if part not in pieces]
        if missing and len(missing) < len(parts):
            raise LettersError(f'{file}, line 1: {channel} lacks the section "{missing[0]}"; add it')
    return Edition(template, language, pieces)


def _pieces(file: str, source: str, liquid: BoundedLiquid, known: Iterable[str]) -> dict[str, Piece]:
    sections = read_sections(file, source)
    for name, section in sections.items():
        if name not in known:
            raise LettersError(
                f'{file}, line {section.line - 1}: there is no section "{name}"; there are {", ".join(known)}'
            )
    return {name: compile_piece(section, liquid, SAMPLE) for name, section in sections.items()}


def _frame(language: Language, files: Mapping[tuple[str, Language], str], liquid: BoundedLiquid) -> dict[str, Piece]:
    file = f"{FRAME}.{language}.liquid"
    pieces = _pieces(file, files.get((FRAME, language), ""), liquid, _FRAME_PARTS)
    for part in _FRAME_PARTS:
        if part not in pieces:
            raise LettersError(f'{file}, line 1: lacks the section "{part}"; add it')
    return pieces


def _html(sources: Mapping[str, str]) -> Piece:
    section = Section(HTML, "html", 1, sources.get(HTML, ""))
    if "letter" not in section.text:
        raise LettersError(f"{HTML}, line 1: must say {{{{ letter }}}} where the letter goes; add the file or the word")
    return compile_piece(section, BoundedLiquid(filters_of("en"), autoescape=True), _HTML_WORDS)


def _offers(files: Mapping[tuple[str, Language], str]) -> dict[str, Words]:
    said = {each: read_sections(f"{OFFERS}.{each}.liquid", files.get((OFFERS, each), "")) for each in LANGUAGES}
    for language, sections in said.items():
        for name, section in sections.items():
            if not section.text.strip() or any(name not in other for other in said.values()):
                raise LettersError(
                    f'{OFFERS}.{language}.liquid, line {section.line - 1}: the offer "{name}" must be said in '
                    f"{' and '.join(LANGUAGES)}"
                )
    return {name: Words(said["en"][name].text.strip(), said["fr"][name].text.strip()) for name in said["en"]}


def _check_languages(library: Library) -> None:
    for edition in library.editions.values():
        for channel in sorted(edition.channels - library.channels(edition.template)):
            raise LettersError(
                f"{edition.template}.{edition.language}.liquid, line 1: speaks by {channel}, but nothing does "
                f"in other languages; write its sections in {library.default}"
            )


def _check_writing(library: Library) -> None:
    """With every word, and with none."""
    for edition in library.editions.values():
        for channel in sorted(edition.channels):
            for words in (SAMPLE, {}):
                try:
                    library.write(edition.template, channel=channel, language=edition.language, words=words)
                except Unwritable as error:
                    raise LettersError(str(error)) from error
