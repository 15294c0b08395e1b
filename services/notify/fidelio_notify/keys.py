"""What is derived from the one secret that notify is given, each for one use alone."""

import hashlib
import hmac
from dataclasses import dataclass

from fidelio_notify.settings import NotifySettings
from fidelio_shared.messaging.errors import Halted
from fidelio_shared.storage.suppression import Suppressor, suppressor_from

_SHORTEST = 16


@dataclass(frozen=True, slots=True)
class Keys:
    """`links`: the first signs, all are read. `holdout`: of the oldest secret, so that a new one moves nobody."""

    suppressor: Suppressor
    links: tuple[bytes, ...]
    holdout: bytes


def read_keys(settings: NotifySettings) -> Keys:
    """Raises Halted without a secret: nobody could unsubscribe, and nobody be held out."""
    suppressor = suppressor_from(settings.suppression_key, settings.former_suppression_keys)
    if suppressor is None or len(suppressor.secret) < _SHORTEST:
        raise Halted(f"FIDELIO_SUPPRESSION_KEY is missing or short; set a secret of at least {_SHORTEST} characters")
    secrets = (suppressor.secret, *suppressor.former)
    return Keys(
        suppressor,
        tuple(_derived(each, "links") for each in secrets),
        _derived(secrets[-1], "holdout"),
    )


def _derived(secret: bytes, use: str) -> bytes:
    return hmac.digest(secret, f"fidelio notify {use}".encode(), hashlib.sha256)
