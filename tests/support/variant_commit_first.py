"""Wrong on purpose: offsets are committed before the batch has had its effect."""

from typing import Any

from faststream import AckPolicy
from fidelio_shared.messaging import connection, process

_subscription = connection.subscription


def subscription(**arguments: Any) -> dict[str, Any]:
    return _subscription(**arguments) | {"ack_policy": AckPolicy.ACK_FIRST}


process.subscription = subscription  # type: ignore[attr-defined]
