"""`fidelio-scoring model`: check a churn model, put it into use, and show which one is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from fidelio_scoring.databases import Opened, with_database
from fidelio_scoring.domain.churn import ChurnModel
from fidelio_scoring.domain.model_fields import ModelError
from fidelio_scoring.rules import SHIPPED_MODEL, read_model, shipped, text_of
from fidelio_shared.messaging.commands import plain_errors
from fidelio_shared.messaging.errors import Halted

model = typer.Typer(no_args_is_help=True, help="Check, use and show churn models.")


@model.command()
def check(file: Annotated[Path, typer.Argument(help="a model file", exists=True, dir_okay=False)]) -> None:
    """Read a file, check every number, and put it to its own self-test."""
    for line in _described(_read(file)):
        typer.echo(line)


@model.command()
def use(
    file: Annotated[Path | None, typer.Argument(help="a model file", exists=True, dir_okay=False)] = None,
    *,
    is_shipped: Annotated[bool, typer.Option("--shipped", help="the one that comes with Fidelio")] = False,
) -> None:
    """Put a model into use. Running processes take it up within seconds, and profile by profile from then on."""
    if (file is None) is not is_shipped:
        raise typer.BadParameter("give a file, or --shipped")
    after = _read(file) if file else read_model(shipped("models", SHIPPED_MODEL), file=SHIPPED_MODEL)

    async def work(opened: Opened) -> str:
        before = await _in_use(opened)
        _refuse_another_of_the_same_name(before, after)
        if file:
            await opened.rules.use("model", text_of(file))
        else:
            _refuse_a_file_of_the_settings(opened)
            await opened.rules.use_none("model")
        return f"in use: {after.version}, before: {before.version if before else 'unknown'}"

    typer.echo(with_database(work))


@model.command()
def show() -> None:
    """The model in use."""

    async def work(opened: Opened) -> list[str]:
        texts, rules = await opened.rules.read(), await opened.rules_in_use()
        source = "the database" if "model" in texts else str(opened.settings.model_file or "the shipped file")
        return [f"from {source}", *_described(rules.model)]

    for line in with_database(work):
        typer.echo(line)


def _described(read: ChurnModel) -> Iterator[str]:
    trained = read.trained_on
    yield f"{read.version}: {', '.join(each.name for each in read.heads)}; {read.horizon_weeks:g} weeks ahead"
    yield f"  trained on {trained.population}, {trained.customers} customers, {trained.first_day} to {trained.until:%F}"
    yield f"  label: {trained.label}"
    yield f"  value: {'by its own section' if read.value else 'none, it was trained without amounts'}"
    for name, figure in sorted(read.evaluation.items()):
        yield f"  {name}: {figure:g}"


def _read(file: Path) -> ChurnModel:
    with plain_errors(ModelError):
        return read_model(text_of(file), file=str(file))


async def _in_use(opened: Opened) -> ChurnModel | None:
    """None where this version cannot read it: it is to be replaced."""
    try:
        return (await opened.rules_in_use()).model
    except ModelError as error:
        typer.echo(f"what was in use cannot be read: {error}", err=True)
        return None


def _refuse_another_of_the_same_name(before: ChurnModel | None, after: ChurnModel) -> None:
    """Scores name their model by its version alone."""
    if before and before.version == after.version and before != after:
        raise ModelError(f"another model of version {after.version} is in use; give this one another version")


def _refuse_a_file_of_the_settings(opened: Opened) -> None:
    if opened.settings.model_file:
        raise Halted("FIDELIO_MODEL_FILE names a file, which would hold instead; unset it, or use a file")
