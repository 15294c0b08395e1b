import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fidelio_deploy.ports import free_port
from fidelio_deploy.supervisor import ServiceProcess

FAKE_SERVICE = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Ready(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

print("fake service on port", sys.argv[1], flush=True)
HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
"""


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Waits for a condition by asking again and again; fails after thirty seconds."""

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, "it did not become true within 30 s"
            time.sleep(0.02)

    return wait


@pytest.fixture
def a_service(tmp_path: Path) -> Callable[[str], ServiceProcess]:
    """A tiny HTTP server that is ready as soon as it listens."""

    def make(name: str) -> ServiceProcess:
        script, port = tmp_path / "fake_service.py", free_port()
        script.write_text(FAKE_SERVICE)
        return ServiceProcess(name, (sys.executable, str(script), str(port)), {}, f"http://127.0.0.1:{port}/ready")

    return make
