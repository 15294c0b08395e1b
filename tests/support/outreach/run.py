"""What a run of notify came to, seen from outside."""

from collections.abc import Sequence
from dataclasses import dataclass

from support.outreach.ledger import Ledger
from support.outreach.recording import Taken


@dataclass(frozen=True, slots=True)
class Run:
    """`kills`: of processes that were at work."""

    taken: Sequence[Taken]
    ledger: Ledger
    kills: int
