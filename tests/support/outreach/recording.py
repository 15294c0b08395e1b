"""What providers were given and took, whoever gave it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from support.outreach.behaviour import NOBODY_THERE, Behaviour, behaviour_of
from support.outreach.oracle import KNOW_THEIR_ORDERS


@dataclass(frozen=True, slots=True)
class Taken:
    decision: str
    channel: str
    address: str
    at: datetime


@dataclass(slots=True)
class Recorder:
    """`now`: where the stream clock stands."""

    now: datetime
    taken: list[Taken] = field(default_factory=list)
    called_first: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def asked(self, decision: str, channel: str, address: str) -> Behaviour | Literal["dead", "knows"]:
        """What the provider is about to do."""
        is_first = (decision, channel) not in self.called_first
        first = self.called_first.setdefault((decision, channel), self.now)
        behaviour = behaviour_of(decision, channel)
        if address.endswith(NOBODY_THERE):
            return "dead"
        if channel in KNOW_THEIR_ORDERS and any(each.decision == decision for each in self.taken):
            return "knows"
        if is_first or behaviour == "refuses" or (behaviour == "busy" and first == self.now):
            return behaviour
        return "takes"

    def take(self, decision: str, channel: str, address: str) -> None:
        self.taken.append(Taken(decision, channel, address, self.now))
