"""What a careful reader would mark in a letter."""

import re
from html import unescape

from fidelio_notify.domain.letters.letter import Letter
from fidelio_notify.domain.letters.speech import Language

_ANYWHERE = {
    "a value that nobody reads": re.compile(r"\bNone\b|\bnil\b|\bnull\b|\bTrue\b|\bFalse\b|\bundefined\b|Words\("),
    "a statement left over": re.compile(r"\{\{|\}\}|\{%|%\}"),
    "two spaces": re.compile(r"[ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]{2}"),
    "a space before a comma, a period or a bracket": re.compile(r"[^\S\n][,.)]"),
    "a space at the end or the beginning of a line": re.compile(r"^ | $", re.MULTILINE),
    "empty brackets": re.compile(r"\(\s*\)|\(\s|\(,"),
    "punctuation upon punctuation": re.compile(r"[,;:][.,;:!?]|[.!?][,;:.]"),
    "a line that begins with punctuation": re.compile(r"^[,.;:!?)]", re.MULTILINE),
    "a line too many": re.compile(r"\n{3}"),
    "a small letter after a sentence": re.compile(r"[.!?] (?!1er)[a-zà-ÿ]"),
    "an empty greeting": re.compile(r"^(Dear|Hello there|Cher|Chère)\s*[,.\n]", re.MULTILINE),
    "a word twice": re.compile(r"\b(?!nous nous|vous vous)([a-zà-ÿ]{2,}) \1\b"),
    "shouting": re.compile(r"!|\b(?!SMS|STOP|ORD-)[A-Z]{3,}\b"),
    "a mark of a link": re.compile("[\ue000-\uf8ff]"),
}
_SET: dict[Language, dict[str, re.Pattern[str]]] = {
    "en": {
        "a straight apostrophe": re.compile(r"\w'\w"),
        "a space before a colon or a question mark": re.compile(r"[^\S\n][;:?!]"),
    },
    "fr": {
        "a straight apostrophe": re.compile(r"\w'\w"),
        "no narrow space before high punctuation": re.compile(r"(?<!\N{NARROW NO-BREAK SPACE})[;?!]"),
        "no wide space before a colon": re.compile(r"(?<!\N{NO-BREAK SPACE}):"),
    },
}
_SAID: dict[Language, dict[str, re.Pattern[str]]] = {
    "en": {
        "what nobody says to a person": re.compile(
            r"\b(valued|exclusive|hurry|last chance|act now|don.t miss|limited time|special offer|click here)\b",
            re.IGNORECASE,
        ),
        "a gender": re.compile(r"\b(he|she|his|her|him|sir|madam|mr|mrs)\b", re.IGNORECASE),
    },
    "fr": {
        "what nobody says to a person": re.compile(
            r"\b(exclusi\w+|profitez|vite|dernière chance|ne manquez pas|offre spéciale|cliquez ici|cher client)\b",
            re.IGNORECASE,
        ),
        "a gender": re.compile(r"\(e\)|·e|\b(cher|chère|monsieur|madame|ravie?|satisfaite?|déçue?)\b", re.IGNORECASE),
        "a familiar word": re.compile(r"\b(tu|te|toi|ton|ta|tes)\b", re.IGNORECASE),
    },
}
_ADDRESS = re.compile(r"https?://\S+")


def faults(text: str, language: Language, *, is_set: bool = True) -> list[str]:
    """`is_set`: in fine typography, all but an SMS."""
    words = _ADDRESS.sub("https", text.strip("\n"))
    checks = _ANYWHERE | _SAID[language] | (_SET[language] if is_set else {})
    return [name for name, fault in checks.items() if fault.search(words)]


def said_by_html(html: str, language: Language) -> str:
    """What a mail program reads out: to be the same as the text."""
    colon = "\N{NO-BREAK SPACE}: " if language == "fr" else ": "
    body = re.sub(r".*?<main[^>]*>|</?(main|footer|body|html)[^>]*>", "", html, flags=re.DOTALL)
    linked = re.sub(r'<a href="([^"]*)">([^<]*)</a>', rf"\2{colon}\1", body)
    lines = re.sub(r"</p>\s*", "\n\n", linked.replace("<br>", "\n"))
    return unescape(re.sub(r"<[^>]*>", "", lines)).strip() + "\n"


def faults_of(letter: Letter, language: Language, channel: str) -> list[str]:
    found = faults(letter.text, language, is_set=channel != "sms")
    if channel != "email" and letter.text.rstrip()[-1] not in ".!?":
        found.append("no end")
    if letter.subject is not None:
        found += faults(letter.subject, language)
    if letter.html is not None and said_by_html(letter.html, language) != letter.text:
        found.append("text and HTML that differ")
    return found
