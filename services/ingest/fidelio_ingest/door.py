"""The HTTP door for systems without a Kafka client: it authenticates and publishes, and decides nothing else."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse

from fidelio_ingest.domain.bounds import MAX_BYTES
from fidelio_ingest.metrics import IngestMetrics
from fidelio_shared.contracts.channels import Channel
from fidelio_shared.contracts.topics import channel_topic
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.records import Outgoing

MAX_REQUEST_BYTES = 1024 * 1024
MAX_INTERACTIONS = 500
_MAX_KEY_BYTES = 512


@dataclass(frozen=True, slots=True)
class Door:
    publisher: Publisher
    channels: Mapping[str, Channel]
    api_key_sha256: bytes
    metrics: IngestMetrics

    def open_on(self, application: FastAPI) -> None:
        application.post("/v1/interactions", status_code=202)(self.accept)

    async def accept(self, request: Request, x_api_key: Annotated[str, Header()] = "") -> JSONResponse:
        """One interaction as a JSON object with its `channel`, or an array of up to 500.

        202 says that Kafka has them all; whether each is valid shows on `interactions` or `dead-letters`.
        """
        given = hashlib.sha256(x_api_key.encode()).digest()
        if not hmac.compare_digest(given, self.api_key_sha256):
            raise self._refusal(401, "unauthorized", "X-API-Key is missing or wrong")
        records = self._records(await self._body(request))
        try:
            await self.publisher.publish_all(records)
        except Unavailable as error:
            raise self._refusal(503, "unavailable", "Kafka does not answer; send it again") from error
        self.metrics.door_requests.labels("accepted").inc()
        return JSONResponse({"accepted": len(records)}, status_code=202)

    async def _body(self, request: Request) -> bytes:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_REQUEST_BYTES:
                raise self._refusal(413, "too_large", f"more than {MAX_REQUEST_BYTES} bytes; send smaller batches")
        return bytes(body)

    def _records(self, body: bytes) -> list[Outgoing]:
        try:
            return [self._record(item) for item in self._items(json.loads(body.decode()))]
        except (ValueError, RecursionError) as error:
            raise self._refusal(400, "not_json", "the body is not JSON in UTF-8, or nested too deep") from error

    def _items(self, parsed: object) -> list[object]:
        items = parsed if isinstance(parsed, list) else [parsed]
        if not 0 < len(items) <= MAX_INTERACTIONS:
            raise self._refusal(400, "count", f"send 1 to {MAX_INTERACTIONS} interactions a request")
        return items

    def _record(self, item: object) -> Outgoing:
        channel = item.get("channel") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(channel, str) or channel not in self.channels:
            raise self._refusal(400, "channel", "channel must be one of " + ", ".join(sorted(self.channels)))
        value = _said({name: content for name, content in item.items() if name != "channel"})
        if len(value) > MAX_BYTES:
            raise self._refusal(413, "too_large", f"an interaction has more than {MAX_BYTES} bytes; send less of it")
        key = str(item.get("source", "")).encode(errors="replace")[:_MAX_KEY_BYTES]
        return Outgoing(channel_topic(channel), key, value, (("content-type", b"application/json"),))

    def _refusal(self, status: int, outcome: str, text: str) -> HTTPException:
        self.metrics.door_requests.labels(outcome).inc()
        return HTTPException(status, text)


def _said(item: dict[str, object]) -> bytes:
    """As it was sent, integers of any length and broken text included: ingest refuses them with a reason.

    orjson, faster, would turn integers beyond 64 bits into other numbers, and fail on deep nesting.
    """
    text = json.dumps(item, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode(errors="surrogatepass")
