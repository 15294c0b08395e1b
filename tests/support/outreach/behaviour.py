"""What a provider does with a message: chosen by the decision's id and the instant of the call, so that the oracle
knows it too."""

from typing import Literal

from fidelio_shared.contracts.ids import hash16

Behaviour = Literal["takes", "refuses", "busy", "twice", "cuts_after", "cuts_before", "late", "stalls"]
_OF_THOUSAND: tuple[tuple[Behaviour, int], ...] = (
    ("refuses", 30),
    ("busy", 40),
    ("twice", 30),
    ("cuts_after", 15),
    ("cuts_before", 15),
    ("late", 7),
    ("stalls", 7),
)
"""The rest is simply taken. `busy`: not taken at the instant of the first call, whenever it is called then. `twice`:
taken, and said so twice. `cuts_…`: the connection breaks after it was taken, or before. `late`: taken, and said so when
nobody waits any more. `stalls`: never answered, and not taken."""
UNKNOWN = frozenset({"cuts_after", "cuts_before", "late", "stalls"})
TAKING = frozenset({"takes", "twice", "cuts_after", "late"})
NOBODY_THERE = "@gone.org"


def behaviour_of(decision: str, channel: str) -> Behaviour:
    """On the first call; a call that is repeated is simply taken, or refused for ever."""
    place = int(hash16("behaviour", decision, channel), 16) % 1000
    for behaviour, share in _OF_THOUSAND:
        if place < share:
            return behaviour
        place -= share
    return "takes"
