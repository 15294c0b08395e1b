"""What a process says on its pages and in its log."""

import json
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen


def ask(port: int, page: str) -> tuple[int, dict[str, Any]]:
    """Status and content of a JSON page; status 0 where nobody answers."""
    try:
        with urlopen(f"http://127.0.0.1:{port}{page}", timeout=5) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as refusal:
        return refusal.code, json.loads(refusal.read())
    except OSError:
        return 0, {}


def log_lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]
