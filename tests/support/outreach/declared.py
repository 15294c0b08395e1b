"""The playbooks of the outreach tests, and what segment fires which."""

from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from fidelio_notify.domain.playbooks.model import Playbooks
from fidelio_notify.domain.playbooks.parsing import parse_playbooks

FILE = Path(__file__).with_name("playbooks.yaml")
SEGMENTS = ("worried", "lapsed", "new", "unpaid")
"""Each fires one playbook; the last one that of what is owed."""
RECOVERED = "recovered"
PURPOSES = ("marketing", "research")
CHANNELS = ("email", "sms")
EVERY = timedelta(hours=5)
"""Between two steps of time. No multiple of it is as long as a cap's window or ends with quiet hours: what is sent a
moment sooner or later is judged the same."""


@lru_cache(maxsize=1)
def playbooks() -> Playbooks:
    return parse_playbooks(FILE.read_text(encoding="utf-8"), file=FILE.name)
