"""How what happened arrives: after a moment or days later, once or twice, in one stream for all customers."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import orjson

from fidelio_deploy.world.dealings import dealings_of, email_of
from fidelio_deploy.world.happening import Happening
from fidelio_deploy.world.hazard import Vector
from fidelio_deploy.world.laws import World
from fidelio_deploy.world.life import Life, lives
from fidelio_deploy.world.mailings import mailings_of
from fidelio_deploy.world.people import Person
from fidelio_deploy.world.voices import voices_of
from fidelio_shared.contracts.canonical import from_milliseconds, instant, milliseconds

DAY_MS = 86_400_000
LEAST_LATENESS_DAYS = 1 / 24
USUAL_DELAY_DAYS = 1.5 / 86_400
BLOCK, MOST_BLOCKS = 500, 100
"""Customers whose letters are sorted in memory, at least; the blocks are merged from files."""
KEY_BYTES = 15 + 7 + 6 + 1
_TELLING = 2

Said = dict[str, object]


@dataclass(frozen=True, slots=True)
class Letter:
    """One interaction as a channel system publishes it. `copy`: 1 for the repetition of one that came already."""

    received_ms: int
    occurred_ms: int
    customer: int
    number: int
    copy: int
    channel: str
    said: Said


def letters_of(world: World, life: Life) -> Iterator[Letter]:
    """Of one customer, by the time at which they happened."""
    dice = world.dice(life.person.index, purpose=_TELLING)
    happened = sorted(_happenings(world, life, dice), key=lambda each: each.day)
    delays = _delays(world, len(happened), dice)
    repeated = dice.random(len(happened)) < world.laws.post.repeated_share
    start_ms = milliseconds(instant(world.starts))
    for number, (each, delay, is_repeated) in enumerate(zip(happened, delays.tolist(), repeated, strict=True)):
        occurred = start_ms + int(each.day * DAY_MS)
        received = occurred + int(delay * DAY_MS)
        said = _said(life.person, each, number, occurred)
        yield Letter(received, occurred, life.person.index, number, 0, each.channel, said)
        if is_repeated:
            again = received + 1000 + int(dice.exponential(DAY_MS / 4))
            yield Letter(again, occurred, life.person.index, number, 1, each.channel, said)


def stream(world: World) -> Iterator[bytes]:
    """A JSON object a line, by `received_at`: the order in which a running system would see them."""
    return _merged(world, _streamed)


def history(world: World) -> Iterator[bytes]:
    """A JSON object a line, by `occurred_at`, as `fidelio-replay` takes it; a repetition follows what it repeats."""
    return _merged(world, _replayable)


def _happenings(world: World, life: Life, dice: np.random.Generator) -> Iterator[Happening]:
    for told in (dealings_of(life, dice), voices_of(life, world.days, dice), mailings_of(life, world.days, dice)):
        yield from (each for each in told if each.day < world.days)


def _delays(world: World, count: int, dice: np.random.Generator) -> Vector:
    usual = USUAL_DELAY_DAYS * dice.lognormal(0, 0.5, count)
    late = LEAST_LATENESS_DAYS + dice.exponential(1.5, count)
    return np.where(dice.random(count) < world.laws.post.late_share, late, usual)


def _said(person: Person, happening: Happening, number: int, occurred_ms: int) -> Said:
    return {
        "source": f"world/{happening.channel}",
        "id": f"{person.name}-{number}",
        "type": happening.type,
        "occurred_at": from_milliseconds(occurred_ms),
        "identifiers": _identifiers(person, happening),
        **happening.fields,
    }


def _identifiers(person: Person, happening: Happening) -> list[Said]:
    """A mail system knows addresses only; the first order tells whose they are."""
    customer: Said = {"kind": "customer_id", "value": person.name}
    email: Said = {"kind": "email", "value": email_of(person)}
    if happening.channel in ("email", "survey"):
        return [email]
    return [customer, email] if "traits" in happening.fields or happening.channel == "support" else [customer]


def _streamed(letter: Letter) -> bytes:
    received_at = from_milliseconds(letter.received_ms)
    line: Said = {"received_at": received_at, "channel": letter.channel, "interaction": letter.said}
    return _keyed(letter.received_ms, letter, line)


def _replayable(letter: Letter) -> bytes:
    return _keyed(letter.occurred_ms, letter, {"channel": letter.channel, **letter.said})


def _keyed(at_ms: int, letter: Letter, line: Said) -> bytes:
    """The key has a fixed width, so that lines sort by it as they are."""
    key = f"{at_ms:015d}{letter.customer:07d}{letter.number:06d}{letter.copy:d}".encode()
    return key + orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _merged(world: World, written: Callable[[Letter], bytes]) -> Iterator[bytes]:
    with TemporaryDirectory(prefix="fidelio-world-") as directory, ExitStack() as opened:
        files = [opened.enter_context(file.open("rb")) for file in _sorted_blocks(world, written, Path(directory))]
        for line in heapq.merge(*files):
            yield line[KEY_BYTES:]


def _sorted_blocks(world: World, written: Callable[[Letter], bytes], directory: Path) -> Iterable[Path]:
    remaining = lives(world)
    size = max(BLOCK, -(-world.customers // MOST_BLOCKS))
    while block := list(islice(remaining, size)):
        lines = sorted(written(letter) for life in block for letter in letters_of(world, life))
        path = directory / f"{block[0].person.index}"
        with path.open("wb") as file:
            file.writelines(lines)
        yield path
