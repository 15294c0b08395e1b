"""Records are written without their contract, and yet to its letter."""

from collections.abc import Iterator, Sequence
from random import Random

from fidelio_scoring.domain.moves import receive
from fidelio_scoring.domain.standing import Change, Evidence, Rules, Standing
from fidelio_scoring.records import change_records
from fidelio_scoring.rules import SHIPPED_SEGMENTS, read_segments, shipped
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ids import hash16
from fidelio_shared.contracts.scoring import ScoreChanged, ScoringCause, SegmentChanged
from fidelio_shared.contracts.topics import SCORES, SEGMENTS
from fidelio_shared.messaging.records import Outgoing
from support.signs import SIGNALLED, a_life, facts_of
from support.standings import ANN, DAY

RULES = Rules(SIGNALLED, read_segments(shipped("segments", SHIPPED_SEGMENTS), file=SHIPPED_SEGMENTS))
CONTRACTS = {SCORES.name: ScoreChanged, SEGMENTS.name: SegmentChanged}


def published(number: int) -> Sequence[Outgoing]:
    """Of somebody who is heard of, is silent for a year, and then objects."""
    return [record for moved in _moves(number) for record in change_records(moved, RULES)]


def _moves(number: int) -> Iterator[Sequence[Change]]:
    facts = facts_of(a_life(Random(f"published {number}")))
    known: Standing | None = None
    for revision, (said, days) in enumerate(((facts, 0), (facts, 365), (None, 366)), start=1):
        at = facts.last_at + days * DAY
        cause = ScoringCause(kind="interaction", id=hash16("test", revision), type="order.placed", at=at)
        moved = receive(known, Evidence(ANN, 1, revision, at, cause, said), RULES)
        assert moved
        known = moved.standing
        yield moved.changes


def test_what_is_published_is_in_every_byte_what_its_contract_would_write() -> None:
    records = [record for number in range(40) for record in published(number)]
    assert [each.value for each in records] == [
        encode(CONTRACTS[each.topic].model_validate_json(each.value or b"")) for each in records
    ]
    assert {each.topic for each in records} == CONTRACTS.keys()


def test_a_record_that_leaves_a_field_out_is_not_what_its_contract_would_write() -> None:
    (record, *_) = published(1)
    short = (record.value or b"").replace(b'"arpu":null,', b"")
    assert encode(ScoreChanged.model_validate_json(short)) != short
