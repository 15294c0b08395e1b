"""`fidelio-deadletters`: what could not be processed, and its way back once the reason is gone."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Annotated, Any, TypeVar

import typer
from pydantic_settings import BaseSettings, SettingsConfigDict

from fidelio_shared.contracts.canonical import Instant, from_milliseconds
from fidelio_shared.contracts.operations import DEAD_LETTER_REASONS
from fidelio_shared.messaging import dead_letter_topic
from fidelio_shared.messaging.commands import plain_errors, read_settings
from fidelio_shared.messaging.dead_letter_topic import Replay
from fidelio_shared.messaging.dead_letters import DeadLetter
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.replaying import Selection
from fidelio_shared.messaging.settings import KafkaSettings

T = TypeVar("T")
main = typer.Typer(no_args_is_help=True, help="Lists and replays dead letters. Kafka: FIDELIO_KAFKA__…")

Reason = Annotated[str | None, typer.Option(help="Only those with this reason.")]
Topic = Annotated[str | None, typer.Option(help="Only those that came from this topic.")]
Partition = Annotated[int | None, typer.Option(help="Only those from this partition of --topic.")]
Offset = Annotated[int | None, typer.Option(help="Only the one at this offset of --partition.")]

_COLUMNS = ("time", "topic", "partition", "offset", "reason", "state", "error")


class DeadLettersSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="FIDELIO_", env_nested_delimiter="__", frozen=True, extra="ignore")

    kafka: KafkaSettings = KafkaSettings()


@main.command("list")
def list_letters(
    *,
    reason: Reason = None,
    topic: Topic = None,
    partition: Partition = None,
    offset: Offset = None,
    limit: Annotated[int, typer.Option(min=1, help="The latest so many.")] = 50,
    show: Annotated[bool, typer.Option("--show", help="Also key, headers and value: personal data.")] = False,
) -> None:
    """Print dead letters, each once, the latest last."""
    selection = _selection(reason, topic, partition, offset)
    listing = _run(lambda kafka: dead_letter_topic.latest(kafka, selection, limit))
    rows = [_row(each, is_replayed=each.about.ce_id in listing.replayed) for each in listing.letters]
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *rows, strict=True)]
    typer.echo(_line(_COLUMNS, widths))
    for row, letter in zip(rows, listing.letters, strict=True):
        typer.echo(_line(row, widths))
        for line in _contents(letter) if show else ():
            typer.echo(f"    {line}")


@main.command()
def replay(reason: Reason = None, topic: Topic = None, partition: Partition = None, offset: Offset = None) -> None:
    """Publish dead letters again as they came, to the topic they came from; each once, however often it is asked.

    They are judged anew, by the rules of now: what still cannot be processed becomes another dead letter.
    """
    selection = _selection(reason, topic, partition, offset)
    if selection == Selection():
        raise typer.BadParameter("say which: --reason, or --topic with --partition and --offset")
    result = _run(lambda kafka: _replay(kafka, selection))
    for position, why in result.refused:
        typer.echo(f"{position}: not replayed: {why}", err=True)
    typer.echo(
        f"replayed {result.replayed}, skipped {result.replayed_before} replayed before, refused {len(result.refused)}"
    )
    if result.refused or result == Replay():
        raise typer.Exit(1)


async def _replay(kafka: KafkaSettings, selection: Selection) -> Replay:
    publisher = Publisher(kafka, ordinal=None)
    try:
        return await dead_letter_topic.replay(kafka, selection, publisher, _now)
    finally:
        await publisher.stop()


def _now() -> Instant:
    return from_milliseconds(time.time_ns() // 1_000_000)


def _selection(reason: str | None, topic: str | None, partition: int | None, offset: int | None) -> Selection:
    if reason is not None and reason not in DEAD_LETTER_REASONS:
        raise typer.BadParameter(f"--reason is one of {', '.join(DEAD_LETTER_REASONS)}")
    if (partition is not None and topic is None) or (offset is not None and partition is None):
        raise typer.BadParameter("--offset needs --partition, and --partition needs --topic")
    return Selection(reason, topic, partition, offset)


def _run(work: Callable[[KafkaSettings], Coroutine[Any, Any, T]]) -> T:
    settings = read_settings(DeadLettersSettings)
    with plain_errors():
        return asyncio.run(work(settings.kafka))


def _row(letter: DeadLetter, *, is_replayed: bool) -> tuple[str, ...]:
    about = letter.about
    state = "replayed" if is_replayed else "open"
    place = (about.topic, str(about.partition), str(about.offset))
    return tuple(_printable(text) for text in (letter.at, *place, about.reason, state, about.error))


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def _contents(letter: DeadLetter) -> Iterator[str]:
    yield f"key: {_shown(letter.key)}"
    for name, value in letter.headers:
        yield f"{_printable(name)}: {_shown(value)}"
    yield f"value: {_shown(letter.value)}"


def _shown(content: bytes | None) -> str:
    return "(none)" if content is None else _printable(content.decode(errors="backslashreplace"))


def _printable(text: str) -> str:
    """What a sender wrote cannot move the cursor or end a line."""
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in text)


if __name__ == "__main__":
    main()
