"""Wrong on purpose: offsets are committed before the batch has had its effect."""

from faststream.kafka.message import KafkaAckableMessage

from fidelio_shared.messaging import process
from fidelio_shared.messaging.tolerance import Fetched, decode_nothing


async def commit_and_decode(message: KafkaAckableMessage) -> Fetched:
    await message.consumer.commit()
    return await decode_nothing(message)


process.decode_nothing = commit_and_decode  # type: ignore[attr-defined]
