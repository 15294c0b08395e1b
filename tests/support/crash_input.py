"""Interactions for the crash runs: newcomers, known customers, merges and chains of them, copies under other keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ids import interaction_id
from fidelio_shared.contracts.ingest import Amount, Identifier, Interaction

START = datetime(2024, 1, 1, tzinfo=UTC)
SOURCE = "shop.example/orders"


@dataclass(frozen=True, slots=True)
class Keyed:
    """An interaction and the key under which this copy of it is published."""

    interaction: Interaction
    key: str

    @property
    def record(self) -> tuple[bytes, bytes]:
        return self.key.encode(), encode(self.interaction)


def an_order(number: int, *identifiers: Identifier, days: float) -> Interaction:
    at = START + timedelta(days=days)
    return Interaction(
        id=interaction_id(SOURCE, str(number)),
        digest=f"1:{number:032x}",
        source=SOURCE,
        source_id=str(number),
        channel="store",
        type="order.placed",
        occurred_at=at,
        received_at=at,
        identifiers=identifiers,
        amount=Amount(value="12.30", currency="EUR"),
    )


def customer(number: int) -> Identifier:
    return Identifier(kind="customer_id", value=str(number))


def email(number: int) -> Identifier:
    return Identifier(kind="email", value=f"person{number}@example.org")


def rounds_of_orders(rounds: int) -> Iterator[list[Keyed]]:
    """Each round, a few days after the one before: two newcomers, four known, a merge, a chain of merges, and
    repetitions, of which one brings the merge of the round before under another key."""
    before: Interaction | None = None
    for turn in range(rounds):
        fresh = _round(turn, number=13 * turn)
        copies = [Keyed(each, each.anchor) for each in fresh]
        again = [Keyed(before, "a key of the round after")] if before else []
        yield [*copies, copies[0], Keyed(fresh[3], "another key"), Keyed(fresh[11], "a third key"), *again]
        before = fresh[10]


def _round(turn: int, *, number: int) -> list[Interaction]:
    one, other, third = (email(10_000 + 3 * turn + each) for each in range(3))
    return [
        an_order(number, customer(2 * turn), email(2 * turn), days=turn),
        an_order(number + 1, email(2 * turn + 1), days=turn + 0.1),
        *(
            an_order(number + 2 + each, email(2 * (turn // (each + 2))), days=turn + 0.2 + each / 100)
            for each in range(4)
        ),
        an_order(number + 6, customer(2 * turn), email(2 * turn + 1), days=turn + 0.5),
        an_order(number + 7, one, days=turn + 0.51),
        an_order(number + 8, other, days=turn + 0.52),
        an_order(number + 9, third, days=turn + 0.53),
        an_order(number + 10, other, third, days=turn + 0.54),
        an_order(number + 11, one, other, days=turn + 0.55),
        an_order(number + 12, customer(2 * turn), customer(2 * turn - 2), days=turn + 0.56),
    ]


def evidence(said: Interaction) -> Interaction:
    """As far as it joins: of two customer numbers the second is set aside, for people to look at."""
    is_doubtful = [each.kind for each in said.linking] == ["customer_id", "customer_id"]
    kept = sorted(said.identifiers, key=lambda each: each.value)[:1] if is_doubtful else said.identifiers
    return said.model_copy(update={"identifiers": tuple(kept)})


def orders_of_known(number: int) -> list[Keyed]:
    """Orders of the first round's newcomers: nothing about who is who changes."""
    fresh = [an_order(1_000_000 + 10 * number + each, email(0), days=60 + number + each / 10) for each in range(3)]
    return [Keyed(each, each.anchor) for each in fresh]
