"""What the services' commands have in common: an error that the operator can act on is one line, not a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import typer
from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

from fidelio_shared.contracts.channels import ChannelsError
from fidelio_shared.messaging.errors import Halted, Unavailable

S = TypeVar("S", bound=BaseSettings)
_EXIT_FAILED = 1
_EXIT_MISCONFIGURED = 2


def read_settings(kind: type[S]) -> S:
    """From the environment. What is wrong is named by its variable; values are not shown, they might be secrets."""
    try:
        return kind()
    except (ValidationError, SettingsError) as error:
        typer.echo("; ".join(_faults(error, str(kind.model_config["env_prefix"]))), err=True)
        raise typer.Exit(_EXIT_MISCONFIGURED) from error


@contextmanager
def plain_errors(*also: type[Exception]) -> Iterator[None]:
    """`also`: further kinds whose text tells the operator what to do."""
    kinds: tuple[type[Exception], ...] = (Halted, Unavailable, ChannelsError, FileNotFoundError, *also)
    try:
        yield
    except kinds as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(_EXIT_FAILED) from error


def _faults(error: ValidationError | SettingsError, prefix: str) -> list[str]:
    if isinstance(error, SettingsError):
        return [str(error)]
    return [f"{prefix}{'__'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in error.errors()]
