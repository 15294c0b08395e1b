"""The token of an unsubscribe address, and what its use means: one purpose on one channel is denied."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.ids import ProfileId, record_id
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.contracts.topics import channel_topic
from fidelio_shared.messaging.records import Outgoing, make_record

SOURCE = "fidelio/notify"
CONSENTS_CHANNEL = "email"
"""Where consents may be told: whichever channel they are about."""
_VERSION = b"\x01"
_LABEL = b"fidelio unsubscribe"
_SHORTEST_KEY_BYTES = 16
_SIGNATURE_BYTES = 16
_ID_BYTES = 16
_LONGEST_TOKEN = 512
_LONGEST_NAME_BYTES = 128


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """`decision`: to send the message in which the address stood. It carries no address of the person's."""

    decision: str
    profile: ProfileId
    purpose: str
    channel: str


def make_token(key: bytes, wanted: Unsubscription) -> str:
    """Never expires: who keeps a mail for years may still unsubscribe with it."""
    names = [each.encode() for each in (wanted.purpose, wanted.channel)]
    if max(map(len, names)) > _LONGEST_NAME_BYTES:
        raise ValueError(f"a purpose and a channel have at most {_LONGEST_NAME_BYTES} bytes")
    said = b"".join(
        (
            _VERSION,
            bytes.fromhex(wanted.decision),
            bytes.fromhex(wanted.profile),
            *(len(each).to_bytes(1, "big") + each for each in names),
        )
    )
    return base64.urlsafe_b64encode(said + _signature(key, said)).rstrip(b"=").decode()


def read_token(keys: Sequence[bytes], token: str) -> Unsubscription | None:
    """None of what none of the keys signed; the later ones are former keys, which still count. Nothing of the token is
    looked at before its signature, and every key is tried: how long it takes tells nothing."""
    raw = _decoded(token)
    if raw is None:
        return None
    said, signature = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
    matches = [hmac.compare_digest(_signature(key, said), signature) for key in keys]
    if not any(matches) or said[:1] != _VERSION:
        return None
    purpose_at = 1 + 2 * _ID_BYTES
    channel_at = purpose_at + 1 + said[purpose_at]
    return Unsubscription(
        decision=said[1 : 1 + _ID_BYTES].hex(),
        profile=ProfileId(said[1 + _ID_BYTES : purpose_at].hex()),
        purpose=said[purpose_at + 1 : channel_at].decode(),
        channel=said[channel_at + 1 :].decode(),
    )


def unsubscribe_record(wanted: Unsubscription, identifier: Identifier, at: datetime) -> Outgoing:
    """The refusal as an interaction. Each use is one of its own: who consented again in between refuses again."""
    told_at = instant(at)
    topic = channel_topic(CONSENTS_CHANNEL)
    ce_id = record_id(topic, "unsubscribed", wanted.decision, told_at)
    said = {
        "source": SOURCE,
        "id": ce_id,
        "type": "consent.changed",
        "occurred_at": told_at,
        "identifiers": [identifier],
        "reference": {"kind": "decision", "id": wanted.decision},
        "consent": {
            "purpose": wanted.purpose,
            "channel": wanted.channel,
            "status": "denied",
            "evidence": f"decision {wanted.decision}",
        },
    }
    return make_record(
        topic,
        wanted.profile,
        encode(said),
        ce_id=ce_id,
        ce_type="consent.changed",
        source=SOURCE,
        at=told_at,
        trace=wanted.decision,
    )


def _signature(key: bytes, said: bytes) -> bytes:
    if len(key) < _SHORTEST_KEY_BYTES:
        raise ValueError(f"the key that signs unsubscribe addresses has at least {_SHORTEST_KEY_BYTES} bytes")
    return hmac.digest(key, _LABEL + said, hashlib.sha256)[:_SIGNATURE_BYTES]


def _decoded(token: str) -> bytes | None:
    if len(token) > _LONGEST_TOKEN or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    return raw if len(raw) > _SIGNATURE_BYTES else None
