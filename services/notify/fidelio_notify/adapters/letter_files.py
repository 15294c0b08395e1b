"""Where the files of a library of templates are."""

from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from fidelio_notify.domain.letters.letter import LettersError
from fidelio_notify.domain.letters.sections import MOST_CHARACTERS

_ENDINGS = (".liquid", ".html")


def shipped_letters() -> dict[str, str]:
    return _read(files("fidelio_notify").joinpath("templates", "letters").iterdir())


def letters_in(folder: Path) -> dict[str, str]:
    """The shipped ones, and instead of each, or beside them, those of the folder. Raises LettersError."""
    try:
        return shipped_letters() | _read(folder.iterdir())
    except OSError as error:
        raise LettersError(f"{folder}: {error.strerror}; name a folder of templates that can be read") from error


def _read(found: Iterable[Traversable]) -> dict[str, str]:
    """One character more than may be: the reader says which file is too long."""
    read: dict[str, str] = {}
    for each in sorted((file for file in found if file.name.endswith(_ENDINGS)), key=lambda file: file.name):
        read[each.name] = _text(each)
    return read


def _text(file: Traversable) -> str:
    try:
        with file.open(encoding="utf-8") as text:
            return text.read(MOST_CHARACTERS + 1)
    except UnicodeDecodeError as error:
        raise LettersError(f"{file.name}, line 1: is not UTF-8; save it as UTF-8") from error
