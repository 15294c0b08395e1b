"""How the pieces of a template become a message, on each channel."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from fidelio_notify.domain.letters.letter import Letter, Unwritable
from fidelio_notify.domain.letters.page import Page, as_html, as_text, read_page
from fidelio_notify.domain.letters.pieces import Piece, write_piece
from fidelio_notify.domain.letters.sms import in_plain_type, segments
from fidelio_notify.domain.letters.speech import Language

GOOD_SEGMENTS = 2
MOST_SEGMENTS = 3
LONGEST = {"email subject": 150, "push title": 65, "push text": 240, "chat text": 1_000}


class TooLong(Unwritable):
    """With these words; shorter ones might do."""


@dataclass(frozen=True, slots=True)
class Draft:
    """`frame`: what is around every letter in this language; `html`: around every mail."""

    pieces: Mapping[str, Piece]
    frame: Mapping[str, Piece]
    html: Piece
    language: Language
    words: Mapping[str, str | int]


def write_email(draft: Draft) -> Letter:
    subject = _line(draft, "email subject")
    letter = (*_page(draft, "email text"), *_around(draft, "email signature"))
    footer = _around(draft, "email footer")
    html = write_piece(
        draft.html,
        {
            "language": draft.language,
            "subject": subject,
            "letter": Markup(as_html(letter)),  # noqa: S704 as_html escapes
            "footer": Markup(as_html(footer)),  # noqa: S704
        },
    )
    return Letter(as_text((*letter, *footer), draft.language) + "\n", subject, html)


def write_sms(draft: Draft) -> Letter:
    """Where a name makes it dearer than two messages, it goes without the name."""
    most = GOOD_SEGMENTS if "name" in draft.words else MOST_SEGMENTS
    page = (*_page(draft, "sms text"), *_around(draft, "sms ending"))
    text = in_plain_type(" ".join(as_text(page, draft.language).split()))
    if segments(text) > most:
        raise TooLong(f"{draft.pieces['sms text'].place}: longer than {MOST_SEGMENTS} messages (segments); shorten it")
    return Letter(text)


def write_push(draft: Draft) -> Letter:
    return Letter(_line(draft, "push text"), subject=_line(draft, "push title"))


def write_chat(draft: Draft) -> Letter:
    text = as_text(_page(draft, "chat text"), draft.language)
    return Letter(_bounded(draft, "chat text", text))


def write_callback(draft: Draft) -> Letter:
    """What an agent reads before the call, each part under its heading."""
    parts = ("callback why", "callback say", "callback avoid")
    read = ((_around(draft, part), _page(draft, part)) for part in parts)
    return Letter("\n\n".join(f"{as_text(a, draft.language)}\n{as_text(b, draft.language)}" for a, b in read) + "\n")


WRITERS: Mapping[str, Callable[[Draft], Letter]] = {
    "email": write_email,
    "sms": write_sms,
    "push": write_push,
    "chat": write_chat,
    "callback": write_callback,
}


def _page(draft: Draft, part: str) -> Page:
    page = read_page(write_piece(draft.pieces[part], draft.words), draft.language)
    if not page:
        raise Unwritable(f"{draft.pieces[part].place}: says nothing with these words; give it a sentence for everybody")
    return page


def _around(draft: Draft, part: str) -> Page:
    return read_page(write_piece(draft.frame[part], draft.words), draft.language)


def _line(draft: Draft, part: str) -> str:
    """One line: what is written into a subject can begin no header."""
    return _bounded(draft, part, re.sub(r"\n+", " ", as_text(_page(draft, part), draft.language)))


def _bounded(draft: Draft, part: str, text: str) -> str:
    if len(text) > LONGEST[part]:
        raise TooLong(f"{draft.pieces[part].place}: longer than {LONGEST[part]} characters; shorten it")
    return text
