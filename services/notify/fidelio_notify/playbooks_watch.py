"""Playbooks and switches from the database: whatever somebody puts into use or stops holds within seconds."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from fidelio_notify.adapters.mongo_playbooks import MongoPlaybookStore, PutForward
from fidelio_notify.adapters.mongo_switches import MongoSwitches, stopped
from fidelio_notify.domain.playbooks.model import Playbooks, PlaybooksError
from fidelio_notify.domain.playbooks.parsing import parse_playbooks
from fidelio_notify.in_use import PlaybooksInUse
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.observability.logs import log

IN_DATABASE = "in the database"
_EVERY_SECONDS = 5.0
_NEVER_READ = object()


@dataclass(slots=True)
class PlaybooksWatch:
    """`fallback`: what holds while the database names nothing else. `needs_approval`: what one person alone put into
    use, by whatever settings of theirs, is not taken up. `templates`: those that there are."""

    store: MongoPlaybookStore
    switches: MongoSwitches
    in_use: PlaybooksInUse
    fallback: Playbooks
    needs_approval: bool
    templates: Collection[str]
    _last_read: object = _NEVER_READ

    async def run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            await self.follow()

    async def follow(self) -> None:
        """While the database does not answer, or holds what this version cannot read, what was last used holds."""
        try:
            await self.read()
        except Unavailable:
            return
        except PlaybooksError as error:
            log.error("playbooks_unreadable", error=str(error))

    async def read(self) -> None:
        """To be called once before anything is decided: other playbooks than those that somebody put into use would
        write to people as nobody wanted. Raises Unavailable, PlaybooksError."""
        self.in_use.stopped = stopped(await self.switches.all())
        adopted = await self.store.in_use()
        if adopted != self._last_read:
            self._last_read = adopted
            self._take_up(self._allowed(adopted) if adopted else self.fallback)

    def _allowed(self, adopted: PutForward) -> Playbooks:
        if self.needs_approval and not adopted.is_approved:
            raise PlaybooksError(
                f"{adopted.version} is in use without a second person's approval, which the settings ask for; "
                f"let somebody else than {adopted.by} run `fidelio-notify playbooks approve {adopted.version}`"
            )
        return parse_playbooks(adopted.text, file=IN_DATABASE, templates=self.templates)

    def _take_up(self, playbooks: Playbooks) -> None:
        if playbooks.version != self.in_use.playbooks.version:
            log.info("playbooks_changed", version=playbooks.version)
        self.in_use.replace(playbooks)
