"""What stands between {{ }} and {% %} in a template, looked at before liquid reads it.

Liquid seeks the end of a statement through the whole rest of the text, and by recursion within one: it is only shown
statements that end soon, and tags of which it is known what they may cost.
"""

import re
from collections.abc import Iterator

from fidelio_notify.domain.letters.letter import LettersError

LONGEST_STATEMENT = 240

ENDS = {"{{": "}}", "{%": "%}"}
_BEGIN = re.compile(r"\{[{%]")
_TAG = re.compile(r"\{%-?\s{0,8}(#|\w{1,32})")

TAGS = frozenset(
    {
        *("if", "elsif", "else", "endif", "unless", "endunless", "case", "when", "endcase"),
        *("assign", "capture", "endcapture", "for", "endfor", "break", "continue"),
        *("comment", "endcomment", "#"),
    }
)


def check_statements(text: str, *, file: str, first_line: int) -> None:
    """Raises LettersError where a statement has no end, or is none for letters."""
    for index, statement in statements(text):
        line = first_line + text.count("\n", 0, index)
        if statement is None:
            raise LettersError(
                f"{file}, line {line}: what begins here with {text[index : index + 2]} must end with "
                f"{ENDS[text[index : index + 2]]} within {LONGEST_STATEMENT} characters; close or shorten it"
            )
        if statement.startswith("{%"):
            _check_tag(statement, f"{file}, line {line}")


def statements(text: str) -> Iterator[tuple[int, str | None]]:
    position = 0
    while begun := _BEGIN.search(text, position):
        end = text.find(ENDS[begun[0]], begun.end(), begun.end() + LONGEST_STATEMENT)
        yield begun.start(), None if end < 0 else text[begun.start() : end + 2]
        position = begun.end() if end < 0 else end + 2


def _check_tag(statement: str, place: str) -> None:
    tag = _TAG.match(statement)
    if tag is None or tag[1] not in TAGS:
        named = f'the tag "{tag[1]}"' if tag else "this tag"
        raise LettersError(
            f"{place}: {named} is not for letters; there are if, unless, case, assign, capture, for, break, continue "
            "and comment"
        )
