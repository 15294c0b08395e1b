"""`fidelio-notify simulate` over real topics and a real database: it tells the difference, and changes nothing."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fidelio_deploy.kafka import Kafka
from fidelio_deploy.mongo import Mongod
from fidelio_deploy.topics import create_topics
from fidelio_notify.decoding import News
from fidelio_notify.domain.cards import PersonSnapshot
from fidelio_notify.domain.simulated_difference import difference_lines
from fidelio_notify.domain.simulating import Fate
from fidelio_notify.merged_news import news_since
from fidelio_notify.reading import shipped_playbooks
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.scoring import ScoreChanged
from fidelio_shared.contracts.topics import PROFILES, SCORES, SEGMENTS
from fidelio_shared.messaging.settings import KafkaSettings
from fidelio_shared.storage.mongo import Database
from support.gate_cases import a_person
from support.news import a_cause, a_score, a_scoring_cause
from support.notify_commands import run
from support.releases import a_desk
from support.topics import publish

KEY = {"FIDELIO_SUPPRESSION_KEY": "a secret of the tests"}
NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)


def a_risen_score(profile: ProfileId, at: datetime) -> ScoreChanged:
    changes = {"profile": profile, "cause": a_scoring_cause(at=at)}
    return a_score(at=at).model_copy(update=changes)


def a_told_person(profile: ProfileId, at: datetime, person: object = None) -> PersonSnapshot:
    cause = a_cause(occurred_at=at, received_at=at)
    return PersonSnapshot(profile=profile, epoch=1, revision=7, cause=cause, state=person or a_person())


async def tell(kafka: Kafka, *news: News) -> None:
    await asyncio.to_thread(create_topics, kafka.bootstrap, [PROFILES, SCORES, SEGMENTS])
    for each in news:
        topic = PROFILES if isinstance(each, PersonSnapshot) else SCORES
        await publish(kafka.bootstrap, topic.name, [(each.profile.encode(), encode(each))])


@pytest.fixture
def less(tmp_path: Path) -> str:
    """The shipped playbooks, of which one asks for what nobody is."""
    named = "  - name: check_in_when_churn_risk_rises\n    version: 1\n"
    text = shipped_playbooks()
    assert named in text
    path = tmp_path / "less.yaml"
    path.write_text(text.replace(named, named + "    when: {segment: nobody}\n"), encoding="utf-8")
    return str(path)


async def test_what_would_change_is_told_by_playbook_with_examples(
    strict_mongod: Mongod, kafka: Kafka, strict_database: Database, less: str
) -> None:
    ann, bob = (ProfileId(hash16("simulate", str(NOW), each)) for each in ("ann", "bob"))
    refusing = a_person(consents=())
    await tell(
        kafka,
        a_risen_score(ann, NOW - 2 * HOUR),
        a_told_person(ann, NOW - 3 * HOUR),
        a_told_person(bob, NOW - 3 * HOUR, refusing),
        a_risen_score(bob, NOW - HOUR),
    )
    settings = {**KEY, "FIDELIO_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap}
    code, told, errors = await run(
        strict_mongod, strict_database, "simulate", less, "--days", "1", "--examples", "100", **settings
    )

    assert (code, "whole" in errors) == (0, False)
    assert "check_in_when_churn_risk_rises" in told
    assert f"    {ann}: sent by email → suppressed by condition" in told
    assert f"    {bob}: suppressed by consent → suppressed by condition" in told
    assert await strict_database.decisions.find({"_id": {"$gt": b""}}).to_list() == []

    code, told, errors = await run(strict_mongod, strict_database, "simulate", less, "--days", "8", **settings)
    assert (code, "the topics keep 7 days whole" in errors) == (0, True)


async def test_of_whom_only_a_score_is_told_the_card_is_taken_as_it_is_known(
    strict_mongod: Mongod, kafka: Kafka, strict_database: Database, less: str
) -> None:
    eve = ProfileId(hash16("simulate", str(NOW), "eve"))
    await a_desk(strict_database).know(profile=eve)
    await tell(kafka, a_risen_score(eve, NOW - HOUR))
    settings = {**KEY, "FIDELIO_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap}
    code, told, _ = await run(strict_mongod, strict_database, "simulate", less, "--examples", "100", **settings)
    assert (code, f"    {eve}: sent by email → suppressed by condition" in told) == (0, True)


async def test_news_of_all_topics_comes_in_the_order_of_its_time(kafka: Kafka) -> None:
    people = [ProfileId(hash16("merged", str(NOW), each)) for each in range(8)]
    ago = [(each, NOW - timedelta(minutes=10 * index)) for index, each in enumerate(people)]
    await tell(kafka, *_of_each(reversed(ago)))
    settings = KafkaSettings(bootstrap_servers=kafka.bootstrap)
    told = [each async for each in news_since(settings, NOW - timedelta(days=1), "wall")]

    mine = [(news.profile, type(news)) for _, news in told if news.profile in people]
    expected = [(each, kind) for each, _ in reversed(ago) for kind in (PersonSnapshot, ScoreChanged)]
    assert [at for at, _ in told] == sorted(at for at, _ in told)
    assert mine == expected


def _of_each(ago: Iterable[tuple[ProfileId, datetime]]) -> list[News]:
    return [news for each, at in ago for news in (a_risen_score(each, at), a_told_person(each, at))]


def test_a_difference_is_told_whole() -> None:
    ann, bob = (ProfileId(each * 32) for each in "ab")
    before = {
        "1": Fate("hello", ann, "sent", "email"),
        "2": Fate("hello", bob, "sent", "sms"),
        "3": Fate("old", bob, "waits"),
    }
    after = {"1": Fate("hello", ann, "suppressed", "cap"), "2": Fate("hello", bob, "sent", "sms")}
    assert list(difference_lines(before, after, examples=1)) == [
        "hello",
        f"  {'decided':<36} {2:>9} → {2:>9}",
        f"  {'sent by email':<36} {1:>9} → {0:>9}",
        f"  {'sent by sms':<36} {1:>9} → {1:>9}",
        f"  {'suppressed by cap':<36} {0:>9} → {1:>9}",
        f"    {ann}: sent by email → suppressed by cap",
        "old",
        f"  {'decided':<36} {1:>9} → {0:>9}",
        f"  {'waits':<36} {1:>9} → {0:>9}",
        f"    {bob}: waits → not decided",
        "2 of 3 decisions would change",
    ]
