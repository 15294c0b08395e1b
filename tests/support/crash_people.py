"""People for the crash runs who are merged, split, erased and come back, and whose old visits leave their timelines."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from fidelio_profile.domain.people import identity_key
from fidelio_shared.contracts.ids import InteractionId, ProfileId, hash16, interaction_id, profile_id
from fidelio_shared.contracts.ingest import Amount, Identifier, Interaction
from support.canary import CANARY
from support.crash_input import START, Keyed

Fate = Literal["asks to be erased", "is erased over the interface", "is two people", "was united by mistake"]
FATES: Sequence[Fate] = ("asks to be erased", "is erased over the interface", "is two people", "was united by mistake")
_SOURCE = "shop.example/crashes"
_DAYS_A_ROUND = 10
_TRAFFIC_BEGINS = 300
_LONG_AFTER_THE_ERASURE = 20 * 365
VISITS_LEAVE_AFTER_DAYS = 433
"""After the beginning of a round: page views are kept for 400 days, and 30 more."""


@dataclass(frozen=True, slots=True)
class Side:
    """What must be known of whoever holds an identifier, and how much of it has left the timeline."""

    key: str
    timeline: frozenset[str]
    left: int


@dataclass(frozen=True, slots=True)
class Household:
    """Known by a customer number and an e-mail address, at first as two people."""

    number: int
    turn: int

    @property
    def fate(self) -> Fate:
        return FATES[self.number % len(FATES)]

    @property
    def is_erased(self) -> bool:
        return self.fate in FATES[:2]

    @property
    def comes_back(self) -> bool:
        return self.is_erased and self.number % 3 == 0

    @property
    def one(self) -> Identifier:
        name = CANARY if self.is_erased and not self.comes_back else "number"
        return Identifier(kind="customer_id", value=f"{name}-{self.number}")

    @property
    def other(self) -> Identifier:
        name = "somebody" if self.fate == "is two people" else CANARY.lower()
        return Identifier(kind="email", value=f"{name}{self.number}@example.org")

    @property
    def doubtful(self) -> Identifier:
        """Another customer number; of two the one that sorts last is set aside, for people to look at."""
        return Identifier(kind="customer_id", value=f"zz-{CANARY}-{self.number}")

    @property
    def is_late(self) -> bool:
        """Whether something of theirs is still on its way while people decide about them."""
        return self.number // len(FATES) % 2 == 1

    @property
    def profile(self) -> ProfileId:
        """Of the customer number, from its first order on, and of whatever becomes part of it."""
        return profile_id(self._id("first"))

    @property
    def separated(self) -> ProfileId:
        return profile_id(InteractionId(self.request("split")))

    def request(self, what: str) -> str:
        return hash16("crash", str(self.number), what)

    def life(self) -> list[Keyed]:
        return _as_anchored(
            self._says("first", self.one, days=0),
            self._says("second", self.one, days=20),
            self._says("other", self.other, days=1),
            self._says("visit", self.one, days=0.5, kind="page.viewed"),
            self._says("other visit", self.other, days=0.6, kind="page.viewed"),
        )

    def traffic(self) -> list[Keyed]:
        """Brings the two together, and asks for the erasure at once."""
        if self.fate == "was united by mistake":
            return []
        both = self._says("both", self.one, self.other, days=_TRAFFIC_BEGINS)
        asked = [
            self._says(each, self.one, days=_TRAFFIC_BEGINS + 1, kind="erasure.requested", channel="support")
            for each in (("asked", "asked again") if self.fate == "asks to be erased" else ())
        ]
        doubts = [self._says("doubt", self.one, self.doubtful, days=_TRAFFIC_BEGINS)] if self.is_erased else []
        first = Keyed(self.life()[0].interaction, "another key")
        return [*_as_anchored(*doubts, both), Keyed(both, "another key"), *_as_anchored(*asked), first]

    def late(self) -> list[Keyed]:
        return _as_anchored(self._says("late", self.other, days=_TRAFFIC_BEGINS + 2))

    def requests(self) -> list[Mapping[str, object]]:
        """Of people who look after the profiles."""
        split = {"request": self.request("split"), "profiles": [self.profile], "leaving": identity_key(self.other)}
        others = [self.profile, profile_id(self._id("other"))]
        unite = {"request": self.request("unite"), "profiles": others}
        if self.fate == "is two people":
            return [split]
        return [unite, split] if self.fate == "was united by mistake" else []

    def erasure(self) -> tuple[str, ProfileId]:
        """Asked for by the person, over the interface: of the one person, or of the one of two who was split off."""
        is_whole = self.fate == "is erased over the interface"
        return self.request("erase"), self.profile if is_whole else self.separated

    def aftermath(self) -> list[Keyed]:
        """Copies of what was said before, an export, and what the people who are left, or come back, do."""
        last = self._says("last", self.one, days=_TRAFFIC_BEGINS + 5)
        copies = [
            Keyed(each.interaction, "a third key") for each in (*self.life()[::2], *self.traffic()[:1], *self.late())
        ]
        export = self._says("export", self.other, days=_TRAFFIC_BEGINS + 4, kind="profile.updated")
        if self.fate == "is two people":
            return [*copies, *_as_anchored(last, self._says("other last", self.other, days=_TRAFFIC_BEGINS + 6))]
        if not self.is_erased:
            return [*copies, *_as_anchored(export, last)]
        returns = [self._says("returns", self.one, days=_LONG_AFTER_THE_ERASURE)] if self.comes_back else []
        return [*copies, *_as_anchored(export, *returns)]

    def wanted(self) -> list[Side]:
        one, other = identity_key(self.one), identity_key(self.other)
        if self.fate == "is two people":
            return [
                self._side(one, "first", "second", "both", "last", left=1),
                self._side(other, "other", "late", "other last", left=1),
            ]
        if self.fate == "was united by mistake":
            return [self._side(one, "first", "second", "last", left=1)]
        return [self._side(one, "returns", left=0)] if self.comes_back else []

    def _side(self, key: str, *names: str, left: int) -> Side:
        return Side(key, frozenset(map(self._id, names)), left)

    def _id(self, name: str) -> InteractionId:
        return interaction_id(_SOURCE, f"{self.number} {name}")

    def _says(
        self, name: str, *identifiers: Identifier, days: float, kind: str = "order.placed", channel: str = "store"
    ) -> Interaction:
        at = START + timedelta(days=_DAYS_A_ROUND * self.turn + days, seconds=self.number)
        is_private = not (self.fate == "is two people" or (identifiers == (self.one,) and not self.is_erased))
        return Interaction(
            id=self._id(name),
            digest=f"1:{name.encode().hex()}",
            source=_SOURCE,
            source_id=f"{self.number} {name}",
            channel=channel,
            type=kind,
            occurred_at=at,
            received_at=at,
            identifiers=identifiers,
            traits={"first_name": CANARY} if is_private and name != "returns" else {},
            amount=Amount(value="12.30", currency="EUR") if kind == "order.placed" else None,
        )


def retention_of(turn: int) -> timedelta:
    """After `START`: when the visits of the life of that round are too old, and no others."""
    return timedelta(days=_DAYS_A_ROUND * turn + VISITS_LEAVE_AFTER_DAYS)


def _as_anchored(*said: Interaction) -> list[Keyed]:
    return [Keyed(each, each.anchor) for each in said]


def copies(households: Iterable[Household], said: Callable[[Household], list[Keyed]]) -> list[Keyed]:
    return [copy for each in households for copy in said(each)]
