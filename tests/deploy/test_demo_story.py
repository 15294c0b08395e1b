"""What the demo replays: the real log, and between its purchases what is made up."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from fidelio_deploy.demo.cdnow import FILE_ENDS, FIRST_YEAR_ENDS, Purchase, locate_cdnow, read_purchases
from fidelio_deploy.demo.command import first_customers
from fidelio_deploy.demo.invented import EVIDENCE, faults
from fidelio_deploy.demo.simulated import CUSTOMERS, STARTS
from fidelio_deploy.demo.story import Entry, Origin, origins, tell, write
from fidelio_deploy.errors import StackError
from fidelio_deploy.replay.history import measured, read_history
from fidelio_ingest.handlers import interaction_decoder
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.contracts.identity import shipped_identity_rules
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.messaging.errors import Rejected
from support.incoming import a_record

DECODE = interaction_decoder(read_channels(None), "stream", shipped_identity_rules())


@pytest.fixture(scope="module")
def purchases() -> tuple[Purchase, ...]:
    return read_purchases(locate_cdnow())


@pytest.fixture(scope="module")
def story(purchases: tuple[Purchase, ...]) -> tuple[Entry, ...]:
    return tell(purchases)


def accepted(entry: Entry) -> Interaction:
    """As ingest takes it on the stream clock."""
    said = {name: value for name, value in entry.said.items() if name != "channel"}
    return DECODE(a_record(orjson.dumps(said), topic=f"channels.{entry.said['channel']}"))


def of(origin: Origin, story: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in story if entry.origin is origin]


def test_the_log_holds_69659_purchases_of_23570_customers(purchases: tuple[Purchase, ...]) -> None:
    said = Counter((each.customer, each.at, each.quantity, each.dollars) for each in purchases)

    assert len(purchases) == 69_659
    assert len({each.customer for each in purchases}) == 23_570
    assert sum(count - 1 for count in said.values()) == 255
    assert purchases[0] == Purchase(2, "00001", datetime(1997, 1, 1, tzinfo=UTC), 1, "11.77")
    assert max(each.at for each in purchases) < FILE_ENDS


def test_the_story_is_in_the_order_of_time(story: tuple[Entry, ...]) -> None:
    times = [entry.at for entry in story]

    assert times == sorted(times)
    assert [entry.at for entry in story] == [datetime.fromisoformat(str(entry.said["occurred_at"])) for entry in story]


def test_every_real_purchase_is_in_the_story_once_and_a_few_are_there_again_right_behind(
    purchases: tuple[Purchase, ...], story: tuple[Entry, ...]
) -> None:
    real = [entry.said for entry in of(Origin.PURCHASE, story)]
    repeated = [place for place, entry in enumerate(story) if entry.origin is Origin.REPETITION]

    assert len(real) == len({said["id"] for said in real}) == len(purchases)
    assert 650 < len(repeated) < 850
    assert all(story[place].said == story[place - 1].said for place in repeated)


def test_about_600_customers_decide_on_mail_just_after_their_first_purchase(
    purchases: tuple[Purchase, ...], story: tuple[Entry, ...]
) -> None:
    first = {each.customer: each.at for each in sorted(purchases, key=lambda each: each.at, reverse=True)}
    decided = [accepted(entry) for entry in of(Origin.CONSENT, story)]
    statuses = Counter(each.consent.status for each in decided if each.consent)

    assert 550 < len(decided) < 650
    assert 0.05 < statuses["denied"] / len(decided) < 0.15
    for each in decided:
        customer, email = each.identifiers
        assert each.occurred_at == first[customer.value] + timedelta(minutes=1)
        assert email.value.split("@")[1] in ("example.org", "example.net")
        assert each.consent
        assert each.consent.evidence == EVIDENCE
        assert each.data == {"invented": True}
        assert each.traits["language"] in ("en", "fr")


def test_what_is_invented_of_a_customer_does_not_depend_on_who_else_is_there(
    purchases: tuple[Purchase, ...], story: tuple[Entry, ...]
) -> None:
    few = {each.customer for each in first_customers(purchases, 300)}
    alone = tell(each for each in purchases if each.customer in few)
    among_all = [entry for entry in of(Origin.CONSENT, story) if str(entry.said["id"])[-5:] in few]

    assert of(Origin.CONSENT, alone) == among_all
    assert len(few) == 300


def test_simulated_customers_live_on_every_channel_as_long_as_the_log_lasts(story: tuple[Entry, ...]) -> None:
    lived = [*of(Origin.ORDER, story), *of(Origin.LIFE, story)]
    channels = {str(entry.said["channel"]) for entry in lived}

    assert channels == {"app", "billing", "chat", "email", "phone", "store", "support", "survey", "web"}
    assert len({str(entry.said["id"]).rsplit("-", 1)[0] for entry in lived}) == CUSTOMERS
    assert lived[0].at >= STARTS
    assert max(entry.at for entry in lived) <= FILE_ENDS
    assert 0.06 < len(lived) / len(story) < 0.08


def test_every_fault_is_refused_for_a_reason_of_its_own() -> None:
    reasons = Counter(refusal_of(Entry(at, Origin.FAULT, said)) for at, said in faults())

    assert reasons == {"schema": 2, "not_permitted": 3, "unidentifiable": 3, "beyond_limits": 2, "none": 2}


def refusal_of(entry: Entry) -> str:
    """`none`: ingest takes it, and resolve finds that its id was used before for something else."""
    try:
        accepted(entry)
    except Rejected as rejected:
        return rejected.reason
    return "none"


def test_ingest_accepts_everything_that_is_not_broken_on_purpose(story: tuple[Entry, ...]) -> None:
    simulated = [entry for entry in story if entry.origin in (Origin.ORDER, Origin.LIFE)]
    sound = [*(entry for entry in story[:3000] if entry.origin is not Origin.FAULT), *simulated]

    assert {refusal_of(entry) for entry in sound} == {"none"}


def test_origins_are_counted_up_to_a_day(story: tuple[Entry, ...]) -> None:
    whole, first_year = origins(story, until=FILE_ENDS), origins(story, until=FIRST_YEAR_ENDS)

    assert sum(whole.values()) == len(story)
    assert (whole[Origin.PURCHASE], first_year[Origin.PURCHASE]) == (69_659, 56_902)
    assert whole[Origin.FAULT] == first_year[Origin.FAULT] == 12


def test_the_story_is_written_as_a_history_that_can_be_replayed(story: tuple[Entry, ...], tmp_path: Path) -> None:
    write(story[:100], tmp_path / "history.ndjson")

    extent = measured(read_history(tmp_path / "history.ndjson"))

    assert extent
    assert (extent.records, extent.first, extent.last) == (100, story[0].at, story[99].at)


def test_a_log_that_is_not_installed_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", [])
    monkeypatch.setattr("sys.path_importer_cache", {})

    with pytest.raises(StackError, match="pip install --no-deps lifetimes"):
        locate_cdnow()
