"""People of whom more is said than any profile may hold: long names, and more of everything than is kept."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain, cycle, islice, product

from fidelio_profile.domain.preferred import RESPONSES
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.recent import MOST_RECENT
from support.interactions import NOON, an_interaction, customer, device

LETTERS = ("x", "é", "日", "😀", "\x01", '"', "\\")
"""One to six bytes of JSON each."""
_STEP = timedelta(days=9, hours=1)
_OFTEN = ("consent.changed", "order.placed", "order.returned", "refund.issued")
_TYPES = (
    *MOST_RECENT,
    *RESPONSES,
    "profile.corrected",
    *("x" * 60 + f".{number:03}" for number in range(60)),
)


def a_text(start: object, size: int, letter: str) -> str:
    """Of so many bytes in JSON, all but a rest that has no room for the letter."""
    head = f"{start} "
    width = {'"': 2, "\\": 2, "\x01": 6}.get(letter, len(letter.encode()))
    return head + letter * ((size - len(head)) // width)


def hostile_interactions(letter: str, *, count: int = 800, longer: int = 0) -> Iterator[Interaction]:
    """`longer`: by how many bytes every text exceeds what is kept of it."""
    kinds = chain.from_iterable((kind, *_OFTEN) for kind in cycle(_TYPES))
    for number, kind in enumerate(islice(kinds, count)):
        yield _hostile(number, kind, letter, longer)


def _hostile(number: int, kind: str, letter: str, longer: int) -> Interaction:
    def text(start: object, size: int) -> str:
        return a_text(start, size + longer, letter)

    return an_interaction(
        number,
        source=text("s", 40),
        type=kind,
        channel=text(number % 61, 32),
        occurred_at=NOON - number * _STEP,
        identifiers=[who(text(f"{number}-{each}", 160)) for each, who in product(range(4), (customer, device))],
        account_id=text(number, 96),
        traits={text(f"{number % 7} {each}", 48): text(number, 128) for each in range(20)},
        amount={"value": "99999999999999.9999", "currency": f"A{chr(65 + number % 26)}{chr(65 + number // 26 % 26)}"},
        rating={"scale": text(number % 20, 48), "value": 100},
        reference={"kind": text("k", 32), "id": text(number % 101, 64)},
        consent={
            "purpose": text(number % 40, 32),
            "channel": text(number % 3, 32),
            "status": "granted",
            "lawful_basis": text("b", 32),
            "policy_version": text("v", 32),
            "evidence": text("e", 64),
            "expires_at": NOON,
        },
        data={"plan": text(number % 5, 48)},
    )
