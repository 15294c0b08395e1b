"""What a service counts, read from its /metrics page."""

import asyncio
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from threading import Lock
from urllib.parse import urlsplit

SECONDS = 10.0
Samples = Mapping[str, float]
"""By name and labels as they stand on the page: `ingest_interactions_total{channel="store"}`."""


class MetricsPage:
    """Keeps its connection, and opens another one where the service was started anew."""

    def __init__(self, base_url: str) -> None:
        self._parts = urlsplit(base_url)
        self._connection: HTTPConnection | None = None
        self._lock = Lock()

    async def read(self) -> Samples | None:
        """None while the service does not answer."""
        return await asyncio.to_thread(self._read)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _read(self) -> Samples | None:
        with self._lock:
            try:
                return parsed(self._ask())
            except (OSError, HTTPException):
                self.close()
                return None

    def _ask(self) -> str:
        if self._connection is None:
            self._connection = HTTPConnection(self._parts.hostname or "", self._parts.port, timeout=SECONDS)
        self._connection.request("GET", "/metrics")
        return self._connection.getresponse().read().decode()


def parsed(page: str) -> Samples:
    lines = (line.rpartition(" ") for line in page.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def total(samples: Samples, name: str) -> int:
    """Over all labels; 0 where nothing was counted yet."""
    return int(sum(value for sample, value in samples.items() if sample.partition("{")[0] == name))
