"""A dead letter holds all that is needed to judge a record and to publish it again."""

import hashlib

import pytest

from fidelio_shared.contracts.operations import DeadLetterHeaders
from fidelio_shared.messaging.batch import Refusal
from fidelio_shared.messaging.dead_letters import DeadLetter, dead_letters, read_dead_letter
from fidelio_shared.messaging.errors import Rejected
from fidelio_shared.messaging.records import Headers, Outgoing
from fidelio_shared.messaging.replaying import NotReplayable, Selection, receipt, replayed, replayed_before
from support.settling import ARecord

KIB = 1024
LATER = 1_764_000_600_000


def a_letter(record: ARecord, reason: str = "schema") -> Outgoing:
    (letter,) = dead_letters(
        [Refusal(record, Rejected(reason, "not as it should be; send it right"))], service="ingest"
    )
    return letter


def kept(letter: Outgoing, timestamp: int = LATER) -> ARecord:
    """The dead letter as it is read from its topic."""
    return ARecord(letter.value, topic=letter.topic, key=letter.key, headers=letter.headers, timestamp=timestamp)


def read(record: ARecord, reason: str = "schema") -> DeadLetter:
    found = read_dead_letter(kept(a_letter(record, reason)))
    assert found is not None
    return found


def republished(record: ARecord) -> Outgoing:
    found = replayed(read(record))
    assert isinstance(found, Outgoing)
    return found


PLAIN = ARecord(
    b"\x00\xffnot text",
    offset=41,
    partition=2,
    key=b"\xfe",
    headers=(("ce_id", b"e1"), ("x", None), ("x", b"\xff"), ("fidelio-reason", b"a trap"), ("original-x", b"")),
)


def test_a_record_is_read_back_whole() -> None:
    letter = read(PLAIN)

    assert (letter.key, letter.value, letter.headers) == (PLAIN.key, PLAIN.value, PLAIN.headers)
    assert letter.at == "2025-11-24T16:10:00.000Z"
    assert letter.about == DeadLetterHeaders(
        ce_id=letter.about.ce_id,
        reason="schema",
        error="not as it should be; send it right",
        topic="channels.store",
        partition=2,
        offset=41,
        timestamp=PLAIN.timestamp,
    )


def test_a_dead_letter_is_a_cloud_event() -> None:
    told = dict(a_letter(PLAIN).headers)

    assert {name: told[name] for name in ("ce_specversion", "ce_type", "ce_source", "ce_time", "content-type")} == {
        "ce_specversion": b"1.0",
        "ce_type": b"fidelio.dead-letter",
        "ce_source": b"fidelio/ingest",
        "ce_time": b"2025-11-24T16:00:00.000Z",
        "content-type": b"application/octet-stream",
    }


def test_its_id_names_the_position_and_the_reason() -> None:
    ids = {
        read(record, reason).about.ce_id
        for record, reason in (
            (PLAIN, "schema"),
            (PLAIN, "not_json"),
            (ARecord(offset=42, partition=2), "schema"),
            (ARecord(offset=41, partition=3), "schema"),
            (ARecord(offset=41, partition=2, topic="channels.web"), "schema"),
        )
    }

    assert len(ids) == 5
    assert a_letter(PLAIN) == a_letter(PLAIN)


@pytest.mark.parametrize("timestamp", [-1, -(2**62), 2**62])
def test_a_timestamp_beyond_any_calendar_does_no_harm(timestamp: int) -> None:
    assert read(ARecord(timestamp=timestamp)).about.timestamp == timestamp


def test_a_value_above_three_mebibytes_is_cut_and_says_so() -> None:
    value = bytes(3 * KIB * KIB) + b"x"

    letter = read(ARecord(value))

    assert letter.value == value[: 64 * KIB]
    assert letter.about.cut_from_bytes == len(value)
    assert letter.about.sha256 == hashlib.sha256(value).hexdigest()
    assert letter.is_cut


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(ARecord(b"x" * (3 * KIB * KIB)), id="a value of three mebibytes"),
        pytest.param(ARecord(key=b"k" * 64 * KIB), id="a key of 64 KiB"),
        pytest.param(ARecord(headers=((("n" * 128), b"v" * 8 * KIB),) * 64), id="64 large headers"),
    ],
)
def test_what_just_fits_is_not_cut(record: ARecord) -> None:
    letter = read(record)

    assert not letter.is_cut
    assert (letter.key, letter.value, letter.headers) == (record.key, record.value, record.headers)


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(ARecord(b"x" * (3 * KIB * KIB + 1)), id="value"),
        pytest.param(ARecord(key=b"k" * (64 * KIB + 1)), id="key"),
        pytest.param(ARecord(headers=(("n" * 129, b""),)), id="a header's name"),
        pytest.param(ARecord(headers=(("n", b"v" * (8 * KIB + 1)),)), id="a header's value"),
        pytest.param(ARecord(headers=(("n", b""),) * 65), id="the number of headers"),
    ],
)
def test_what_was_cut_is_not_replayed(record: ARecord) -> None:
    letter = read(record)

    assert replayed(letter) == NotReplayable("it was too large to be kept whole; only its source can send it again")


def test_no_record_makes_a_dead_letter_that_its_topic_refuses() -> None:
    monstrous = ARecord(
        b"v" * (3 * KIB * KIB), key=b"k" * (9 * KIB * KIB), headers=(("n" * 9 * KIB, b"h" * 99 * KIB),) * 999
    )

    letter = a_letter(monstrous)

    size = len(letter.value or b"") + len(letter.key or b"")
    size += sum(len(name) + len(value or b"") + 10 for name, value in letter.headers)
    assert size < 4 * KIB * KIB


def test_a_replay_has_the_original_bytes_key_and_headers_and_tells_whence_it_comes() -> None:
    letter = read(PLAIN)

    assert republished(PLAIN) == Outgoing(
        "channels.store",
        PLAIN.key,
        PLAIN.value,
        (
            *PLAIN.headers,
            ("fidelio-replayed-from", letter.about.ce_id.encode()),
            ("fidelio-first-appended", b"1764000000000"),
        ),
    )


def test_a_second_replay_tells_only_of_the_last_dead_letter_and_of_the_first_arrival() -> None:
    first = republished(PLAIN)
    again = ARecord(first.value, offset=99, timestamp=LATER, headers=first.headers)

    headers = dict(republished(again).headers)

    assert headers["fidelio-replayed-from"] == read(again).about.ce_id.encode()
    assert headers["fidelio-first-appended"] == b"1764000000000"


def test_a_tombstone_is_replayed_as_one() -> None:
    assert republished(ARecord(None)).value is None
    assert republished(ARecord(b"")).value == b""


@pytest.mark.parametrize("topic", ["interactions", "timeline", "identities", "notifications", "channels.web"])
def test_topics_that_keep_every_record_take_a_replay(topic: str) -> None:
    assert republished(ARecord(topic=topic)).topic == topic


@pytest.mark.parametrize("topic", ["profiles", "scores", "segments", "clock"])
def test_an_old_record_never_becomes_the_last_of_its_key_on_a_compacted_topic(topic: str) -> None:
    assert replayed(read(ARecord(topic=topic))) == NotReplayable(
        f"{topic} keeps the last record of each key, and an old one must not come last"
    )


@pytest.mark.parametrize("topic", ["dead-letters", "__consumer_offsets", "payments", "channels"])
def test_a_forged_dead_letter_leads_to_no_other_topic(topic: str) -> None:
    assert replayed(read(ARecord(topic=topic))) == NotReplayable(f"{topic} is no topic of Fidelio's")


@pytest.mark.parametrize(
    ("selection", "is_taken"),
    [
        (Selection(), True),
        (Selection(reason="schema"), True),
        (Selection(reason="not_json"), False),
        (Selection(topic="channels.store", partition=2, offset=41), True),
        (Selection(topic="channels.store", partition=2, offset=40), False),
        (Selection(topic="channels.store", partition=0), False),
        (Selection(topic="channels.web"), False),
        (Selection(reason="schema", topic="channels.web"), False),
    ],
)
def test_a_selection_takes_what_agrees_with_all_that_it_names(selection: Selection, is_taken: bool) -> None:
    assert selection.takes(read(PLAIN)) == is_taken


def test_a_receipt_proves_a_replay_and_is_no_dead_letter() -> None:
    letter = read(PLAIN)
    written = kept(receipt(letter, at=letter.at))

    assert replayed_before(written) == letter.about.ce_id
    assert read_dead_letter(written) is None


def test_the_dead_letter_of_a_replayed_record_proves_the_replay() -> None:
    failed_again = ARecord(offset=99, headers=republished(PLAIN).headers)

    assert replayed_before(kept(a_letter(failed_again))) == read(PLAIN).about.ce_id
    assert replayed_before(kept(a_letter(PLAIN))) is None


def headers_without(name: str) -> Headers:
    return tuple(each for each in a_letter(PLAIN).headers if each[0] != name)


@pytest.mark.parametrize(
    "headers",
    [
        (),
        headers_without("fidelio-reason"),
        headers_without("ce_type"),
        (*headers_without("fidelio-offset"), ("fidelio-offset", b"many")),
    ],
)
def test_what_is_no_dead_letter_by_its_contract_is_passed_over(headers: Headers) -> None:
    assert read_dead_letter(ARecord(topic="dead-letters", headers=headers)) is None
