"""Structured logs: the event's name first, then fields. No payload, no identifier of a person."""

import logging
import sys

import structlog

log: structlog.stdlib.BoundLogger = structlog.get_logger("fidelio")


def configure_logs(service: str) -> None:
    """JSON lines on standard error; libraries are heard from WARNING upwards."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.EventRenamer("event"),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    structlog.contextvars.bind_contextvars(service=service)
