"""Everything that opens a connection to Kafka does it here, with the settings that are known to be safe."""

import ssl
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, codec
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.helpers import create_ssl_context
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from fidelio_shared.messaging.header_names import tolerate_header_names
from fidelio_shared.messaging.settings import DYNAMIC_SESSION_TIMEOUT_MS, STATIC_SESSION_TIMEOUT_MS, KafkaSettings

MAX_RECORD_BYTES = 4 * 1024 * 1024
_MAX_BATCH_BYTES = 131_072
_LZ4_LEVEL = 1
_WAIT_FOR_BYTES = 262_144


def make_broker(kafka: KafkaSettings) -> KafkaBroker:
    """For consuming; what is published goes through `Publisher`. FastStream's own log would repeat payloads."""
    tolerate_header_names()
    return KafkaBroker(
        kafka.bootstrap_servers,
        security=_faststream_security(kafka),
        acks="all",
        enable_idempotence=True,
        compression_type="lz4",
        linger_ms=5,
        max_batch_size=_MAX_BATCH_BYTES,
        request_timeout_ms=30_000,
        allow_auto_create_topics=False,
        graceful_timeout=30,
        logger=None,
        apply_types=False,
        serializer=None,
    )


def subscription(
    kafka: KafkaSettings, *, group: str, step: str, ordinal: int | None, max_records: int
) -> dict[str, Any]:
    """Arguments of `broker.subscriber`: at least once, in batches, from the beginning, as a static member."""
    return {
        "group_id": group,
        "group_instance_id": f"{step}-{ordinal}" if ordinal is not None else None,
        "session_timeout_ms": session_timeout_ms(ordinal),
        "max_poll_interval_ms": 300_000,
        "auto_offset_reset": "earliest",
        "ack_policy": AckPolicy.NACK_ON_ERROR,
        "batch": True,
        "max_records": max_records,
        "batch_timeout_ms": 200,
        "max_partition_fetch_bytes": MAX_RECORD_BYTES,
        "fetch_min_bytes": _WAIT_FOR_BYTES,
        "fetch_max_wait_ms": kafka.fetch_wait_ms,
        "no_reply": True,
        "partition_assignment_strategy": (RangePartitionAssignor,),
    }


def session_timeout_ms(ordinal: int | None) -> int:
    """A static member comes back within seconds; of a dynamic one nobody knows, so its partitions move soon."""
    return STATIC_SESSION_TIMEOUT_MS if ordinal is not None else DYNAMIC_SESSION_TIMEOUT_MS


def max_age_seconds(ordinal: int | None) -> float:
    """A batch fetched so long ago is not published any more. With the time-out of its delivery it stays below the
    session: no other process can have published meanwhile."""
    return session_timeout_ms(ordinal) / 3000


def delivery_timeout_ms(ordinal: int | None) -> int:
    """Gives up well before the group would give this process's partitions to another."""
    return session_timeout_ms(ordinal) * 4 // 10


def make_producer(kafka: KafkaSettings, *, ordinal: int | None) -> AIOKafkaProducer:
    """Its own time-out is for one request: an idempotent producer repeats requests for ever, see `Publisher`."""
    _compress_quickly()
    return AIOKafkaProducer(
        **_client_arguments(kafka),
        acks="all",
        enable_idempotence=True,
        compression_type="lz4",
        linger_ms=0,
        max_batch_size=_MAX_BATCH_BYTES,
        max_request_size=MAX_RECORD_BYTES,
        request_timeout_ms=delivery_timeout_ms(ordinal),
    )


def _compress_quickly() -> None:
    """aiokafka compresses at level 9, five times as long for a twentieth of the size, and has no setting for it."""
    codec.lz4_encode.__defaults__ = (_LZ4_LEVEL,)


def make_admin(kafka: KafkaSettings) -> AIOKafkaAdminClient:
    return AIOKafkaAdminClient(**_client_arguments(kafka), request_timeout_ms=10_000)


def make_observer(kafka: KafkaSettings) -> AIOKafkaConsumer:
    """Asks for offsets or reads from given ones; belongs to no group, so it moves nobody's position.

    It soon knows of partitions that a channel is given: what is on them must hold the watermark.
    """
    tolerate_header_names()
    return AIOKafkaConsumer(
        **_client_arguments(kafka),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=10_000,
        metadata_max_age_ms=5_000,
    )


def _client_arguments(kafka: KafkaSettings) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "bootstrap_servers": kafka.bootstrap_servers,
        "security_protocol": kafka.security_protocol,
    }
    if kafka.security_protocol.endswith("SSL"):
        arguments["ssl_context"] = create_ssl_context(cafile=kafka.ssl_ca_file)
    if kafka.security_protocol.startswith("SASL"):
        arguments["sasl_mechanism"] = kafka.sasl_mechanism
        arguments["sasl_plain_username"] = kafka.sasl_username
        arguments["sasl_plain_password"] = kafka.sasl_password.get_secret_value() if kafka.sasl_password else None
    return arguments


def _faststream_security(kafka: KafkaSettings) -> BaseSecurity | None:
    context: ssl.SSLContext | None = None
    if kafka.security_protocol.endswith("SSL"):
        context = create_ssl_context(cafile=kafka.ssl_ca_file)
    if not kafka.security_protocol.startswith("SASL"):
        return BaseSecurity(ssl_context=context) if context else None
    kinds = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
    return kinds[kafka.sasl_mechanism](
        username=kafka.sasl_username or "",
        password=kafka.sasl_password.get_secret_value() if kafka.sasl_password else "",
        ssl_context=context,
    )
