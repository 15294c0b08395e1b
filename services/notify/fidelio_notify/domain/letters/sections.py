"""The file of a template in one language: sections, each the words of one part of one channel.

Notes for whoever edits it, up to the first section.
=== email subject
We have missed you
=== email text
{% if name %}Hello {{ name }},{% else %}Hello,{% endif %}
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from fidelio_notify.domain.letters.letter import LettersError

PARTS = {
    "email": ("email subject", "email text"),
    "sms": ("sms text",),
    "push": ("push title", "push text"),
    "chat": ("chat text",),
    "callback": ("callback why", "callback say", "callback avoid"),
}
"""Of each channel, the sections that a message there is made of."""

MOST_CHARACTERS = 32_768
_HEADING = re.compile(r"=== *([a-z0-9_]+(?: [a-z0-9_]+)?) *")


@dataclass(frozen=True, slots=True)
class Section:
    """`line`: where its words begin in the file."""

    file: str
    name: str
    line: int
    text: str


def read_sections(file: str, source: str) -> dict[str, Section]:
    if len(source) > MOST_CHARACTERS:
        raise LettersError(f"{file}, line 1: longer than {MOST_CHARACTERS} characters; a letter is a page, shorten it")
    found: dict[str, Section] = {}
    lines = source.splitlines()
    headings = [index for index, line in enumerate(lines) if line.startswith("===")]
    for begin, end in pairwise((*headings, len(lines))):
        name = _heading(file, lines[begin], begin + 1)
        if name in found:
            raise LettersError(f'{file}, line {begin + 1}: the second section "{name}"; keep one')
        found[name] = Section(file, name, begin + 2, "\n".join(lines[begin + 1 : end]).rstrip("\n"))
    return found


def _heading(file: str, line: str, number: int) -> str:
    heading = _HEADING.fullmatch(line)
    if heading is None:
        raise LettersError(f"{file}, line {number}: a section begins with a line such as === email text")
    return heading[1]
