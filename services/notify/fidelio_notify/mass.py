"""Mass causes: released at a bounded rate, behind all others, and beyond a threshold only when a person said so."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from fidelio_notify.adapters.mongo_decisions import MongoDecisionStore
from fidelio_notify.adapters.mongo_held import MongoHeld
from fidelio_notify.adapters.mongo_masses import Mass, MongoMassStore
from fidelio_notify.domain.deciding import refused, waiting
from fidelio_notify.domain.decisions import Decision
from fidelio_notify.in_use import PlaybooksInUse
from fidelio_notify.partitions import Partitions

_LOOK_EVERY_SECONDS = 5.0
_LARGEST_BURST_SECONDS = 1.0
_PAGE = 500


@dataclass(slots=True)
class MassRelease:
    """`partitions`: how many there are of all, of which this process's share is its share of the rate. `is_paced`: not
    in a replay, which waits for what is due. `known`: what was looked at. `held`: of these, nothing is released;
    `waiting`, `refused`: and why; `approved`: a person said yes."""

    decisions: MongoDecisionStore
    masses: MongoMassStore
    in_use: PlaybooksInUse
    partitions: Partitions
    is_paced: bool = True
    clock: Callable[[], float] = time.monotonic
    known: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    approved: frozenset[str] = frozenset()
    _has_followed: bool = False
    _has_let_go: bool = False
    _looked_at: float = -_LOOK_EVERY_SECONDS
    _allowance: float = 0.0
    _filled_at: float = field(default_factory=time.monotonic)

    async def due(self, partitions: Sequence[int], reached: datetime, *, limit: int) -> Sequence[Decision]:
        await self._look()
        await self._let_go(partitions)
        count = min(limit, self._allowed(len(partitions))) if self.is_paced else limit
        if count < 1:
            return ()
        found = await self.decisions.due(partitions, reached, of_masses=True, but=self.held, limit=count)
        self._allowance -= len(found)
        held = await self.held_of(each.proposal.mass for each in found)
        return [each for each in found if each.proposal.mass not in held]

    async def held_of(self, masses: Iterable[str | None]) -> frozenset[str]:
        """One that came since the last look is looked at before anything of it is released."""
        asked = frozenset(each for each in masses if each)
        if unknown := asked - self.known:
            await self._learn(await self.masses.of(unknown))
            self.known |= unknown
        return asked & self.held

    async def follow(self, partitions: Sequence[int], now: datetime) -> bool:
        """What waits for a person's word is told so once, and is out of the way until it is said; what was refused is
        closed. A page of each at a time. True where there is something to announce."""
        if self._has_followed:
            return False
        held = MongoHeld(self.decisions.database)
        refused_ones = await held.refuse(partitions, self.refused, partial(refused, now=now), limit=_PAGE)
        waiting_ones = await held.hold(partitions, self.waiting, partial(waiting, now=now), limit=_PAGE)
        self._has_followed = max(refused_ones, waiting_ones) < _PAGE
        return refused_ones + waiting_ones > 0

    async def _let_go(self, partitions: Sequence[int]) -> None:
        """What waited for a word that was said."""
        if not self._has_let_go:
            count = await MongoHeld(self.decisions.database).let_go(partitions, self.approved, limit=_PAGE)
            self._has_let_go = count < _PAGE

    def _allowed(self, owned: int) -> int:
        """A bucket that fills at this process's share of the rate, and holds a second's worth, or one."""
        rate = self.in_use.playbooks.policy.mass_per_second * owned / self.partitions.count
        now = self.clock()
        full = max(1.0, rate * _LARGEST_BURST_SECONDS)
        self._allowance = min(full, self._allowance + rate * (now - self._filled_at))
        self._filled_at = now
        return int(self._allowance)

    async def _look(self) -> None:
        now = self.clock()
        if now - self._looked_at < _LOOK_EVERY_SECONDS:
            return
        latest = await self.masses.latest()
        self._looked_at = now
        self._has_followed = self._has_let_go = False
        self.known = self.held = self.waiting = self.refused = self.approved = frozenset()
        await self._learn(latest)

    async def _learn(self, masses: Sequence[Mass]) -> None:
        held = [each for each in masses if await self._is_held(each)]
        self.known |= {each.name for each in masses}
        self.held |= {each.name for each in held}
        self.refused |= {each.name for each in held if each.is_approved is False}
        self.waiting |= {each.name for each in held if each.is_approved is None and each.is_whole}
        self.approved |= {each.name for each in masses if each.is_approved and each.is_whole}

    async def _is_held(self, mass: Mass) -> bool:
        """Not all of it is stored; or nobody has said yes to it, and it concerns as many as need that."""
        if not mass.is_whole:
            return True
        if mass.is_approved is not None:
            return not mass.is_approved
        threshold = self.in_use.playbooks.policy.mass_threshold
        return await self.decisions.count_of_mass(mass.name, up_to=threshold) >= threshold
