"""What gates say, in words."""

from collections.abc import Mapping

from fidelio_shared.contracts.notify import GateName, Verdict

WORDS: Mapping[GateName, Mapping[str, str]] = {
    "historical": {"imported_history": "it happened before Fidelio, and was only imported"},
    "freshness": {"stale": "it is too late for it"},
    "erasure": {
        "erased": "the person was erased",
        "merged": "the profile has become part of another one",
    },
    "contact": {
        "contact_unknown": "what moved Fidelio is not on the card yet",
        "no_address": "there is no address",
        "unusable_address": "no address can be used",
        "no_channel": "no channel is left",
        "no_provider": "no provider is set up",
    },
    "objection": {
        "restricted": "the person restricted what may be done with their data",
        "objected": "the person does not want to be contacted",
    },
    "switch": {
        "stopped": "the playbook is stopped",
        "all_stopped": "all playbooks are stopped",
        "withdrawn": "the playbook, or this step of it, is no more",
    },
    "approval": {
        "waiting": "it concerns so many that a person has to say yes first",
        "refused": "a person said no",
    },
    "condition": {"unmet": "the playbook's `when` does not hold"},
    "exit": {"reason_gone": "the playbook's `until` holds: the reason is gone"},
    "complaint": {"open_complaint": "a complaint is open"},
    "holdout": {"held_out": "the person is held out, so that the effect can be told"},
    "watermark": {"watermark_old": "there may be news that nobody has read yet"},
    "suppression_list": {
        "bounced": "mail came back",
        "complained": "the person complained of a message",
        "unsubscribed": "the person unsubscribed",
    },
    "consent": {
        "contact_unknown": "what moved Fidelio is not on the card yet",
        "unknown": "the person never said yes to this purpose",
        "denied": "the person said no to this purpose",
        "expired": "the consent has expired",
    },
    "quiet": {
        "quiet_hours": "it is quiet where the person may be",
        "quiet_past_deadline": "it is quiet where the person may be until it is too late",
        "no_common_hour": "there is no hour that is day wherever the person may be",
    },
    "cap": {
        "too_many_messages": "there were enough messages lately",
        "too_many_on_channel": "there were enough messages on this channel lately",
    },
    "one_message": {"superseded": "another message stands for it"},
}
"""By gate and reason."""


def in_words(verdict: Verdict) -> str:
    return "yes" if verdict.passed else WORDS[verdict.gate].get(verdict.reason, verdict.reason)
