"""Interactions that share identifiers, in batches: people, their devices, and copies of what was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st

from fidelio_shared.contracts.ingest import Identifier, Interaction
from support.interactions import NOON, an_interaction, customer, device, email

_POOL = (
    customer("1"),
    customer("2"),
    email("a@b.example"),
    email("c@d.example"),
    Identifier(kind="phone", value="+33123456789"),
    Identifier(kind="social_handle", value="@ann"),
    device("tablet"),
    device("phone"),
    Identifier(kind="anonymous_id", value="cookie"),
)
_DIGESTS = ("1:as first said", "1:as first said", "1:otherwise", "2:as first said")


@dataclass(frozen=True, slots=True)
class Said:
    interactions: Sequence[Interaction]
    starts: frozenset[int]


@st.composite
def said(draw: st.DrawFn) -> Said:
    """A few event ids, some of them said again, rarely with the same words."""
    interactions = [
        an_interaction(
            draw(st.integers(1, 8)),
            digest=draw(st.sampled_from(_DIGESTS)),
            identifiers=draw(st.lists(st.sampled_from(_POOL), min_size=1, max_size=3, unique=True)),
            received_at=NOON + timedelta(seconds=place),
        )
        for place in range(draw(st.integers(1, 10)))
    ]
    return Said(interactions, draw(st.frozensets(st.integers(1, 9))))
