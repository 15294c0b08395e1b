"""How a timeline record is kept: its canonical bytes, and beside them what queries ask for."""

from typing import Any

from fidelio_profile.domain.revisions import Foldable, cause_id, instant_of, record_key
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.profile import InteractionRecorded

_NOT_KEPT = {"state": None, "base": None, "interaction": None, "identifiers": (), "remaining": ()}
"""Of what passes between people: it is on their own timelines, and must not outlive one of them on another's."""


def timeline_document(record: Foldable) -> dict[str, Any]:
    """`_id` is the deduplication key; `anchor` tells under which identifier it came, for a later split.

    `cause` of what is no interaction: the interaction, or the request of a person, that brought it about.
    """
    if not isinstance(record, InteractionRecorded):
        fields = type(record).model_fields
        told = record.model_copy(update={name: value for name, value in _NOT_KEPT.items() if name in fields})
        return {
            "_id": bytes.fromhex(record_key(record)),
            "profile": bytes.fromhex(record.profile),
            "kind": record.kind,
            "occurred_at": instant_of(record),
            "cause": bytes.fromhex(cause_id(record)),
            "body": encode(told),
        }
    interaction = record.interaction
    return {
        "_id": bytes.fromhex(interaction.id),
        "profile": bytes.fromhex(record.profile),
        "kind": record.kind,
        "anchor": interaction.anchor,
        "type": interaction.type,
        "channel": interaction.channel,
        "occurred_at": interaction.occurred_at,
        "body": encode(interaction),
    }


def interaction_from(body: bytes) -> Interaction:
    return Interaction.model_validate_json(body)
