import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from fidelio_shared.messaging.health import WATCH
from fidelio_shared.messaging.process import Process, make_process
from fidelio_shared.messaging.settings import KafkaSettings
from fidelio_shared.observability.pages import make_pages


class Pages:
    def __init__(self, process: Process) -> None:
        application = Starlette(routes=make_pages(process.health, process.registry))
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://pages")

    async def get(self, page: str) -> tuple[int, dict[str, object]]:
        answer = await self._client.get(page)
        return answer.status_code, answer.json()

    async def metrics(self) -> httpx.Response:
        return await self._client.get("/metrics")


@pytest.fixture
async def process() -> Process:
    return make_process("notify", KafkaSettings(), ordinal=0)


@pytest.fixture
def pages(process: Process) -> Pages:
    return Pages(process)


async def test_metrics_are_what_prometheus_reads(process: Process, pages: Pages) -> None:
    process.metrics.retried("notify", "smtp")

    answer = await pages.metrics()

    families = {each.name: each for each in text_string_to_metric_families(answer.text)}
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert {"notify_retries", "notify_lag_records", "process_start_time_seconds"} <= families.keys()
    sample = next(each for each in families["notify_retries"].samples if each.name == "notify_retries_total")
    assert (sample.labels, sample.value) == ({"step": "notify", "dependency": "smtp"}, 1.0)


async def test_what_a_process_waits_for_shows_in_its_metrics(process: Process, pages: Pages) -> None:
    process.health.wait_for("smtp", who="release")

    families = text_string_to_metric_families((await pages.metrics()).text)

    waiting = next(each for each in families if each.name == "notify_waiting_for_dependency")
    assert {each.labels["dependency"] for each in waiting.samples if each.value} == {"smtp"}
    assert len(waiting.samples) == 6


async def test_a_process_is_ready_once_started_and_while_it_waits_for_nothing(process: Process, pages: Pages) -> None:
    before = await pages.get("/ready")
    process.health.is_started = True
    started = await pages.get("/ready")
    process.health.wait_for("mongodb", who="notify")
    process.health.wait_for("mongodb", who="release")
    waiting = await pages.get("/ready")
    process.health.go_on("notify")
    process.health.go_on("release")

    assert before == (503, {"ready": False, "waiting_for": []})
    assert started == (200, {"ready": True, "waiting_for": []})
    assert waiting == (503, {"ready": False, "waiting_for": ["mongodb"]})
    assert await pages.get("/ready") == started


async def test_a_halted_process_is_not_ready(process: Process, pages: Pages) -> None:
    process.health.is_started = True

    process.halt("an operator should look")

    assert await pages.get("/ready") == (503, {"ready": False, "waiting_for": []})


async def test_a_process_is_alive_while_it_waits_and_not_while_it_is_stuck(process: Process, pages: Pages) -> None:
    now = [0.0]
    process.health.clock = lambda: now[0]
    process.health.progress("notify")
    process.health.measured("notify", behind=7)
    now[0] += 61

    process.health.wait_for("kafka", who=WATCH)
    waiting = await pages.get("/live")
    del process.health.waiting[WATCH]
    stuck = await pages.get("/live")
    process.health.progress("notify")
    again = await pages.get("/live")

    assert waiting == (200, {"live": True, "stuck": []})
    assert stuck == (503, {"live": False, "stuck": ["notify"]})
    assert again == (200, {"live": True, "stuck": []})
