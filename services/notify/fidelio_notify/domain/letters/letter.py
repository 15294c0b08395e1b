from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Letter:
    """`subject`: of mail, and the title of a push message. `html`: of mail only."""

    text: str
    subject: str | None = None
    html: str | None = None


class Unwritable(Exception):
    """A template that cannot say this: names the template, the line and why; never whom it was for."""


class LettersError(ValueError):
    """Templates that cannot be used: which, the line, what is wrong, and what to do."""
