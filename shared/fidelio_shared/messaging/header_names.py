"""Names of record headers that are not UTF-8: the broker takes them, and aiokafka's parser fails on them for ever.

One such record, from a client that sends plain bytes, would stop its partition: no position moves past it, and the
good records before it in the same fetch are lost with it. So where aiokafka's parser gives up on a batch, the batch
is read once more with `\\xff` written for each byte that is no text.
"""

import struct
from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchPy as SlowBatch
from aiokafka.record.memory_records import MemoryRecords

_BATCH_START = struct.Struct(">qi")
_LENGTH_COUNTS_FROM = _BATCH_START.size


def tolerate_header_names() -> None:
    """Every consumer of this process reads such records. aiokafka offers no other place to say so."""
    fetcher.MemoryRecords = TolerantRecords


class TolerantRecords:
    """Stands for aiokafka's `MemoryRecords`: the batches of one partition in one fetch."""

    def __init__(self, fetched: bytes) -> None:
        self._fetched = fetched
        self._records = MemoryRecords(fetched)

    def has_next(self) -> bool:
        return bool(self._records.has_next())

    def size_in_bytes(self) -> int:
        return int(self._records.size_in_bytes())

    def next_batch(self) -> "TolerantBatch":
        return TolerantBatch(self._records.next_batch(), self._fetched)


class TolerantBatch:
    def __init__(self, batch: Any, fetched: bytes) -> None:
        self._batch = batch
        self._fetched = fetched

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        """Where it starts anew, records come again; the fetcher skips the offsets that it has had.

        aiokafka's compiled parser raises the one error, its Python parser the other; real corruption raises again.
        """
        try:
            yield from self._batch
        except (UnicodeDecodeError, CorruptRecordException):
            yield from _read_leniently(_batch_at(self._fetched, self._batch.base_offset))


class _LenientBytes(bytearray):
    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        return _LenientBytes(found) if isinstance(found, bytearray) else found

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        return super().decode(encoding, errors)


def _read_leniently(batch: bytes) -> Iterator[Any]:
    """By aiokafka's parser in Python, over bytes that decode leniently: it decodes nothing but header names."""
    slow = SlowBatch(batch)
    slow._maybe_uncompress()  # noqa: SLF001 - the buffer holds the records only afterwards
    slow._buffer = _LenientBytes(slow._buffer)  # noqa: SLF001
    yield from slow


def _batch_at(fetched: bytes, base_offset: int) -> bytes:
    start = 0
    while True:
        offset, length = _BATCH_START.unpack_from(fetched, start)
        end = start + _LENGTH_COUNTS_FROM + length
        if offset == base_offset:
            return fetched[start:end]
        start = end
