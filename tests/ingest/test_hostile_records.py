"""What must be refused is refused, for its one reason, and without repeating what was sent."""

import traceback

import pytest

from fidelio_ingest.domain.normalising import normalise
from fidelio_ingest.handlers import interaction_decoder
from fidelio_shared.contracts.identity import shipped_identity_rules
from fidelio_shared.contracts.operations import DEAD_LETTER_REASONS
from fidelio_shared.messaging.errors import Rejected
from support.hostile import Hostile, hostile_records
from support.incoming import a_record
from support.submissions import CANARY, CHANNELS, a_raw, a_submission, as_json, door_rules, normalised

RECORDS = hostile_records()
decode = interaction_decoder(CHANNELS, "wall", shipped_identity_rules())


@pytest.mark.parametrize("record", RECORDS, ids=lambda each: each.name)
def test_a_hostile_record_is_refused_for_its_reason_and_not_repeated(record: Hostile) -> None:
    with pytest.raises(Rejected) as refusal:
        decode(a_record(record.value, topic=f"channels.{record.channel}", headers=record.headers))

    assert refusal.value.reason == record.reason
    assert CANARY not in "".join(traceback.format_exception(refusal.value))


def test_the_table_is_large_names_each_record_once_and_only_declared_reasons() -> None:
    names = [each.name for each in RECORDS]

    assert len(names) == len(set(names))
    assert len(names) >= 60
    assert {each.reason for each in RECORDS} <= set(DEAD_LETTER_REASONS)


def test_the_record_that_the_hostile_ones_are_made_from_is_accepted() -> None:
    accepted = normalise(a_raw(as_json(a_submission())), door_rules())

    assert accepted.anchor == "customer_id:42"


@pytest.mark.parametrize(
    ("occurred_at", "reason"),
    [
        (..., "schema"),
        ("1969-12-31T23:59:59.999Z", "time_out_of_range"),
        ("2100-01-01T00:00:00Z", "time_out_of_range"),
        ("0001-01-01T00:00:00+14:00", "time_out_of_range"),
        ("9999-12-31T23:59:59-14:00", "time_out_of_range"),
    ],
)
def test_on_the_stream_clock_history_lies_between_1970_and_2099(occurred_at: object, reason: str) -> None:
    with pytest.raises(Rejected) as refusal:
        normalised(clock="stream", occurred_at=occurred_at)

    assert refusal.value.reason == reason


@pytest.mark.parametrize("timestamp", [2**62, -(2**62), -(2**48)])
def test_a_timestamp_that_a_producer_made_up_is_refused(timestamp: int) -> None:
    with pytest.raises(Rejected) as refusal:
        decode(a_record(as_json(a_submission()), timestamp=timestamp))

    assert refusal.value.reason == "time_out_of_range"
