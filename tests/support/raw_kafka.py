"""What a client that is not ours may put on a topic, byte by byte."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer, codec
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.util import calc_crc32c

from fidelio_shared.messaging.records import Headers

ODD_NAME = "x-marker"
ODD_NAME_BYTES = b"x-\xff\xfe\x80ker"
_CRC_AT, _CHECKED_FROM = 17, 21
_CODECS = {None: 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}


@dataclass(frozen=True, slots=True)
class Sent:
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


def a_batch(records: Sequence[Sent], compression: str | None = None, *, base_offset: int = 0) -> bytes:
    """A record batch in Kafka's format; a header named ODD_NAME gets a name that is not UTF-8."""
    builder = BatchBuilder(16 * 1024 * 1024, 0)
    for record in records:
        builder.append(timestamp=None, key=record.key, value=record.value, headers=list(record.headers))
    plain = bytes(builder._build()).replace(ODD_NAME.encode(), ODD_NAME_BYTES)
    return struct.pack(">q", base_offset) + _checked(_compressed(plain, compression))[8:]


async def send_batch(producer: AIOKafkaProducer, topic: str, partition: int, batch: bytes, count: int) -> int:
    """The offset of its first record. The producer must not be idempotent, else it renumbers the batch."""
    builder = producer.create_batch()
    builder.close()
    builder._buffer, builder._relative_offset = batch, count
    acknowledged = await producer.send_batch(builder, topic, partition=partition)
    return int((await acknowledged).offset)


def _compressed(plain: bytes, compression: str | None) -> bytes:
    if compression is None:
        return plain
    head, records = plain[:61], plain[61:]
    packed = getattr(codec, f"{compression}_encode")(records)
    length = struct.pack(">i", len(head) - 12 + len(packed))
    attributes = struct.pack(">h", _CODECS[compression])
    return head[:8] + length + head[12:21] + attributes + head[23:] + packed


def _checked(batch: bytes) -> bytes:
    crc = struct.pack(">I", calc_crc32c(batch[_CHECKED_FROM:]))
    return batch[:_CRC_AT] + crc + batch[_CHECKED_FROM:]
