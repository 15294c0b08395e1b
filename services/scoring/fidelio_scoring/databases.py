"""What the commands on the service's database have in common."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import uvloop

from fidelio_scoring.adapters.mongo_rules import MongoRuleStore
from fidelio_scoring.adapters.mongo_standings import MongoStandings
from fidelio_scoring.domain.model_fields import ModelError
from fidelio_scoring.domain.segments.definitions import SegmentsError
from fidelio_scoring.domain.standing import Rules
from fidelio_scoring.rules import read_rules, rules_from
from fidelio_scoring.settings import ScoringSettings
from fidelio_shared.messaging.commands import plain_errors, read_settings
from fidelio_shared.messaging.stream_clock import wall_clock
from fidelio_shared.storage.mongo import connect, read_deployment

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Opened:
    settings: ScoringSettings
    rules: MongoRuleStore
    standings: MongoStandings

    async def rules_in_use(self) -> Rules:
        """Raises ModelError or SegmentsError where this version cannot read what the database names."""
        return rules_from(await self.rules.read(), read_rules(self.settings))

    async def now(self, told: datetime | None) -> datetime | None:
        """`told` is UTC if it names no zone. None: on the stream clock each profile has the time last used for it."""
        if told is not None:
            return told if told.tzinfo else told.replace(tzinfo=UTC)
        return await wall_clock(0)() if self.settings.clock == "wall" else None


def with_database(work: Callable[[Opened], Awaitable[T]]) -> T:
    """What is wrong is one line, and exit code 1."""
    settings = read_settings(ScoringSettings)

    async def run() -> T:
        database = connect(settings.mongo_uri.get_secret_value(), settings.scoring_database)
        try:
            await read_deployment(database, settings.clock)
            return await work(Opened(settings, MongoRuleStore(database), MongoStandings(database)))
        finally:
            await database.client.close()

    with plain_errors(ModelError, SegmentsError):
        return uvloop.run(run())
