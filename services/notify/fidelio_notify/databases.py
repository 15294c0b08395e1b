"""What the commands on the service's database have in common."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import uvloop

from fidelio_notify.adapters.mongo_playbooks import MongoPlaybookStore
from fidelio_notify.adapters.mongo_switches import MongoSwitches
from fidelio_notify.domain.letters.letter import LettersError
from fidelio_notify.domain.playbooks.model import Playbooks, PlaybooksError
from fidelio_notify.domain.playbooks.parsing import parse_playbooks
from fidelio_notify.playbooks_watch import IN_DATABASE
from fidelio_notify.reading import read_playbooks
from fidelio_notify.settings import NotifySettings
from fidelio_shared.messaging.commands import plain_errors, read_settings
from fidelio_shared.storage.mongo import Database, connect, read_deployment

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Opened:
    settings: NotifySettings
    database: Database
    playbooks: MongoPlaybookStore
    switches: MongoSwitches

    async def playbooks_in_use(self) -> Playbooks:
        """Their templates are not looked at: who stops them need not be able to write. Raises PlaybooksError where this
        version cannot read what the database names."""
        adopted = await self.playbooks.in_use()
        return parse_playbooks(adopted.text, file=IN_DATABASE) if adopted else read_playbooks(self.settings, None)


def with_database(work: Callable[[Opened], Awaitable[T]]) -> T:
    """What is wrong is one line, and exit code 1."""
    settings = read_settings(NotifySettings)

    async def run() -> T:
        database = connect(settings.mongo_uri.get_secret_value(), settings.notify_database)
        try:
            await read_deployment(database, settings.clock)
            return await work(Opened(settings, database, MongoPlaybookStore(database), MongoSwitches(database)))
        finally:
            await database.client.close()

    with plain_errors(PlaybooksError, LettersError):
        return uvloop.run(run())
