"""Marketing mail: it goes on after who left, and machines open it."""

import math
from collections.abc import Iterator

import numpy as np

from fidelio_deploy.world.happening import Happening, referring
from fidelio_deploy.world.life import Life

EVERY_DAYS = 15
UNSUBSCRIBING_SHARE = 0.006
SECONDS = 1 / 86_400


def mailings_of(life: Life, days: int, dice: np.random.Generator) -> Iterator[Happening]:
    """Until somebody unsubscribes or their mailbox refuses."""
    sent = np.arange(life.person.joined_day + EVERY_DAYS * dice.random(), days, EVERY_DAYS)
    for number, day in enumerate(sent.tolist()):
        letter = referring("mailing", f"{life.person.name}-{number}")
        yield Happening(day, "email", "message.sent", letter)
        if life.person.bounces:
            yield Happening(day + 30 * SECONDS, "email", "message.bounced", letter)
            return
        if life.person.machine_opens:
            yield Happening(day + (5 + 60 * dice.random()) * SECONDS, "email", "message.opened", letter)
        read = day + dice.exponential(0.7)
        if not _is_read(life, read, dice):
            continue
        yield Happening(read, "email", "message.opened", letter)
        if dice.random() < UNSUBSCRIBING_SHARE * math.exp(-0.9 * life.mood_on(read)):
            yield Happening(read + 30 * SECONDS, "email", "message.unsubscribed", letter)
            return


def _is_read(life: Life, day: float, dice: np.random.Generator) -> bool:
    is_away = any(first <= day < first + length for first, length in life.person.holidays)
    return not is_away and day < life.left_day and dice.random() < life.person.reads_mail
