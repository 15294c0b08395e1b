"""Whether a server answers, found out by asking it."""

import socket
from http.client import HTTPConnection, HTTPException
from urllib.parse import SplitResult, urlsplit

PROBE_SECONDS = 2.0


def answers(url: str) -> bool:
    """An http URL answers with 200, an smtp URL with a greeting."""
    parts = urlsplit(url)
    try:
        return _greets(parts) if parts.scheme == "smtp" else _says_ok(parts)
    except (OSError, HTTPException):
        return False


def _says_ok(url: SplitResult) -> bool:
    connection = HTTPConnection(url.hostname or "", url.port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", url.path or "/")
        return connection.getresponse().status == 200
    finally:
        connection.close()


def _greets(url: SplitResult) -> bool:
    with socket.create_connection((url.hostname, url.port), timeout=PROBE_SECONDS) as connection:
        return connection.recv(4).startswith(b"220")
