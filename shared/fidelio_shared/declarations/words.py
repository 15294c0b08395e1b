"""What is said to people, in the languages that Fidelio speaks."""

from typing import NamedTuple


class Words(NamedTuple):
    en: str
    fr: str
