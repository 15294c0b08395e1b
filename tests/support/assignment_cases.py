"""Interactions that share identifiers, in batches: people, their devices, copies of what was said, and separations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import strategies as st

from fidelio_shared.contracts.ingest import Identifier, Interaction
from support.interactions import NOON, an_interaction, customer, device, email

POOL = (
    customer("1"),
    customer("2"),
    customer("3"),
    email("a@b.example"),
    email("c@d.example"),
    email("e@f.example"),
    Identifier(kind="phone", value="+33123456789"),
    device("tablet"),
    device("phone"),
    Identifier(kind="anonymous_id", value="cookie"),
    Identifier(kind="described.name", value="Ann"),
)
THINGS = tuple(each for each in POOL if each.kind in {"device_id", "anonymous_id"})
identifiers = st.one_of(
    st.lists(st.sampled_from(POOL[:-1]), min_size=1, max_size=4, unique=True),
    st.lists(st.sampled_from(THINGS), min_size=1, max_size=2, unique=True).map(lambda some: [*some, POOL[-1]]),
    st.tuples(st.sampled_from(POOL[:7]), st.sampled_from(THINGS)),
)
_DIGESTS = ("1:as first said", "1:as first said", "1:otherwise", "2:as first said")


@dataclass(frozen=True, slots=True)
class Said:
    """`starts`: where batches begin. `partings`: identifiers that people take from their profile after a batch."""

    interactions: Sequence[Interaction]
    starts: frozenset[int] = frozenset()
    partings: Mapping[int, Identifier] = field(default_factory=dict)

    @property
    def batches(self) -> Sequence[Sequence[Interaction]]:
        count = len(self.interactions)
        begins = sorted({0, *(each for each in self.starts if each < count)})
        return [self.interactions[start:end] for start, end in zip(begins, [*begins[1:], count], strict=True)]


@st.composite
def said(draw: st.DrawFn) -> Said:
    """A few event ids, some of them said again, rarely with the same words."""
    interactions = [
        an_interaction(
            draw(st.integers(1, 16)),
            digest=draw(st.sampled_from(_DIGESTS)),
            identifiers=draw(identifiers),
            received_at=NOON + timedelta(seconds=draw(st.integers(0, 5))),
        )
        for _ in range(draw(st.integers(1, 14)))
    ]
    partings = draw(st.dictionaries(st.integers(0, 5), st.sampled_from(POOL), max_size=2))
    return Said(interactions, draw(st.frozensets(st.integers(1, 13))), partings)
