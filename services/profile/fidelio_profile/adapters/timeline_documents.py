"""How a timeline record is kept: its canonical bytes, and beside them what queries ask for."""

from typing import Any

from fidelio_profile.domain.revisions import Foldable, cause_id, instant_of, record_key
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.profile import InteractionRecorded


def timeline_document(record: Foldable) -> dict[str, Any]:
    """`_id` is the deduplication key; `anchor` tells under which identifier it came, for a later split.

    `cause` of what is no interaction: the interaction, or the request of a person, that brought it about.
    """
    if not isinstance(record, InteractionRecorded):
        told = record.model_copy(update={"state": None, "interaction": None})
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
