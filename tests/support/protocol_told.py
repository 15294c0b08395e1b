"""Stories that were hard to find."""

from fidelio_shared.contracts.ingest import Identifier
from support.interactions import customer, email
from support.protocol_cases import (
    LAYOUTS,
    STRONG,
    Advance,
    Crash,
    Happening,
    Refold,
    Say,
    Separate,
    Settle,
    Story,
    Unite,
)

_ONE, _OTHER = (email("a@b.example"),), (Identifier(kind="phone", value="+33123456780"),)
_MEETING = (Say(_ONE), Say(_OTHER), Say((*_ONE, *_OTHER)), Advance(0, 9, 4), Advance(1, 9, 4))
_RESOLVED = (*_MEETING, Advance(0, 9, 4), Advance(1, 9, 4))
_FOLDS = (2, 3, 4)
_ROUTED = (Advance(0, 9, 4), Advance(1, 9, 4))
_FOLDED = tuple(Advance(each, 9, 4) for each in _FOLDS)
_PAGES = tuple(Advance(each, 15, 1) for each in _FOLDS)
_SLOWLY = tuple(Advance(each, 9, 1) for _ in range(4) for each in range(5))
_STORED = (Advance(0, 2, 4), Advance(1, 2, 4))


def _apart(one: Identifier) -> tuple[Happening, ...]:
    """Somebody who is nobody else, and two who are one."""
    return (Say((customer("9"),)), Say((one,)), Say(_OTHER), Say((one, *_OTHER)), Settle())


TOLD = (
    *(
        Story(LAYOUTS[0], (*_RESOLVED, *(Crash(each, "published") for each in _FOLDS * times), Settle()))
        for times in (1, 2, 3)
    ),
    *(
        Story(
            LAYOUTS[0],
            (
                *_RESOLVED,
                Advance(slow, 3, 4),
                *(Advance(each, 9, 4) for each in _FOLDS if each != slow),
                Refold(0),
                Refold(1),
                *(Advance(each, 9, 4) for each in _FOLDS if each != slow),
            ),
        )
        for slow in _FOLDS
    ),
    *(
        Story(
            LAYOUTS[0],
            (
                Say((one,)),
                Say(_OTHER),
                Settle(),
                Say(_OTHER),
                Advance(0, 2, 4),
                Advance(1, 2, 4),
                Say((one, *_OTHER)),
                Advance(quick, 9, 4),
                *(Advance(each, 9, 4) for each in _FOLDS),
            ),
        )
        for one in STRONG
        if one not in _OTHER
        for quick in (0, 1)
    ),
    Story(
        LAYOUTS[0],
        (Say((customer("1"),)), Say(_ONE), Say(_OTHER), Say((*_ONE, *_OTHER)), Settle(), Say((customer("1"), *_ONE))),
    ),
    *(
        Story(
            LAYOUTS[0],
            (Say(_ONE), Say(_OTHER), Say((third,)), Settle(), Say((*_ONE, *_OTHER, third)), *_SLOWLY),
        )
        for third in STRONG[3:]
        if third not in _ONE + _OTHER
    ),
    *(
        Story(
            LAYOUTS[0],
            (
                *(Say((one,)), Say(_OTHER), Say((one, *_OTHER)), Settle(), Say((one,))),
                *(Advance(0, 9, 4), Advance(1, 9, 4), Separate(one), Advance(slow, 3, 4)),
                *(Advance(each, 9, 4) for each in _FOLDS if each != slow),
            ),
            most_at_once,
        )
        for one in STRONG
        if one not in _OTHER
        for slow in _FOLDS
        for most_at_once in (1, 1_000)
    ),
    *(
        Story(
            LAYOUTS[0],
            (*_apart(one), Say((one,)), *_STORED, Separate(one), *also, *_FOLDED, *_FOLDED, Settle()),
            most_at_once,
        )
        for one in STRONG[:4]
        for also in ((), (Unite(0, 1),), (Unite(0, 2),), (Unite(1, 2),))
        for most_at_once in (1, 1_000)
    ),
    *(
        Story(
            LAYOUTS[0],
            (*(Say((one,)) for _ in range(5)), Settle(), Refold(0), *_PAGES, Say((one,)), *_ROUTED, *_FOLDED, Settle()),
            1,
        )
        for one in STRONG
    ),
)
"""A merge whose folds end after publishing; a refold of the winner while the loser's fold has not stored yet; an
interaction sent to who became part of another meanwhile; a chain of merges; three merged at once; a split that has been
said and not stored; what comes late after a split, also to whoever merged since; what comes while a long timeline is
folded again."""
