"""What notify produces: every decision, also the decision not to send, on `notifications`."""

from datetime import datetime
from typing import Literal

from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Contract, HexId

Step = Literal["decided", "sent", "failed", "deferred", "suppressed"]
Failure = Literal["refused", "unknown", "interrupted", "unwritable"]
"""The provider said no; the connection broke, or the process ended, during the call, and nobody knows whether the
message was taken; or no letter could be written, and there was no call."""

GateName = Literal[
    "historical",
    "freshness",
    "contact",
    "erasure",
    "objection",
    "switch",
    "approval",
    "condition",
    "exit",
    "complaint",
    "holdout",
    "watermark",
    "suppression_list",
    "consent",
    "quiet",
    "cap",
    "one_message",
]


class Verdict(Contract):
    """`reason` is one of the gate's own closed set; empty where it passed. `channel`: of a gate that each channel has
    to pass. `until`: the gate may let it pass from then on."""

    gate: GateName
    passed: bool
    reason: str = ""
    channel: str | None = None
    until: datetime | None = None


class Reference(Contract):
    """What the cause spoke of: a ticket, an order."""

    kind: str
    id: str


class Reason(Contract):
    """What moved Fidelio to consider a message: a change of the score (`band`) or of segments (`segment`), an
    interaction (`type`), a date that comes near (`on`), or a person who asked for it (`request`).

    `revision`: of the profile that was seen. `sequence`: of the record on `scores` or `segments`.
    """

    kind: Literal["score", "segment", "interaction", "date", "request"]
    epoch: int
    revision: int
    at: datetime
    sequence: int | None = None
    band: str | None = None
    segment: str | None = None
    type: str | None = None
    interaction: HexId | None = None
    reference: Reference | None = None
    on: datetime | None = None
    request: HexId | None = None


class CallBack(Contract):
    """A task for an agent: people call people. `priority`: 0 to 100, the higher first, from value and risk."""

    task: HexId
    priority: int


class NotificationChanged(Contract):
    """`play_step`: which step of the playbook, from 0; `root`: the decision of the first one. `arm`: of the holdout.
    `until`: when a deferred one is looked at again. `channel`: empty where none could be chosen."""

    decision: HexId
    step: Step
    profile: ProfileId
    playbook: str
    playbook_version: int
    channel: str
    at: datetime
    reason: Reason
    verdicts: tuple[Verdict, ...]
    message_id: str | None = None
    failure: Failure | None = None
    root: HexId | None = None
    play_step: int = 0
    playbooks: str | None = None
    variant: str | None = None
    offer: str | None = None
    arm: Literal["treated", "held"] | None = None
    superseded_by: HexId | None = None
    until: datetime | None = None
    call_back: CallBack | None = None
    is_transactional: bool = False
