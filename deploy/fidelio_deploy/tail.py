"""Print the records of a topic, readable."""

import asyncio
from pathlib import Path
from typing import Annotated

import orjson
import typer

from fidelio_deploy.addresses import read_addresses
from fidelio_deploy.errors import StackError
from fidelio_deploy.interrupts import run_interruptibly
from fidelio_deploy.topic_reader import TopicReader
from fidelio_shared.contracts.canonical import from_milliseconds
from fidelio_shared.messaging.records import Incoming, header_text
from fidelio_shared.messaging.settings import KafkaSettings

POLL_SECONDS = 0.2
EXAMPLES = "scores, segments, notifications, profiles, interactions, channels.store, dead-letters …"

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(help=__doc__)
def tail(
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help=EXAMPLES)],
    from_beginning: Annotated[bool, typer.Option("--from-beginning", help="What is there already, too.")] = False,
    number: Annotated[
        int | None, typer.Option("-n", min=1, metavar="N", help="End after so many records; else at Ctrl-C.")
    ] = None,
    directory: Annotated[Path, typer.Option(help="Of the stack.")] = Path(".fidelio"),
) -> None:
    addresses = read_addresses(directory)
    if not addresses:
        raise StackError(f"no stack is up in {directory}; start one with fidelio-stack up")
    kafka = KafkaSettings(bootstrap_servers=addresses.kafka)
    follow = _from_beginning if from_beginning else _from_now_on
    run_interruptibly(follow(kafka, topic, number))


def readable(record: Incoming) -> str:
    """One line about the record, then its value: JSON over many lines, anything else as it is."""
    told = (header_text(record, "ce_type"), header_text(record, "fidelio-reason"))
    about = (
        f"{record.topic}[{record.partition}]@{record.offset}",
        from_milliseconds(record.timestamp),
        f"key={(record.key or b'').decode(errors='replace')}",
        *(each for each in told if each),
    )
    return f"{'  '.join(about)}\n{_value(record.value)}\n"


async def _from_beginning(kafka: KafkaSettings, topic: str, number: int | None) -> None:
    async with TopicReader(kafka, topic) as reader:
        await _print(reader, number)


async def _from_now_on(kafka: KafkaSettings, topic: str, number: int | None) -> None:
    async with TopicReader(kafka, topic) as reader:
        await reader.skip_to_end()
        await _print(reader, number)


async def _print(reader: TopicReader, number: int | None) -> None:
    printed = 0
    while True:
        async for record in reader.new_records():
            typer.echo(readable(record))
            printed += 1
            if printed == number:
                return
        await asyncio.sleep(POLL_SECONDS)


def _value(value: bytes | None) -> str:
    if value is None:
        return "(no value: this key is gone)"
    try:
        return orjson.dumps(orjson.loads(value), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return value.decode(errors="replace")
