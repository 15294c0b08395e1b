"""Whose certificates are trusted: the machine's authorities, or one that an operator names."""

import ssl
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=16)  # reading the authorities takes 20 ms, and sessions are many
def trusting(ca_file: Path | None, *protocols: str) -> ssl.SSLContext:
    """`protocols`: offered in the handshake (ALPN). Each has a context of its own: HTTP's is not for mail servers."""
    context = ssl.create_default_context(cafile=ca_file)
    if protocols:
        context.set_alpn_protocols(protocols)
    return context
