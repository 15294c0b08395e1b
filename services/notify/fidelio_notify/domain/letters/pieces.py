"""A section of a template that liquid has read: checked once, then written with words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from liquid import BoundTemplate
from liquid.exceptions import LiquidError, ResourceLimitError

from fidelio_notify.domain.letters.bounds import BoundedLiquid, refuse_stray_ranges
from fidelio_notify.domain.letters.filters import FILTERS
from fidelio_notify.domain.letters.letter import LettersError, Unwritable
from fidelio_notify.domain.letters.sections import Section
from fidelio_notify.domain.letters.statements import check_statements, statements


@dataclass(frozen=True, slots=True)
class Piece:
    section: Section
    template: BoundTemplate

    @property
    def place(self) -> str:
        return f"{self.section.file}, line {self.section.line}"


def compile_piece(section: Section, liquid: BoundedLiquid, words: Iterable[str]) -> Piece:
    """Raises LettersError where it cannot be read, or names a word or a filter that there is not."""
    check_statements(section.text, file=section.file, first_line=section.line)
    try:
        template = liquid.from_string(section.text)
        refuse_stray_ranges(template)
    except LiquidError as error:
        place = _line(section, _index(error, section, liquid))
        raise LettersError(f"{place}: {error.message}; correct the statement there") from error
    _check_names(section, template, frozenset(words))
    return Piece(section, template)


def write_piece(piece: Piece, words: Mapping[str, str | int]) -> str:
    """What liquid says of a value is not repeated: it may hold the value."""
    try:
        return piece.template.render(words)
    except ResourceLimitError as error:
        raise Unwritable(f"{_place(piece.section, error)}: {error.message}; a letter is a page, shorten it") from error
    except (LiquidError, ArithmeticError, ValueError, RecursionError) as error:
        place = _place(piece.section, error if isinstance(error, LiquidError) else None)
        raise Unwritable(f"{place}: cannot do this with the words of this letter; ask by if before it does") from error


def _check_names(section: Section, template: BoundTemplate, words: frozenset[str]) -> None:
    found = template.analyze(include_partials=False)
    for name, uses in found.globals.items():
        strange = next((each for each in uses if name not in words or len(each.segments) > 1), None)
        if strange is not None:
            raise LettersError(
                f'{_line(section, strange.span.index)}: there is no word "{strange}"; there are {_listed(words)}'
            )
    for name, spans in found.filters.items():
        if name not in FILTERS:
            raise LettersError(
                f'{_line(section, spans[0].index)}: there is no filter "{name}"; there are {_listed(FILTERS)}'
            )


def _index(error: LiquidError, section: Section, liquid: BoundedLiquid) -> int:
    """Of what misses its end liquid does not tell the place: it is the first statement of which it says the same."""
    if error.token and error.token.start_index >= 0:
        return error.token.start_index
    return next((at for at, each in statements(section.text) if _fault(each or "", liquid) == error.message), 0)


def _fault(statement: str, liquid: BoundedLiquid) -> object:
    try:
        liquid.from_string(statement)
    except LiquidError as error:
        return error.message
    return None


def _place(section: Section, error: LiquidError | None) -> str:
    return _line(section, error.token.start_index if error and error.token else 0)


def _line(section: Section, index: int) -> str:
    return f"{section.file}, line {section.line + section.text.count(chr(10), 0, max(0, index))}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
