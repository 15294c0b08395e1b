"""Header names are bytes to Kafka; one that is no text must not cost a partition."""

import pytest
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.memory_records import MemoryRecords

from fidelio_shared.messaging.connection import make_observer
from fidelio_shared.messaging.header_names import TolerantRecords
from fidelio_shared.messaging.settings import KafkaSettings
from support.raw_kafka import ODD_NAME, Sent, a_batch

RECORDS = (
    Sent(b"a", b"one"),
    Sent(b"b", b"two", ((ODD_NAME, b"1"), ("n", None), ("é", b"\xff"))),
    Sent(None, None, (("x", b""),)),
)
READ = [
    (0, b"a", b"one", []),
    (1, b"b", b"two", [("x-\\xff\\xfe\\x80ker", b"1"), ("n", None), ("é", b"\xff")]),
    (2, None, None, [("x", b"")]),
]


def read(fetched: bytes) -> list[list[tuple[int, bytes | None, bytes | None, list[tuple[str, bytes | None]]]]]:
    """As aiokafka's fetcher does, which passes over the offsets that it has had."""
    records, found = TolerantRecords(fetched), []
    while records.has_next():
        batch, had = records.next_batch(), -1
        assert batch.validate_crc()
        found.append([])
        for each in batch:
            if each.offset > had:
                had = each.offset
                found[-1].append((each.offset, each.key, each.value, each.headers))
    return found


@pytest.mark.parametrize("compression", [None, "gzip", "snappy", "lz4", "zstd"])
def test_a_name_that_is_not_utf8_is_read_with_its_bytes_written_out(compression: str | None) -> None:
    assert read(a_batch(RECORDS, compression)) == [READ]


def test_batches_before_and_after_one_with_such_a_name_are_read_too() -> None:
    before, after = (a_batch([Sent(b"k", b"v")], base_offset=offset) for offset in (4, 9))

    found = read(before + a_batch(RECORDS, base_offset=5) + after)

    moved = [(offset + 5, *rest) for offset, *rest in READ]
    assert found == [[(4, b"k", b"v", [])], moved, [(9, b"k", b"v", [])]]


def test_aiokafkas_own_parser_fails_on_such_a_name() -> None:
    """Where it no longer does, header_names.py can go."""
    with pytest.raises(UnicodeDecodeError):
        list(MemoryRecords(a_batch(RECORDS)).next_batch())


def test_real_corruption_is_still_an_error() -> None:
    broken = bytearray(a_batch(RECORDS))
    broken[-1] ^= 0xFF
    broken[61] ^= 0x06

    with pytest.raises(CorruptRecordException):
        list(TolerantRecords(bytes(broken)).next_batch())


async def test_every_consumer_made_here_tolerates_such_names() -> None:
    make_observer(KafkaSettings())

    assert fetcher.MemoryRecords is TolerantRecords
