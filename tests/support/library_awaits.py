"""Ends a process somewhere inside the libraries that a batch goes through: drivers, sockets, the event loop itself."""

import asyncio
import os
from collections.abc import Sequence

from fidelio_shared.messaging.records import Incoming
from fidelio_shared.messaging.settle import Settler
from support.checkpoints import EXIT_CODE


def end_inside(callbacks: int) -> None:
    """At so many callbacks of the event loop after the first batch began. Needs asyncio's own loop: it is Python."""
    settle, run = Settler.settle, asyncio.Handle._run
    left: list[int] = []

    async def settle_counted(settler: Settler[object], records: Sequence[Incoming]) -> None:
        if not left:
            left.append(callbacks)
        await settle(settler, records)

    def run_counted(handle: asyncio.Handle) -> None:
        if left:
            left[0] -= 1
            if left[0] == 0:
                os._exit(EXIT_CODE)
        run(handle)

    Settler.settle = settle_counted  # type: ignore[method-assign,assignment]
    asyncio.Handle._run = run_counted  # type: ignore[method-assign]
