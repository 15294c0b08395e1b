"""Whatever goes wrong, logs and metrics tell where, and never what was in the records."""

import json
import logging
from collections.abc import Callable, Iterator

import pytest
from prometheus_client import generate_latest
from pydantic import BaseModel

from fidelio_shared.messaging.batch import Batch
from fidelio_shared.messaging.errors import Halted
from fidelio_shared.observability.logs import configure_logs, log
from support.logging_state import restored_logging
from support.settling import ARecord, a_bench

CANARY = "canary-ann@example.org"
Logged = Callable[[], list[dict[str, str]]]
Begin = Callable[[], Logged]


class Person(BaseModel):
    age: int


@pytest.fixture
def begin_logging(capsys: pytest.CaptureFixture[str]) -> Iterator[Begin]:
    """Called within the test, since pytest captures anew there; gives what was logged since, every line parsed."""

    def begin() -> Logged:
        configure_logs("test")
        return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    with restored_logging():
        yield begin


def fail_on_the_canary(batch: Batch[str], effects: list[str]) -> None:
    for value in batch.values:
        Person.model_validate({"age": value})


async def test_a_failing_batch_of_canaries_leaves_no_trace_of_them(begin_logging: Begin) -> None:
    logged = begin_logging()
    bench = a_bench(fail_on_the_canary)
    canary = CANARY.encode()
    batch = [ARecord(canary, offset=0, key=canary, headers=((CANARY, canary),)), ARecord(b"!" + canary, offset=1)]

    await bench.settler.settle(batch)

    told = logged()
    assert [each["event"] for each in told] == ["handler_failed"]
    assert CANARY not in json.dumps(told)
    assert CANARY not in generate_latest(bench.registry).decode()
    assert [each.value for each in bench.publisher.published] == [b"!" + canary, canary], "the canary was not there"


async def test_a_halt_tells_the_place_and_not_the_text(begin_logging: Begin) -> None:
    logged = begin_logging()
    bench = a_bench(fail_on_the_canary)

    with pytest.raises(Halted):
        await bench.settler.settle([ARecord(CANARY.encode(), offset=number) for number in range(21)])

    told = logged()
    assert [each["level"] for each in told[-1:]] == ["critical"]
    assert told[-1]["event"] == "process_halted"
    assert told[-1]["why"].startswith("more than 20 handler failures in a minute, the last at ValidationError at ")
    assert CANARY not in json.dumps(told)


def test_a_line_is_json_with_its_event_first(begin_logging: Begin) -> None:
    logged = begin_logging()
    log.info("profile_folded", revision=3)

    (told,) = logged()
    assert next(iter(told)) == "event"
    assert {**told, "timestamp": "…"} == {
        "event": "profile_folded",
        "revision": 3,
        "service": "test",
        "level": "info",
        "timestamp": "…",
    }


def test_a_librarys_message_is_told_without_its_arguments_and_without_the_text_of_an_exception(
    begin_logging: Begin,
) -> None:
    logged = begin_logging()
    library = logging.getLogger("library")

    try:
        raise ValueError(CANARY)
    except ValueError:
        library.exception("failed on %s\nwith: " + CANARY, CANARY)

    (told,) = logged()
    assert (told["event"], told["logger"], told["message"]) == ("library_message", "library", "failed on %s")
    assert told["error"].startswith("ValueError at test_logs.py:")
    assert CANARY not in json.dumps(told)


def test_libraries_are_heard_from_warnings_upwards_and_each_message_seldom(begin_logging: Begin) -> None:
    logged = begin_logging()
    library = logging.getLogger("library")

    library.info("chatter")
    for _ in range(100):
        library.warning("node %s is not there", 1)
    library.warning("another matter")

    assert [each["message"] for each in logged()] == ["node %s is not there", "another matter"]
