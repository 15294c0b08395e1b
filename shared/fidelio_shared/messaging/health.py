"""What keeps a process from working just now, and whether it gets anywhere."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

WATCH = "watch"


@dataclass(slots=True)
class Health:
    """Ready: started and waiting for nothing. Alive: no step is stuck.

    Whoever waits says so under its own name and ends its own wait: a step that succeeds says nothing of another's
    dependency. `waiting`: who waits, and for what.
    """

    patience_seconds: float = 60.0
    clock: Callable[[], float] = time.monotonic
    is_started: bool = False
    waiting: dict[str, str] = field(default_factory=dict)
    progressed_at: dict[str, float] = field(default_factory=dict)
    lagging: dict[str, int] = field(default_factory=dict)
    halted: str | None = None

    def wait_for(self, dependency: str, *, who: str) -> None:
        self.waiting[who] = dependency

    def go_on(self, who: str) -> None:
        """Its wait, if there was one, has ended. Nobody could get anywhere meanwhile, so patience begins anew."""
        if self.waiting.pop(who, None):
            self.progressed_at = dict.fromkeys(self.progressed_at, self.clock())

    def is_waiting_for(self, dependency: str) -> bool:
        return dependency in self.waiting.values()

    def progress(self, step: str) -> None:
        self.go_on(step)
        self.progressed_at[step] = self.clock()

    def measured(self, step: str, *, behind: int) -> None:
        """A step with nothing to do is as far as it can be."""
        self.lagging[step] = behind
        if not behind:
            self.progress(step)

    def stuck(self) -> list[str]:
        """Steps that have work and have got nowhere for so long, although nothing they wait for is named."""
        if WATCH in self.waiting:
            return []
        late = self.clock() - self.patience_seconds
        return [
            step
            for step, at in self.progressed_at.items()
            if at < late and step not in self.waiting and self.lagging.get(step, 0) > 0
        ]

    @property
    def is_ready(self) -> bool:
        return self.is_started and not self.waiting and self.halted is None
