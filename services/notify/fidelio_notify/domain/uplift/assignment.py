"""Who is held out of a playbook, and who gets which variant: by chance, and always the same."""

import hashlib
from collections.abc import Sequence
from itertools import accumulate

from fidelio_notify.domain.gates.case import Arm
from fidelio_notify.domain.playbooks.model import Variant
from fidelio_shared.contracts.ids import ProfileId

_BITS = 53
"""As many as a float holds exactly: a place is never rounded up to 1."""


def arm_of(key: bytes, playbook: str, person: ProfileId, share: float) -> Arm:
    """`share`: of people who are held out; where it grows, who was held out still is. `key` is secret (64 bytes at
    most): without it nobody can choose an id that is held out, or predict whose is."""
    return "held" if _place(key, "arm", playbook, person) < share else "treated"


def variant_of(key: bytes, playbook: str, step: int, person: ProfileId, variants: Sequence[Variant]) -> Variant:
    """Whatever the person's arm is, and independently of it and of other playbooks and steps."""
    place = _place(key, "variant", playbook, str(step), person)
    ends = accumulate(each.share for each in variants)
    return next((each for each, end in zip(variants, ends, strict=True) if place < end), variants[-1])


def _place(key: bytes, *parts: str) -> float:
    """Where on [0, 1); evenly spread, and of other parts elsewhere."""
    digest = hashlib.blake2b(key=key, digest_size=8)
    for part in parts:
        raw = part.encode()
        digest.update(len(raw).to_bytes(4, "big"))
        digest.update(raw)
    return (int.from_bytes(digest.digest(), "big") >> (64 - _BITS)) / (1 << _BITS)
