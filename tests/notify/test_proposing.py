"""From news to the ledger: what fires is stored once, by the playbooks as they were when the news was looked at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from fidelio_notify.adapters.mongo_cards import MongoCardStore
from fidelio_notify.decoding import News
from fidelio_notify.domain.cards import Card
from fidelio_notify.domain.playbooks.parsing import parse_playbooks
from fidelio_notify.handlers import NotifyHandlers
from fidelio_notify.in_use import PlaybooksInUse
from fidelio_notify.times import Times
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.messaging.batch import Batch, Decoded
from fidelio_shared.storage.mongo import Database
from support.incoming import a_record
from support.news import a_change_of_segments
from support.playbook_faults import FILE
from support.releases import a_desk

OURS = parse_playbooks(FILE)
OTHERS = parse_playbooks(FILE.replace("name: it", "name: other"))


def a_batch(*news: News) -> Batch[News | None]:
    items = tuple(Decoded(a_record(None, topic="segments"), each) for each in news)
    return Batch(items, still_owned=lambda: True, check_age=lambda: None)


@dataclass(frozen=True, slots=True)
class CardsReadWhilePlaybooksChange(MongoCardStore):
    in_use: PlaybooksInUse

    async def load(self, profiles: Iterable[ProfileId]) -> Mapping[ProfileId, Card]:
        self.in_use.replace(OTHERS)
        return await MongoCardStore(self.database).load(profiles)


def handlers_on(database: Database, counted: list[int]) -> NotifyHandlers:
    desk, in_use = a_desk(database), PlaybooksInUse(OURS)
    stores = replace(desk.stores, cards=CardsReadWhilePlaybooksChange(database, in_use))
    return NotifyHandlers(stores, in_use, desk.publisher, Times("stream"), counted.append)


async def test_news_is_decided_by_the_playbooks_that_it_fired_also_while_others_are_put_into_use(
    strict_database: Database,
) -> None:
    handlers = handlers_on(strict_database, [])
    for _ in range(2):
        assert await handlers.follow_news(a_batch(a_change_of_segments(("lapsed",)))) == ()
    stored = await strict_database.decisions.find({"_id": {"$gt": b""}}).to_list()
    assert sorted(each["playbook"] for each in stored) == ["it", "other"]


async def test_history_is_counted_and_leaves_nothing_in_the_ledger(strict_database: Database) -> None:
    counted: list[int] = []
    past = a_change_of_segments(("lapsed", "active"), historical=True)
    await handlers_on(strict_database, counted).follow_news(a_batch(past, a_change_of_segments(("active",))))
    assert counted == [1]
    assert await strict_database.decisions.find({"_id": {"$gt": b""}}).to_list() == []
