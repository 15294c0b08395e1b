"""An API as a server of its own, on loopback, for clients that wait for each answer."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
import uvloop
from fastapi import FastAPI

from fidelio_deploy.ports import free_port
from fidelio_shared.storage.mongo import Database, connect
from support.api import application_on

_START_SECONDS = 20.0


@contextmanager
def serving(mongo: str, name: str, application_on: Callable[[Database], FastAPI] = application_on) -> Iterator[str]:
    """Its address; the profile's, if nothing else is said.

    The server has its own thread and event loop, and so its own connection.
    """
    port = free_port()
    servers: list[uvicorn.Server] = []

    async def serve() -> None:
        database = connect(mongo, name)
        config = uvicorn.Config(application_on(database), port=port, log_config=None, access_log=False)
        servers.append(uvicorn.Server(config))
        await servers[0].serve()
        await database.client.close()

    thread = threading.Thread(target=lambda: uvloop.run(serve()))
    thread.start()
    try:
        _wait_for(servers)
        yield f"http://127.0.0.1:{port}"
    finally:
        for each in servers:
            each.should_exit = True
        thread.join()


def _wait_for(servers: list[uvicorn.Server]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not (servers and servers[0].started):
        assert time.monotonic() < deadline, "the API did not start"
        time.sleep(0.01)
