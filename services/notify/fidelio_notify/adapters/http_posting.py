"""One POST over HTTP, and all that can come of it."""

import asyncio
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from fidelio_notify.domain.posting import Answer, Posting

CONNECT_SECONDS = 5.0
_MOST_BYTES = 64 * 1024
_MOST_CONNECTIONS = 8
_KEPT_SECONDS = 4.0
"""Servers usually close what is idle for five seconds or more: nothing is sent into a closing connection."""


@dataclass(frozen=True, slots=True)
class Unreached:
    """Nothing was sent."""


@dataclass(frozen=True, slots=True)
class BrokenOff:
    """Some or all of it was sent, and no answer came."""


def a_client(context: ssl.SSLContext, *, kept: int) -> httpx.AsyncClient:
    """Follows no redirect, and takes no proxy or credentials from the environment. `kept`: connections for the next
    post. On a kept one a second answer to one post cannot be told from the answer to the next."""
    limits = httpx.Limits(
        max_connections=_MOST_CONNECTIONS, max_keepalive_connections=kept, keepalive_expiry=_KEPT_SECONDS
    )
    timeout = httpx.Timeout(None, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS)
    return httpx.AsyncClient(verify=context, timeout=timeout, limits=limits, follow_redirects=False, trust_env=False)


async def post(
    client: httpx.AsyncClient, url: str, posting: Posting, *, seconds: float, server_name: str | None = None
) -> Answer | Unreached | BrokenOff:
    """`seconds`: for all of it. `server_name`: where the address in `url` is a number, whose certificate it must be.
    An answer whose body breaks off or is too long still has its status, and an empty body."""
    response: httpx.Response | None = None
    body = b""
    headers = {"Accept-Encoding": "identity", **posting.headers}
    extensions = {"sni_hostname": server_name} if server_name else {}
    try:
        async with asyncio.timeout(seconds):
            async with client.stream(
                "POST", url, headers=headers, content=posting.content, extensions=extensions
            ) as response:
                body = await _beginning(response)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        return Unreached()
    except (httpx.TransportError, TimeoutError):
        if response is None:
            return BrokenOff()
    return Answer(response.status_code, body, response.headers.get("retry-after"), datetime.now(UTC))


async def _beginning(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > _MOST_BYTES:
            return b""
    return bytes(body)
