"""A whole process with one step that misbehaves as asked: `python one_step.py BOOTSTRAP TOPIC PORT HOW`."""

import asyncio
import contextlib
import sys
from collections.abc import Sequence

import uvloop
from starlette.applications import Starlette

from fidelio_shared.messaging.batch import Batch, Refusal
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.process import make_process, serve
from fidelio_shared.messaging.records import Incoming
from fidelio_shared.messaging.settings import KafkaSettings
from fidelio_shared.observability.logs import configure_logs
from fidelio_shared.observability.pages import make_pages

PATIENCE_SECONDS = 2.0


async def hang(_: Batch[bytes]) -> Sequence[Refusal]:
    await asyncio.Event().wait()
    return ()


async def wait_for_mongodb(_: Batch[bytes]) -> Sequence[Refusal]:
    raise Unavailable("mongodb")


async def work(_: Batch[bytes]) -> Sequence[Refusal]:
    return ()


async def fail_in_the_background() -> None:
    await asyncio.sleep(0.1)
    raise KeyError("ann@example.org")


async def overhear_the_first_cancellation() -> None:
    """As `asyncio.wait_for` does where what it waits for ends at the same time."""
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    await asyncio.Event().wait()


HANDLERS = {"hangs": hang, "waits": wait_for_mongodb, "works": work, "fails": work, "overhears": work}
BACKGROUND = {"fails": fail_in_the_background, "overhears": overhear_the_first_cancellation}


def value_of(record: Incoming) -> bytes:
    return record.value or b""


async def run(bootstrap: str, topic: str, port: int, how: str) -> int:
    process = make_process("test", KafkaSettings(bootstrap_servers=bootstrap), ordinal=None)
    process.health.patience_seconds = PATIENCE_SECONDS

    async def wire() -> None:
        process.consume(topic, group=f"{topic}.{how}.v1", decode=value_of, handle=HANDLERS[how])
        process.background += [each for name, each in BACKGROUND.items() if name == how]

    application = Starlette(
        routes=make_pages(process.health, process.registry), lifespan=lambda _: process.lifespan(wire)
    )
    return await serve(process, application, host="127.0.0.1", port=port)


if __name__ == "__main__":
    configure_logs("test")
    sys.exit(uvloop.run(run(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])))
