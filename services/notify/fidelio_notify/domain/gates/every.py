"""Every gate, in the order in which its verdict is recorded."""

from collections.abc import Mapping

from fidelio_notify.domain.gates import channels, consent, person
from fidelio_notify.domain.gates.case import ChannelGate, Gate
from fidelio_shared.contracts.notify import GateName

PERSON_GATES: tuple[tuple[GateName, Gate], ...] = (
    ("historical", person.historical),
    ("freshness", person.freshness),
    ("erasure", person.erasure),
    ("contact", person.contact_known),
    ("objection", person.objection),
    ("switch", person.switch),
    ("condition", person.condition),
    ("exit", person.exit_reached),
    ("complaint", person.complaint),
    ("holdout", person.holdout),
    ("watermark", person.watermark),
)
CHANNEL_GATES: tuple[tuple[GateName, ChannelGate], ...] = (
    ("contact", channels.contact),
    ("suppression_list", channels.suppression_list),
    ("consent", consent.consent),
    ("quiet", channels.quiet),
    ("cap", channels.cap),
)
REASONS: Mapping[GateName, frozenset[str]] = {
    "historical": frozenset({"imported_history"}),
    "freshness": frozenset({"stale"}),
    "erasure": frozenset({"erased", "merged"}),
    "contact": frozenset({"contact_unknown", "no_address", "unusable_address", "no_channel", "no_provider"}),
    "objection": frozenset({"restricted", "objected"}),
    "switch": frozenset({"stopped", "all_stopped", "withdrawn"}),
    "approval": frozenset({"waiting", "refused"}),
    "condition": frozenset({"unmet"}),
    "exit": frozenset({"reason_gone"}),
    "complaint": frozenset({"open_complaint"}),
    "holdout": frozenset({"held_out"}),
    "watermark": frozenset({"watermark_old"}),
    "suppression_list": frozenset({"bounced", "complained", "unsubscribed"}),
    "consent": frozenset({"contact_unknown", "unknown", "denied", "expired"}),
    "quiet": frozenset({"quiet_hours", "quiet_past_deadline", "no_common_hour"}),
    "cap": frozenset({"too_many_messages", "too_many_on_channel"}),
    "one_message": frozenset({"superseded"}),
}
"""Why each may refuse."""
