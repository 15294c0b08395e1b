"""What may happen to resolve and fold, in any order."""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from fidelio_shared.contracts.ingest import Identifier
from support.interactions import customer, device, email
from support.protocol_world import Layout, World

STRONG = (
    customer("1"),
    customer("2"),
    *(email(f"{each}@b.example") for each in "acd"),
    *(Identifier(kind="phone", value=f"+3312345678{each}") for each in range(2)),
)
POOL = (*STRONG, device("tablet"), Identifier(kind="anonymous_id", value="cookie"))
LAYOUTS = (
    Layout(((0,), (1,)), ((0,), (1,), (2,))),
    Layout(((0,), (1, 2)), ((0, 1), (2,))),
    Layout(((0,), (1,), (2,), (3,)), ((0,), (3,), (2, 1))),
    Layout(((0, 1),), ((0, 1, 2),)),
    Layout(((0,), (1,), (2,)), ((0,), (1,))),
)


@dataclass(frozen=True, slots=True)
class Say:
    identifiers: tuple[Identifier, ...]

    def do(self, world: World) -> None:
        world.say(self.identifiers)


@dataclass(frozen=True, slots=True)
class SayAgain:
    number: int
    partition: int

    def do(self, world: World) -> None:
        world.say_again(self.number, self.partition)


@dataclass(frozen=True, slots=True)
class Advance:
    """`times` effects of a process; what it fetches are `most` records of each partition."""

    process: int
    times: int
    most: int

    def do(self, world: World) -> None:
        for _ in range(self.times):
            world.advance(self.process, self.most)


@dataclass(frozen=True, slots=True)
class Crash:
    process: int
    after: str

    def do(self, world: World) -> None:
        world.crash(self.process, self.after)


@dataclass(frozen=True, slots=True)
class Separate:
    identifier: Identifier

    def do(self, world: World) -> None:
        world.separate(self.identifier)


@dataclass(frozen=True, slots=True)
class Unite:
    one: int
    other: int

    def do(self, world: World) -> None:
        world.unite(self.one, self.other)


@dataclass(frozen=True, slots=True)
class Refold:
    number: int

    def do(self, world: World) -> None:
        world.refold(self.number)


@dataclass(frozen=True, slots=True)
class Settle:
    """Everything comes to rest before the story goes on."""

    def do(self, world: World) -> None:
        world.drain()


Happening = Say | SayAgain | Advance | Crash | Separate | Unite | Refold | Settle


@dataclass(frozen=True, slots=True)
class Story:
    """`most_at_once`: interactions that a fold reads for one record; what is longer is folded page by page."""

    layout: Layout
    happenings: Sequence[Happening]
    most_at_once: int = 1_000


_process = st.integers(0, 6)
_say = st.builds(Say, st.lists(st.sampled_from(POOL), min_size=1, max_size=3, unique=True).map(lambda some: (*some,)))
_advance = st.builds(Advance, _process, st.sampled_from((2, 1, 3, 6)), st.integers(1, 4))
_happening = st.one_of(
    _advance,
    _say,
    _say,
    _advance,
    _advance,
    _say,
    _advance,
    st.builds(Crash, _process, st.sampled_from(("published", "publishing"))),
    st.builds(SayAgain, st.integers(0, 15), st.integers(0, 3)),
    st.builds(Crash, _process, st.sampled_from(("published", "stored", "published", "publishing", "decided"))),
    st.one_of(
        st.just(Settle()),
        st.builds(Separate, st.sampled_from(STRONG)),
        st.builds(Unite, st.integers(0, 9), st.integers(0, 9)),
        st.builds(Refold, st.integers(0, 7)),
        st.builds(Refold, st.integers(0, 7)),
    ),
)
stories = st.builds(
    Story,
    st.sampled_from(LAYOUTS),
    st.lists(_happening, min_size=40, max_size=100),
    st.sampled_from((2, 1_000, 1, 4)),
)
