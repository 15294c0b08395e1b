"""Identities that are hashes: the same thing said twice has the same name."""

import hashlib
from typing import NewType

InteractionId = NewType("InteractionId", str)
ProfileId = NewType("ProfileId", str)
RecordId = NewType("RecordId", str)


def hash16(*parts: str | int) -> str:
    """16 bytes as 32 hex digits; each part is length-prefixed, so ("ab", "c") is not ("a", "bc")."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        raw = str(part).encode()
        digest.update(len(raw).to_bytes(4, "big"))
        digest.update(raw)
    return digest.hexdigest()


def interaction_id(source: str, source_id: str) -> InteractionId:
    return InteractionId(hash16("interaction", source, source_id))


def profile_id(creating: InteractionId) -> ProfileId:
    return ProfileId(hash16("profile", creating))


def record_id(topic: str, *parts: str | int) -> RecordId:
    """The `ce_id` of a record: equal for every repetition of it."""
    return RecordId(hash16(topic, *parts))
