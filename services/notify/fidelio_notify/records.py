"""The records that notify publishes: each step of a decision, and the sent message on its channel."""

from collections.abc import Iterable, Iterator

from fidelio_notify.domain.cards import REACHING, Card
from fidelio_notify.domain.decisions import Decision, Sent
from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.erasures import ErasureConfirmed
from fidelio_shared.contracts.ids import record_id
from fidelio_shared.contracts.notify import NotificationChanged
from fidelio_shared.contracts.topics import NOTIFICATIONS, channel_topic
from fidelio_shared.messaging.erasures import erasure_record
from fidelio_shared.messaging.records import Outgoing, make_record

SOURCE = "fidelio/notify"
NOT_MESSAGES = frozenset({"callback"})
"""Channels on which nothing reaches the customer yet."""


def step_records(decision: Decision) -> Iterator[Outgoing]:
    yield _notification_record(decision)
    if decision.sent and decision.step == "sent" and decision.channel not in NOT_MESSAGES:
        yield _message_sent_record(decision, decision.sent)


def confirmation_records(erased: Iterable[Card]) -> list[Outgoing]:
    return [
        erasure_record(
            ErasureConfirmed(id=each.erasure, profile=each.profile, store="notify"),
            source=SOURCE,
            at=instant(each.erased_at),
        )
        for each in erased
        if each.erasure and each.erased_at
    ]


def changed_of(decision: Decision) -> NotificationChanged:
    proposal = decision.proposal
    return NotificationChanged(
        decision=decision.id,
        step=decision.step,
        profile=proposal.profile,
        playbook=proposal.playbook,
        playbook_version=decision.playbook_version,
        channel=decision.channel,
        at=decision.at,
        reason=proposal.reason,
        verdicts=decision.verdicts,
        message_id=(decision.sent.message_id or None) if decision.sent else None,
        failure=decision.failure,
        root=proposal.root,
        play_step=proposal.step,
        playbooks=decision.playbooks,
        variant=decision.variant,
        offer=decision.offer,
        arm=decision.arm,
        superseded_by=decision.superseded_by,
        until=decision.until,
        call_back=decision.call_back,
        is_transactional=decision.is_transactional,
    )


def _notification_record(decision: Decision) -> Outgoing:
    return make_record(
        NOTIFICATIONS.name,
        decision.proposal.profile,
        encode(changed_of(decision)),
        ce_id=record_id(NOTIFICATIONS.name, decision.id, decision.step, *_which(decision)),
        ce_type=f"fidelio.notification.{decision.step}",
        source=SOURCE,
        at=instant(decision.at),
        trace=decision.id,
    )


def _which(decision: Decision) -> tuple[str, ...]:
    """A decision may be deferred to several instants, one after the other; every other step it takes once."""
    return (instant(decision.until),) if decision.step == "deferred" and decision.until else ()


def _message_sent_record(decision: Decision, sent: Sent) -> Outgoing:
    """The message on its own channel, so that it stands on the customer's timeline like everything else."""
    said = {
        "source": SOURCE,
        "id": decision.id,
        "type": "message.sent",
        "occurred_at": instant(decision.at),
        "identifiers": [{"kind": REACHING[decision.channel], "value": sent.to}],
        "reference": {"kind": "decision", "id": decision.id},
        "data": {"playbook": decision.proposal.playbook},
    }
    topic = channel_topic(decision.channel)
    return make_record(
        topic,
        decision.proposal.profile,
        encode(said),
        ce_id=record_id(topic, decision.id),
        ce_type="message.sent",
        source=SOURCE,
        at=instant(decision.at),
        trace=decision.id,
    )
