"""What the demo takes from a simulated world: customers who live on every channel, beside those of the real log."""

from collections.abc import Iterator
from datetime import UTC, datetime

from fidelio_deploy.demo.cdnow import FILE_ENDS
from fidelio_deploy.world.laws import World, a_world
from fidelio_deploy.world.life import lives
from fidelio_deploy.world.post import Letter, letters_of

SEED, CUSTOMERS = 1997, 60
STARTS = datetime(1997, 1, 1, tzinfo=UTC)


def simulated_world() -> World:
    return a_world(SEED, customers=CUSTOMERS, days=(FILE_ENDS - STARTS).days + 1, starts=STARTS)


def letters() -> Iterator[Letter]:
    """A repetition comes right after what it repeats."""
    world = simulated_world()
    for life in lives(world):
        yield from letters_of(world, life)
