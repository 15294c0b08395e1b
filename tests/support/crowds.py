"""People who speak under one strong identifier at a time, and the interactions that tell which of them are one."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from random import Random

from fidelio_shared.contracts.identity import shipped_identity_rules
from fidelio_shared.contracts.ingest import Identifier, Interaction
from support.interactions import NOON, an_order, customer, email


def a_crowd(seed: int, *, people: int) -> list[Interaction]:
    """Each person as a chain, a star or a ring of identifiers, told in any order. No limit of the rules is reached."""
    lots = Random(seed)
    named = [each for number in range(people) for each in _person(lots, number)]
    lots.shuffle(named)
    return [_said(number, each) for number, each in enumerate(named)]


def _person(lots: Random, number: int) -> Iterator[Sequence[Identifier]]:
    own = [
        customer(str(number)),
        *(email(f"{number}-{each}@example.org") for each in range(lots.randint(1, 4))),
        *(Identifier(kind="phone", value=f"+331{number:04}{each:02}") for each in range(lots.randint(0, 4))),
    ]
    lots.shuffle(own)
    yield from ([each] for each in own)
    yield from ([lots.choice(own)] for _ in range(3))
    shape = lots.choice(("chain", "star", "ring"))
    if shape == "star":
        yield from ([own[0], each] for each in own[1:])
    else:
        yield from map(list, pairwise(own))
    if shape == "ring":
        yield [own[-1], own[0]]


def _said(number: int, named: Sequence[Identifier]) -> Interaction:
    at = NOON + timedelta(milliseconds=number)
    identifiers = shipped_identity_rules().linking(named)
    return an_order(number, identifiers=identifiers, occurred_at=at, received_at=at)
