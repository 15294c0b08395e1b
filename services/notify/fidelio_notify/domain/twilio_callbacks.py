"""What Twilio tells of text messages: what became of one, and what people answer."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from fidelio_notify.domain.callbacks import Callback, Forged, Ignored, Told, Unreadable, What

SOURCE = "provider/twilio"
_MOST_BYTES = 64 * 1024
_MOST_FIELDS = 200
_DECISION = re.compile(r"[0-9a-f]{32}")
_ID = re.compile(r"[A-Za-z0-9]{2,64}")
_NOBODY_THERE = frozenset({"21211", "21614", "30005", "30006"})
"""Invalid, no mobile number, unknown to its network, a landline. A phone that is switched off (30003) comes back."""
_OPTED_OUT = "21610"
_FAILED = frozenset({"undelivered", "failed"})


def read_twilio(token: str, url: str, signature: str, content: bytes) -> Callback:
    """`url`: as Twilio knows it, with its query. It signs no time: what is told again is the same interaction."""
    fields = _fields(content)
    if fields is None or not hmac.compare_digest(twilio_signature(token, url, fields).encode(), signature.encode()):
        return Forged()
    first = {name: values[0] for name, values in fields.items()}
    if not _ID.fullmatch(first.get("MessageSid", "")):
        return Unreadable()
    if "MessageStatus" in first:
        return _became(url, first)
    return _received(first) if "From" in first and "Body" in first else Ignored()


def twilio_signature(token: str, url: str, fields: Mapping[str, list[str]]) -> str:
    """HMAC-SHA1 of the address and each field's name and values, in order."""
    said = url + "".join(name + value for name in sorted(fields) for value in sorted(set(fields[name])))
    return base64.b64encode(hmac.digest(token.encode(), said.encode(), hashlib.sha1)).decode()


def _fields(content: bytes) -> Mapping[str, list[str]] | None:
    if len(content) > _MOST_BYTES:
        return None
    try:
        return parse_qs(content.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return None


def _received(fields: Mapping[str, str]) -> Told:
    """Twilio itself understands STOP, in several languages, and says so."""
    what: What = "unsubscribed" if fields.get("OptOutType") == "STOP" else "replied"
    return Told(SOURCE, f"{fields['MessageSid']}/received", "sms", what, address=fields["From"])


def _became(url: str, fields: Mapping[str, str]) -> Callback:
    status, code, address = fields["MessageStatus"], fields.get("ErrorCode"), fields.get("To")
    decision = parse_qs(urlsplit(url).query).get("decision", [""])[0]
    if not _DECISION.fullmatch(decision) or not address:
        return Unreadable()
    if status != "delivered" and status not in _FAILED:
        return Ignored()
    what: What = "delivered" if status == "delivered" else "unsubscribed" if code == _OPTED_OUT else "bounced"
    return Told(
        SOURCE,
        f"{fields['MessageSid']}/{status}",
        "sms",
        what,
        decision=decision,
        address=address,
        is_permanent=what == "bounced" and code in _NOBODY_THERE,
        code=code if code and _ID.fullmatch(code) else None,
    )
