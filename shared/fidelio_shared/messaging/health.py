"""What keeps a process from working just now, and whether it gets anywhere."""

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Health:
    """Ready: started and waiting for nothing. Alive: progress within the last minute, or nothing to do, or waiting."""

    is_started: bool = False
    waiting: dict[str, float] = field(default_factory=dict)
    progressed_at: dict[str, float] = field(default_factory=dict)
    lagging: dict[str, int] = field(default_factory=dict)
    halted: str | None = None

    def wait_for(self, dependency: str) -> None:
        self.waiting.setdefault(dependency, time.monotonic())

    def is_waiting_for(self, dependency: str) -> bool:
        return dependency in self.waiting

    def progress(self, step: str) -> None:
        self.progressed_at[step] = time.monotonic()
        self.waiting.clear()

    def stuck(self, *, patience_seconds: float) -> list[str]:
        """Steps that have work and have got nowhere for so long, although nothing they wait for is named."""
        if self.waiting:
            return []
        late = time.monotonic() - patience_seconds
        return [step for step, at in self.progressed_at.items() if at < late and self.lagging.get(step, 0) > 0]

    @property
    def is_ready(self) -> bool:
        return self.is_started and not self.waiting and self.halted is None
