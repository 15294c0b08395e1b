"""What providers tell afterwards: as an interaction on the message's channel, and for the suppression list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, ValidationError

from fidelio_notify.domain.cards import REACHING
from fidelio_notify.domain.posting import code_of
from fidelio_notify.domain.signatures import ID, is_signed
from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.ids import hash16, record_id
from fidelio_shared.contracts.ingest import Contract, HexId, Text
from fidelio_shared.contracts.topics import channel_topic
from fidelio_shared.messaging.records import Outgoing, make_record

What = Literal["delivered", "bounced", "replied", "unsubscribed", "complained"]
Unwanted = Literal["bounced", "complained", "unsubscribed"]
_MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Told:
    """`event`: the provider's own name of it; told again, it is the same interaction. `at`: None where the provider
    tells no time. `address`: of the person, where the provider tells it; whoever knows the decision knows to whom it
    was sent, and should rather believe that. `is_permanent`: of a bounce: nobody is reached there any more."""

    source: str
    event: str
    channel: str
    what: What
    at: datetime | None = None
    decision: str | None = None
    address: str | None = None
    is_permanent: bool = False
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """Genuine, and nothing that matters here: answer it as taken, or it will be told again."""


@dataclass(frozen=True, slots=True)
class Forged:
    """Not signed by whom it should be, or too long ago."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Genuine, and not by the contract."""


Callback = Told | Ignored | Forged | Unreadable


class _Content(Contract):
    type: str
    decision: HexId | None = None
    to: Text | None = None
    at: AwareDatetime | None = None
    is_permanent: bool = False
    code: str | int | None = None


_WHAT: Mapping[str, What] = {
    "message.delivered": "delivered",
    "message.bounced": "bounced",
    "message.replied": "replied",
    "message.unsubscribed": "unsubscribed",
    "message.complained": "complained",
}


def read_generic(
    secrets: Sequence[str], headers: Mapping[str, str], content: bytes, *, channel: str, now: datetime
) -> Callback:
    """By the contract in PROVIDERS.md. `headers`: names in lower case."""
    if len(content) > _MOST_BYTES or not is_signed(secrets, headers, content, now):
        return Forged()
    try:
        told = _Content.model_validate_json(content)
    except ValidationError:
        return Unreadable()
    what = _WHAT.get(told.type)
    if what is None:
        return Ignored()
    if told.decision is None and told.to is None:
        return Unreadable()
    return Told(
        source=f"provider/{channel}",
        event=headers[ID],
        channel=channel,
        what=what,
        at=told.at,
        decision=told.decision,
        address=told.to,
        is_permanent=what == "bounced" and told.is_permanent,
        code=code_of(told.code, "") or None,
    )


def unwanted(told: Told) -> Unwanted | None:
    """Why the address belongs on the suppression list, if it does. A full mailbox may be emptied: a bounce counts only
    where it is permanent."""
    match told.what:
        case "bounced":
            return "bounced" if told.is_permanent else None
        case "complained" | "unsubscribed":
            return told.what
        case _:
            return None


def interaction_record(told: Told, address: str, *, now: datetime) -> Outgoing:
    """On the message's channel, by the person's `address` there. Where the provider tells no time it is the time at
    which the record arrives: of what is told twice, both must be the same."""
    topic = channel_topic(told.channel)
    ce_id = record_id(topic, told.source, told.event)
    said = {
        "source": told.source,
        "id": ce_id,
        "type": f"message.{told.what}",
        "identifiers": [{"kind": REACHING.get(told.channel, told.channel), "value": address}],
        **({"occurred_at": instant(told.at)} if told.at else {}),
        **({"reference": {"kind": "decision", "id": told.decision}} if told.decision else {}),
        "data": _details(told),
    }
    record = make_record(
        topic,
        told.decision or ce_id,
        encode(said),
        ce_id=ce_id,
        ce_type=f"message.{told.what}",
        source=told.source,
        at=instant(told.at or now),
        trace=told.decision or hash16(told.source, told.event),
    )
    if told.at:
        return record
    return replace(record, headers=[each for each in record.headers if each[0] != "ce_time"])


def _details(told: Told) -> Mapping[str, object]:
    code = {"code": told.code} if told.code else {}
    return {**code, "is_permanent": told.is_permanent} if told.what == "bounced" else code
