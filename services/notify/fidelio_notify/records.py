"""The records that notify publishes: each step of a decision, and the sent message on its channel."""

from collections.abc import Iterable, Iterator

from fidelio_notify.adapters.mongo_decisions import Decision
from fidelio_notify.domain.check_in import Playbook
from fidelio_notify.domain.contacts import Contact
from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.erasures import ErasureConfirmed
from fidelio_shared.contracts.ids import record_id
from fidelio_shared.contracts.notify import NotificationChanged
from fidelio_shared.contracts.topics import NOTIFICATIONS, channel_topic
from fidelio_shared.messaging.erasures import erasure_record
from fidelio_shared.messaging.records import Outgoing, make_record

SOURCE = "fidelio/notify"


def step_records(playbook: Playbook, decision: Decision) -> Iterator[Outgoing]:
    yield _notification_record(playbook, decision)
    if decision.sent:
        yield _message_sent_record(playbook, decision, decision.sent.to)


def confirmation_records(erased: Iterable[Contact]) -> list[Outgoing]:
    return [
        erasure_record(
            ErasureConfirmed(id=each.erasure, profile=each.profile, store="notify"),
            source=SOURCE,
            at=instant(each.erased_at),
        )
        for each in erased
        if each.erasure and each.erased_at
    ]


def _notification_record(playbook: Playbook, decision: Decision) -> Outgoing:
    proposal = decision.proposal
    changed = NotificationChanged(
        decision=proposal.decision,
        step=decision.step,
        profile=proposal.profile,
        playbook=playbook.name,
        playbook_version=playbook.version,
        channel=playbook.channel,
        at=decision.at,
        reason=proposal.reason,
        verdicts=decision.verdicts,
        message_id=decision.sent.message_id if decision.sent else None,
        failure=decision.failure,
    )
    return make_record(
        NOTIFICATIONS.name,
        proposal.profile,
        encode(changed),
        ce_id=record_id(NOTIFICATIONS.name, proposal.decision, decision.step),
        ce_type=f"fidelio.notification.{decision.step}",
        source=SOURCE,
        at=instant(decision.at),
        trace=proposal.decision,
    )


def _message_sent_record(playbook: Playbook, decision: Decision, to: str) -> Outgoing:
    """The message on its own channel, so that it stands on the customer's timeline like everything else."""
    proposal = decision.proposal
    said = {
        "source": SOURCE,
        "id": proposal.decision,
        "type": "message.sent",
        "occurred_at": instant(decision.at),
        "identifiers": [{"kind": playbook.channel, "value": to}],
        "reference": {"kind": "decision", "id": proposal.decision},
        "data": {"playbook": playbook.name},
    }
    topic = channel_topic(playbook.channel)
    return make_record(
        topic,
        proposal.profile,
        encode(said),
        ce_id=record_id(topic, proposal.decision),
        ce_type="message.sent",
        source=SOURCE,
        at=instant(decision.at),
        trace=proposal.decision,
    )
