"""What gates look at, and what they say."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from fidelio_notify.domain.cards import Card
from fidelio_notify.domain.playbooks.model import Playbook, Policy, Step
from fidelio_notify.domain.proposals import Proposal

Arm = Literal["treated", "held"]


@dataclass(frozen=True, slots=True)
class Contacted:
    """A message to this person, whichever of their profiles it was addressed to: when its attempt ended (or began,
    while nobody knows how it ended)."""

    at: datetime
    channel: str
    is_transactional: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A decision to be judged, with all that is known at `now`. `card`: of the person, None where nothing is known yet.
    `watermark_age`: None on the stream clock. `stopped`: names of playbooks that people stopped, `*` for all.
    `unwanted`: those of the person's addresses (mail in small letters) that are on the suppression list, each with why:
    bounced, complained, unsubscribed. `arm`: None where the playbook holds nobody out. `channels`: for which there is a
    provider; None: for all."""

    playbook: Playbook
    step: Step
    policy: Policy
    proposal: Proposal
    card: Card | None
    now: datetime
    watermark_age: timedelta | None = None
    stopped: frozenset[str] = frozenset()
    unwanted: dict[str, str] = field(default_factory=dict)
    contacted: tuple[Contacted, ...] = ()
    arm: Arm | None = None
    channels: frozenset[str] | None = None

    @property
    def known(self) -> Card | None:
        """The card, unless it is older than what the reason saw: then nothing can be told of this person yet."""
        card, reason, origin = self.card, self.proposal.reason, self.proposal.origin
        if card is None:
            return None
        if origin is not None:
            return card if origin in card.members else None
        return card if (card.epoch, card.revision) >= (reason.epoch, reason.revision) else None


@dataclass(frozen=True, slots=True)
class Refusal:
    """`reason`: of the gate's own closed set. `until`: the gate may let it pass from then on; None: never."""

    reason: str
    until: datetime | None = None


Gate = Callable[[Case], Refusal | None]
ChannelGate = Callable[[Case, str], Refusal | None]
