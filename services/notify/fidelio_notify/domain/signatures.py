"""Standard Webhooks: what is signed, and whether a signature is right and fresh."""

import binascii
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook

_WINDOW = timedelta(minutes=5)
_MOST_SIGNATURES = 10
_LONGEST_HEADER = 2048
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


def signed_headers(secrets: Sequence[str], *, message_id: str, content: bytes, now: datetime) -> Mapping[str, str]:
    """With each secret, so that one can be changed while both sides still know the old one."""
    text = content.decode()
    signatures = [Webhook(each).sign(message_id, now.astimezone(UTC), text) for each in secrets]
    return {ID: message_id, TIMESTAMP: str(int(now.timestamp())), SIGNATURE: " ".join(signatures)}


def is_signed(secrets: Sequence[str], headers: Mapping[str, str], content: bytes, now: datetime) -> bool:
    """By any of the secrets, and within five minutes of now. `headers`: names in lower case."""
    told = [headers.get(each, "") for each in (ID, TIMESTAMP, SIGNATURE)]
    message_id, timestamp, signatures = told
    if not all(told) or max(map(len, told)) > _LONGEST_HEADER or not (timestamp.isascii() and timestamp.isdecimal()):
        return False
    try:
        signed_at = datetime.fromtimestamp(int(timestamp), UTC)
        text = content.decode()
    except (ValueError, OverflowError, OSError):
        return False
    if abs(now - signed_at) > _WINDOW:
        return False
    right = [Webhook(each).sign(message_id, signed_at, text).encode() for each in secrets]
    offered = [each.encode() for each in signatures.split(" ")[:_MOST_SIGNATURES]]
    return any(hmac.compare_digest(each, other) for each in right for other in offered)


def is_secret(text: str) -> bool:
    """`whsec_` and 24 to 64 bytes in base64, as the specification has it."""
    prefix, _, encoded = text.partition("whsec_")
    if prefix or not encoded:
        return False
    try:
        return 24 <= len(binascii.a2b_base64(encoded, strict_mode=True)) <= 64
    except (binascii.Error, ValueError):
        return False
