"""Playbooks and templates as files: those named in the settings, else those that come with Fidelio."""

from collections.abc import Collection
from importlib.resources import files
from pathlib import Path

from fidelio_notify.adapters.letter_files import letters_in, shipped_letters
from fidelio_notify.domain.letters.library import Library
from fidelio_notify.domain.letters.reading import read_library
from fidelio_notify.domain.playbooks.model import Playbooks
from fidelio_notify.domain.playbooks.parsing import parse_playbooks
from fidelio_notify.settings import NotifySettings
from fidelio_shared.messaging.errors import Halted

SHIPPED = "shipped.yaml"


def read_playbooks(settings: NotifySettings, templates: Collection[str] | None) -> Playbooks:
    """`templates`: those that there are; None: not looked at. Raises PlaybooksError."""
    if settings.playbooks_file:
        file = settings.playbooks_file
        return parse_playbooks(text_of(file), file=str(file), templates=templates)
    return parse_playbooks(shipped_playbooks(), file=SHIPPED, templates=templates)


def shipped_playbooks() -> str:
    return files("fidelio_notify").joinpath("playbooks", SHIPPED).read_text(encoding="utf-8")


def read_templates(settings: NotifySettings) -> Library:
    """Raises LettersError."""
    return read_library(letters_in(settings.templates) if settings.templates else shipped_letters())


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Halted(f"{path} is not UTF-8; save it as UTF-8") from error
