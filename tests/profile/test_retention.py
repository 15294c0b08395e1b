"""What leaves the timeline stays in the sums: no figure of a profile changes, and `verify` still agrees."""

from datetime import UTC, datetime, timedelta

import pytest

from fidelio_profile.adapters.mongo_profiles import MongoProfileStore
from fidelio_profile.adapters.mongo_retention import MongoRetention
from fidelio_profile.adapters.mongo_views import MongoProfileViews
from fidelio_profile.domain.documents import state_document
from fidelio_profile.domain.fold import RETENTION, fold
from fidelio_profile.repairs import refold_request
from fidelio_profile.verifying import differences
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.retention import Retention, RetentionError, read_retention
from fidelio_shared.storage.mongo import Database, Document
from support.interactions import a_profile_id, an_interaction, an_order, recorded

NOW = datetime(2026, 3, 1, tzinfo=UTC)
RETENTION_RULES = Retention.model_validate({"default_days": 365, "types": {"page.viewed": 60}})
ANN, BOB = a_profile_id("ann"), a_profile_id("bob")


def ago(days: int) -> dict[str, object]:
    return {"occurred_at": NOW - timedelta(days=days), "received_at": NOW - timedelta(days=days)}


OLD_VIEW, OLD_ORDER = an_interaction(1, **ago(91)), an_order(2, **ago(400))
YOUNG_VIEW, YOUNG_ORDER = an_interaction(3, **ago(89)), an_order(4, **ago(390))


async def settled(database: Database, *records: object) -> None:
    store = MongoProfileStore(database, epoch=1, retention=RETENTION_RULES)
    stored, cursors = await store.load(records, [0])
    folded = fold(stored, records)
    await store.save(store.encode(folded), cursors, {0: cursors[0].offset + len(records)})


async def profile(database: Database, of: ProfileId = ANN) -> Document:
    found = await database.profiles.find_one({"_id": bytes.fromhex(of)})
    assert found is not None
    return found


async def kept(database: Database) -> set[str]:
    return {each["_id"].hex() for each in await database.timeline.find({"kind": "interaction"}).hint("_id_").to_list()}


def letting_go(of: ProfileId = ANN, part: int = 0) -> object:
    return refold_request(of, reason=RETENTION, cause=f"today:{part}", at=NOW)


async def test_what_is_too_old_by_its_type_leaves_a_month_later_and_no_figure_changes(database: Database) -> None:
    everything: list[Interaction] = [OLD_VIEW, OLD_ORDER, YOUNG_VIEW, YOUNG_ORDER]
    await settled(database, *(recorded(each, ANN) for each in everything))
    before = await profile(database)
    await settled(database, letting_go())
    after = await profile(database)
    assert await kept(database) == {YOUNG_VIEW.id, YOUNG_ORDER.id}
    assert after["state"] == before["state"]
    assert after["revision"] == before["revision"] + 1
    assert after["base"]["interactions"] == 2


async def test_verify_counts_what_has_left(database: Database) -> None:
    await settled(database, *(recorded(each, ANN) for each in (OLD_VIEW, OLD_ORDER, YOUNG_ORDER)))
    await settled(database, letting_go())
    await settled(database, recorded(an_order(9, **ago(1)), ANN))
    found = [page async for page in MongoProfileViews(database).pages_with_refold(10)]
    assert [differences(document["state"], state_document(state)) for page in found for document, state in page] == [[]]


async def test_a_refold_after_it_and_asking_twice_change_nothing(database: Database) -> None:
    await settled(database, *(recorded(each, ANN) for each in (OLD_VIEW, OLD_ORDER, YOUNG_ORDER)))
    await settled(database, letting_go())
    before = await profile(database)
    await settled(database, letting_go(), letting_go(part=1))
    assert await profile(database) == before
    await settled(database, refold_request(ANN, reason="verify", cause="1", at=NOW))
    assert (await profile(database))["state"] == before["state"]


async def test_a_walk_finds_whose_timelines_hold_what_is_too_old(database: Database) -> None:
    await settled(database, *(recorded(each, ANN) for each in (OLD_VIEW, OLD_ORDER, YOUNG_ORDER)))
    await settled(database, recorded(an_order(8, **ago(3)), BOB))
    walked = [page async for page in MongoRetention(database).pages(RETENTION_RULES, NOW)]
    assert walked == [(2, {ANN: 2})]


@pytest.mark.parametrize("text", ["default_days: 3", "default_days: 400\ntypes: {a.b: never}", "days: 5", "[", "- 1"])
def test_a_file_that_cannot_be_used_says_so(text: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "retention.yaml"
    path.write_text(text)
    with pytest.raises(RetentionError, match=r"retention\.yaml"):
        read_retention(path)
