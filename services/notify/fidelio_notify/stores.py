"""All that notify keeps, in one database of its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, Self

from pymongo import IndexModel

from fidelio_notify.adapters.mongo_cards import MongoCardStore
from fidelio_notify.adapters.mongo_decisions import DECISION_INDEXES, MongoDecisionStore
from fidelio_notify.adapters.mongo_exposures import EXPOSURES, MongoExposureStore
from fidelio_notify.adapters.mongo_masses import MongoMassStore
from fidelio_notify.adapters.mongo_playbooks import PLAYBOOK_INDEXES, MongoPlaybookStore
from fidelio_notify.adapters.mongo_rulings import RULING_INDEXES
from fidelio_notify.adapters.mongo_switches import SWITCH_INDEXES, MongoSwitches
from fidelio_notify.adapters.mongo_tasks import TASK_INDEXES, MongoTaskStore
from fidelio_notify.adapters.mongo_unwanted import UNWANTED_INDEXES, MongoUnwanted
from fidelio_notify.adapters.mongo_webhooks import INDEXES as WEBHOOK_INDEXES
from fidelio_notify.adapters.mongo_webhooks import MongoWebhookStore
from fidelio_shared.access.indexes import ACCESS_INDEXES
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.storage.exemptions import EXEMPTIONS
from fidelio_shared.storage.mongo import Database
from fidelio_shared.storage.suppression import Suppressor

INDEXES: dict[str, list[IndexModel]] = {
    "contacts": [IndexModel([("segments", 1), ("_id", 1)])],
    "decisions": [*DECISION_INDEXES, *RULING_INDEXES],
    "masses": [IndexModel([("first_at", -1)])],
    EXEMPTIONS: [],
    **EXPOSURES,
    **PLAYBOOK_INDEXES,
    **SWITCH_INDEXES,
    **TASK_INDEXES,
    **UNWANTED_INDEXES,
    **WEBHOOK_INDEXES,
    **ACCESS_INDEXES,
}


class Forgetting(Protocol):
    async def forget(self, profiles: Iterable[ProfileId]) -> None: ...


@dataclass(frozen=True, slots=True)
class Stores:
    cards: MongoCardStore
    decisions: MongoDecisionStore
    exposures: MongoExposureStore
    masses: MongoMassStore
    tasks: MongoTaskStore
    unwanted: MongoUnwanted
    playbooks: MongoPlaybookStore
    switches: MongoSwitches
    webhooks: MongoWebhookStore

    @property
    def of_people(self) -> tuple[Forgetting, ...]:
        """What goes when somebody is erased; the card says that they were."""
        return self.decisions, self.exposures, self.tasks, self.webhooks

    @classmethod
    def of(cls, database: Database, suppressor: Suppressor) -> Self:
        return cls(
            MongoCardStore(database),
            MongoDecisionStore(database),
            MongoExposureStore(database),
            MongoMassStore(database),
            MongoTaskStore(database),
            MongoUnwanted(database, suppressor),
            MongoPlaybookStore(database),
            MongoSwitches(database),
            MongoWebhookStore(database),
        )
