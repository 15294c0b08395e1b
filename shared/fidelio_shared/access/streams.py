"""Answers without end: a line at a time, a few answers at once."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException
from fastapi.responses import StreamingResponse

from fidelio_shared.access.answers import Problem

MOST_STREAMS = 4
NDJSON = "application/x-ndjson"


class Lines(StreamingResponse):
    media_type = NDJSON


@dataclass(slots=True)
class Places:
    running: int = 0

    async def place(self) -> AsyncGenerator[None, None]:
        """A few at a time, held until the last line is sent: each takes as much as it is given."""
        if self.running >= MOST_STREAMS:
            raise HTTPException(503, f"{MOST_STREAMS} streams are running, which is all that may; try again later")
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1


def as_json(refusal: dict[str, Any]) -> dict[str, Any]:
    """Said in full: FastAPI takes a model to come in the endpoint's own form, which is lines."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {"description": refusal["description"], "content": {"application/json": {"schema": schema}}}
