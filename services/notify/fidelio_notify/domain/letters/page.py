"""What a template wrote, as paragraphs of lines, of words and links: text and HTML are made of the same."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from fidelio_notify.domain.letters.speech import Language, set_type

MARKS = _BEGIN, _MIDDLE, _END = "\ue000", "\ue001", "\ue002"
"""Around a link in what a template writes. No word of a person may hold them: they cannot make a link."""

_SPACES = re.compile(r"[ \t]+")
_LINK = re.compile(f"{_BEGIN}([^{_BEGIN}{_MIDDLE}{_END}]*){_MIDDLE}([^{_BEGIN}{_MIDDLE}{_END}]*){_END}")


@dataclass(frozen=True, slots=True)
class Link:
    address: str
    label: str


Line = tuple[str | Link, ...]
Paragraph = tuple[Line, ...]
Page = tuple[Paragraph, ...]


def marked_link(address: str, label: str) -> str:
    return f"{_BEGIN}{address}{_MIDDLE}{label}{_END}"


def read_page(written: str, language: Language) -> Page:
    """A blank line ends a paragraph; spaces that a template left over are one."""
    paragraphs = re.split(r"\n\s*\n", written.strip())
    return tuple(
        tuple(tuple(_runs(_SPACES.sub(" ", line.strip()), language)) for line in each.split("\n") if line.strip())
        for each in paragraphs
        if each.strip()
    )


def _runs(line: str, language: Language) -> Iterator[str | Link]:
    for index, part in enumerate(_LINK.split(line)):
        if index % 3 == 0 and part:
            yield set_type(part, language)
        elif index % 3 == 1:
            address = part
        elif index % 3 == 2:
            yield Link(address, set_type(part, language))


def as_text(page: Page, language: Language) -> str:
    return "\n\n".join("\n".join(_line_as_text(line, language) for line in each) for each in page)


def _line_as_text(line: Line, language: Language) -> str:
    colon = " :" if language == "fr" else ":"
    return "".join(
        f"{set_type(run.label + colon, language)} {run.address}" if isinstance(run, Link) else run for run in line
    )


def as_html(page: Page) -> str:
    return "\n".join(f"<p>{'<br>'.join(map(_line_as_html, each))}</p>" for each in page)


def _line_as_html(line: Line) -> str:
    return "".join(
        f'<a href="{escape(run.address)}">{escape(run.label)}</a>' if isinstance(run, Link) else escape(run)
        for run in line
    )
