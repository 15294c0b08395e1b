"""Every await of the steps is a place at which the crash runs end them; what is left out is left out by name."""

import ast
import re
from importlib import import_module
from itertools import chain
from pathlib import Path

import pytest

from support.checkpoints import places_in
from support.crash_steps import INSTRUMENTED, NOT_A_STEP, OUT_OF_REACH, STEPS, is_out_of_reach, places_of

SERVICES = ("fidelio_profile", "fidelio_scoring", "fidelio_notify")


def modules() -> dict[str, Path]:
    """By name, those that wait for anything."""
    found: dict[str, Path] = {}
    for service in SERVICES:
        home = Path(str(import_module(service).__file__)).parent
        for path in home.rglob("*.py"):
            if any(
                isinstance(each, ast.Await | ast.AsyncFor | ast.AsyncWith)
                for each in ast.walk(ast.parse(path.read_bytes()))
            ):
                found[".".join((service, *path.relative_to(home).with_suffix("").parts))] = path
    return found


@pytest.fixture(scope="module")
def places() -> list[str]:
    return [place for name, path in modules().items() if name in INSTRUMENTED for place in places_in(name, path)]


def test_a_module_that_waits_is_ended_everywhere_or_left_out_by_name() -> None:
    left_out = {name for name in modules() if any(re.search(each, name) for each in NOT_A_STEP.values())}
    assert modules().keys() - left_out == set(INSTRUMENTED)


def test_each_place_is_some_steps_or_out_of_reach_by_name(places: list[str]) -> None:
    taken = {each for step in STEPS for each in places_of(step, places)}
    assert [each for each in places if each not in taken and not is_out_of_reach(each)] == []


def test_nothing_is_out_of_reach_that_is_not_there(places: list[str]) -> None:
    patterns = [*chain.from_iterable(OUT_OF_REACH.values()), *STEPS.values()]
    assert [each for each in patterns if not any(re.search(each, place) for place in places)] == []


def test_an_await_that_somebody_adds_is_a_place(tmp_path: Path) -> None:
    added = tmp_path / "added.py"
    added.write_text(
        "async def work(a):\n    async with a() as b, b.c():\n        return [await each for each in await b()]\n"
    )
    assert [each.removeprefix("added.work:") for each in places_in("added", added)] == [
        "3:16 await each before",
        "3:16 await each after",
        "3:39 await b() before",
        "3:39 await b() after",
        "2:4 with begins",
    ]
