"""Structured logs: the event's name first, then fields. No payload, no identifier of a person."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

import structlog

_REPEATED_AFTER_SECONDS = 10.0
_MOST_REMEMBERED = 1000
log: structlog.stdlib.BoundLogger = structlog.get_logger("fidelio")


def configure_logs(service: str) -> None:
    """JSON lines on standard error; libraries are heard from WARNING upwards."""
    libraries = logging.StreamHandler(sys.stderr)
    libraries.setFormatter(_LibraryLines(service))
    libraries.addFilter(_Seldom())
    logging.basicConfig(level=logging.WARNING, handlers=[libraries], force=True)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _event_first,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    structlog.contextvars.bind_contextvars(service=service)


def where(bug: BaseException) -> str:
    """Type and place, never the text: that might repeat a person's data."""
    trace = bug.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else "unknown"
    return f"{type(bug).__name__} at {place}"


class _LibraryLines(logging.Formatter):
    """The first line of a library's message, without its arguments: the rest might repeat what it works on."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        line = {
            "event": "library_message",
            "service": self._service,
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
            "logger": record.name,
            "message": str(record.msg).partition("\n")[0],
        }
        return json.dumps(line | ({"error": where(error)} if error else {}))


class _Seldom(logging.Filter):
    """The same message at most every ten seconds: in an outage aiokafka tells several times a second."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        said = (record.name, str(record.msg))
        if record.created < self._told.get(said, 0.0) + _REPEATED_AFTER_SECONDS:
            return False
        if len(self._told) > _MOST_REMEMBERED:
            self._told.clear()
        self._told[said] = record.created
        return True


def _event_first(_: Any, __: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {"event": fields.pop("event"), **fields}
