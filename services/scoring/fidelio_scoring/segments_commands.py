"""`fidelio-scoring segments`: check definitions, try them, put them into use, and ask what they say of somebody."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from fidelio_scoring.adapters.mongo_standings import Gone
from fidelio_scoring.databases import Opened, with_database
from fidelio_scoring.domain.moves import announced_scores
from fidelio_scoring.domain.segments.definitions import Definitions, SegmentsError, changed, needs
from fidelio_scoring.domain.segments.explanation import explain
from fidelio_scoring.domain.standing import Standing
from fidelio_scoring.explaining import Language, lines
from fidelio_scoring.rules import SHIPPED_SEGMENTS, read_segments, shipped, text_of
from fidelio_scoring.trying import tried
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.recent import MOST_RECENT
from fidelio_shared.messaging.commands import plain_errors
from fidelio_shared.messaging.errors import Halted

segments = typer.Typer(no_args_is_help=True, help="Check, try, use, list and explain definitions of segments.")
File = Annotated[Path, typer.Argument(help="a segments file", exists=True, dir_okay=False)]
At = Annotated[
    datetime | None,
    typer.Option(help="UTC; else now, and on the stream clock the time last used for each profile"),
]


@segments.command()
def check(file: File) -> None:
    """Read a file; what is wrong is told with its line and column. Prints what it needs profiles to keep."""
    definitions = _read(file)
    typer.echo(f"{definitions.version}: {len(definitions.segments)} segments")
    for name, count in needs(definitions).items():
        typer.echo(f"  needs the latest {count} {name}; profiles keep {max(MOST_RECENT.get(name, 0), 1)}")


@segments.command("dry-run")
def dry_run(
    file: File,
    *,
    at: At = None,
    profiles: Annotated[int, typer.Option(min=0, max=1000, help="of each segment, how many profiles to name")] = 5,
) -> None:
    """Who would enter and leave, by everybody's standing as it is stored. Changes nothing."""
    definitions = _read(file)

    async def work(opened: Opened) -> Iterator[str]:
        now = await opened.now(at)
        return (await tried(opened.standings, definitions, at=now, named=profiles)).report()

    for line in with_database(work):
        typer.echo(line)


@segments.command()
def use(
    file: Annotated[Path | None, typer.Argument(help="a segments file", exists=True, dir_okay=False)] = None,
    *,
    is_shipped: Annotated[bool, typer.Option("--shipped", help="those that come with Fidelio")] = False,
) -> None:
    """Put definitions into use. Running processes take them up within seconds, and profile by profile from then on."""
    if (file is None) is not is_shipped:
        raise typer.BadParameter("give a file, or --shipped")
    definitions = _read(file) if file else read_segments(shipped("segments", SHIPPED_SEGMENTS), file=SHIPPED_SEGMENTS)

    async def work(opened: Opened) -> Iterator[str]:
        before = await _in_use(opened)
        if file:
            await opened.rules.use("segments", text_of(file))
        else:
            _refuse_a_file_of_the_settings(opened)
            await opened.rules.use_none("segments")
        return _differences(before, definitions)

    for line in with_database(work):
        typer.echo(line)


@segments.command("list")
def list_segments() -> None:
    """The definitions in use, with how many are in each segment."""

    async def work(opened: Opened) -> list[str]:
        definitions = (await opened.rules_in_use()).definitions
        counted = [(each, await opened.standings.count(each.name)) for each in definitions.segments]
        told = [
            f"{each.name:<48} {each.kind:<10} {each.group or '-':<12} {members:>9}  {each.label.en}"
            for each, members in counted
        ]
        return [definitions.version, *told]

    for line in with_database(work):
        typer.echo(line)


@segments.command("explain")
def explain_segment(
    profile: Annotated[str, typer.Argument(help="its id, 32 hex digits")],
    segment: Annotated[str, typer.Argument(help="its name")],
    *,
    language: Annotated[Language, typer.Option(help="en or fr")] = "en",
    at: At = None,
) -> None:
    """Why a profile is in a segment or is not, condition by condition, by what is known now."""
    if not re.fullmatch("[0-9a-f]{32}", profile):
        raise typer.BadParameter("a profile's id has 32 hex digits")

    async def work(opened: Opened) -> list[str]:
        definitions = (await opened.rules_in_use()).definitions
        standing = _existing(await opened.standings.find(ProfileId(profile)))
        return _told(standing, segment, definitions, await opened.now(at) or standing.as_of, language)

    for line in with_database(work):
        typer.echo(line)


def _told(standing: Standing, segment: str, definitions: Definitions, at: datetime, language: Language) -> list[str]:
    if definitions.segment(segment) is None:
        raise Halted(f"the definitions in use, {definitions.version}, have no segment {segment}; see `segments list`")
    if standing.facts is None:
        raise Halted("nothing is said of this profile: it is part of another one now, or the person objects to it")
    why = explain(definitions, segment, standing.facts, announced_scores(standing.announced), at)
    since = standing.segments.get(segment)
    announced = f"a member since {instant(since)}" if since else "no member"
    return [f"{definitions.version} at {instant(at)}; as announced last: {announced}", *lines(why, language)]


def _existing(found: Standing | Gone | None) -> Standing:
    if isinstance(found, Standing):
        return found
    raise Halted("the profile was erased" if found else "no profile of this id was ever scored")


def _read(file: Path) -> Definitions:
    with plain_errors(SegmentsError):
        return read_segments(text_of(file), file=str(file))


async def _in_use(opened: Opened) -> Definitions | None:
    """None where this version cannot read them: they are to be replaced."""
    try:
        return (await opened.rules_in_use()).definitions
    except SegmentsError as error:
        typer.echo(f"what was in use cannot be read: {error}", err=True)
        return None


def _refuse_a_file_of_the_settings(opened: Opened) -> None:
    if opened.settings.segments_file:
        raise Halted("FIDELIO_SEGMENTS_FILE names a file, which would hold instead; unset it, or use a file")


def _differences(before: Definitions | None, after: Definitions) -> Iterator[str]:
    """By segment, in the order of the names."""
    yield f"in use: {after.version}, before: {before.version if before else 'unknown'}"
    known = {each.name for each in before.segments} if before else set()
    defined = {each.name for each in after.segments}
    others = changed(before, after) if before else defined
    for name in sorted(others):
        what = "is new" if name not in known else "has another definition" if name in defined else "is no more"
        yield f"  {name} {what}"
    if not others:
        yield "  no segment has another definition"
