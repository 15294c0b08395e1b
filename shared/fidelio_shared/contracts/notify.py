"""What notify produces: every decision, also the decision not to send, on `notifications`."""

from datetime import datetime
from typing import Literal

from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Contract, HexId

Step = Literal["decided", "sent", "failed", "deferred", "suppressed"]
Failure = Literal["refused", "unknown", "interrupted", "unwritable"]
"""The provider said no; the connection broke, or the process ended, during the call, and nobody knows whether the
message was taken; or no letter could be written, and there was no call."""


class Verdict(Contract):
    """`reason` is one of the gate's own closed set; empty where it passed."""

    gate: Literal["historical", "freshness", "contact", "objection", "consent", "cap", "quiet"]
    passed: bool
    reason: str = ""


class Reason(Contract):
    """What moved Fidelio to consider a message."""

    kind: Literal["score"]
    epoch: int
    sequence: int
    revision: int
    band: str
    at: datetime


class NotificationChanged(Contract):
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
