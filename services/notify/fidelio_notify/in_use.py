"""The playbooks by which this process works, until somebody puts others into use."""

from dataclasses import dataclass, field

from fidelio_notify.domain.playbooks.model import Playbooks
from fidelio_notify.domain.playbooks.triggers import Triggers, triggers_of


@dataclass(slots=True)
class PlaybooksInUse:
    """`stopped`: what people have stopped, `*` for everything."""

    playbooks: Playbooks
    stopped: frozenset[str] = frozenset()
    triggers: Triggers = field(init=False)

    def __post_init__(self) -> None:
        self.triggers = triggers_of(self.playbooks)

    def replace(self, playbooks: Playbooks) -> None:
        self.playbooks, self.triggers = playbooks, triggers_of(playbooks)
