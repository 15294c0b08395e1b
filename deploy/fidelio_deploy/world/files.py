"""A world as files: what happened twice, by arrival and by time, the orders alone, and the truth."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import orjson

from fidelio_deploy.errors import StackError
from fidelio_deploy.world.laws import Form, World, a_world
from fidelio_deploy.world.life import Life, lives
from fidelio_deploy.world.post import history, letters_of, stream
from fidelio_deploy.world.truth import Truth
from fidelio_shared.contracts.canonical import instant

STREAM, HISTORY, ORDERS, TRUTH, WORLD = "stream.ndjson", "history.ndjson", "purchases.csv", "truth.ndjson", "world.json"


def write_world(world: World, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    _write(directory / STREAM, stream(world))
    _write(directory / HISTORY, history(world))
    _write(directory / TRUTH, (_line(_truth(world, life)) for life in lives(world)))
    with (directory / ORDERS).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(_orders(world))
    _write(directory / WORLD, [orjson.dumps(world, option=orjson.OPT_INDENT_2)])


def read_world(directory: Path) -> World:
    """The same world again, from its seed."""
    try:
        said = orjson.loads((directory / WORLD).read_bytes())
        return a_world(
            said["seed"],
            customers=said["customers"],
            days=said["days"],
            form=Form(said["laws"]["form"]),
            starts=datetime.fromisoformat(said["starts"]),
        )
    except FileNotFoundError as error:
        raise StackError(f"{directory} holds no {WORLD}; write a world there with fidelio-world write") from error
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise StackError(f"{directory / WORLD} does not describe a world; write it anew") from error


def write_foreseen(truth: Truth, at: datetime, path: Path) -> None:
    """The oracle's own chances, a file of scores like anybody's, and what became of each customer."""
    asked = {each.name: each for each in truth.questions}
    told = zip(
        truth.customers, *(column for each in asked.values() for column in (each.oracle, each.label)), strict=True
    )
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["customer", "at", "score", *(f"{name}{what}" for name in asked for what in ("_chance", ""))])
        for customer, *columns in told:
            rows.writerow([customer, instant(at), columns[0], *columns])


def _truth(world: World, life: Life) -> dict[str, object]:
    """Who leaves after the world's end is not told to leave."""
    leaving = life.leaving if life.left_day < world.days else None
    return {
        "customer": life.person.name,
        "joined_at": instant(world.instant(life.person.joined_day)),
        "decided_at": instant(world.instant(leaving.decided_day)) if leaving else None,
        "left_at": instant(world.instant(leaving.left_day)) if leaving else None,
        "fades": leaving.fades if leaving else None,
        "is_loud": leaving.is_loud if leaving else None,
        "monthly_risk": [round(each, 6) for each in life.risk[::30].tolist()],
    }


def _orders(world: World) -> Iterator[tuple[object, ...]]:
    yield "customer", "at", "amount"
    for life in lives(world):
        for letter in letters_of(world, life):
            if letter.said["type"] == "order.placed" and not letter.copy:
                amount = letter.said["amount"]
                assert isinstance(amount, dict)
                yield life.person.name, letter.said["occurred_at"], amount["value"]


def _line(said: dict[str, object]) -> bytes:
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)


def _write(path: Path, lines: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(lines)
