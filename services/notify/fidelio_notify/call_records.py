"""What an agent's call is to everybody else: an interaction on the customer's timeline."""

from collections.abc import Mapping

from fidelio_notify.domain.cards import REACHING
from fidelio_notify.domain.tasks import Outcome, Task
from fidelio_notify.records import SOURCE
from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.ids import record_id
from fidelio_shared.contracts.topics import channel_topic
from fidelio_shared.messaging.records import Outgoing, make_record

PHONE = "phone"
_TYPES: Mapping[Outcome, str] = {"reached": "call.ended", "declined": "call.ended", "not_reached": "call.missed"}


def call_record(task: Task) -> Outgoing:
    """Of a task that an agent closed. Whoever publishes it again says the same."""
    closing = task.changes[-1]
    assert closing.outcome, "nobody called"
    type_, at, topic = _TYPES[closing.outcome], instant(closing.at), channel_topic(PHONE)
    said = {
        "source": SOURCE,
        "id": f"call/{task.id}",
        "type": type_,
        "occurred_at": at,
        "identifiers": [{"kind": REACHING["callback"], "value": task.to}],
        "reference": {"kind": "decision", "id": task.id},
        "data": {"outcome": closing.outcome, **({"note": closing.note} if closing.note else {})},
    }
    return make_record(
        topic,
        task.profile,
        encode(said),
        ce_id=record_id(topic, task.id),
        ce_type=type_,
        source=SOURCE,
        at=at,
        trace=task.id,
    )
