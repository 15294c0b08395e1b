"""What is proposed when something happened: a decision, one for each cause and step, still to be judged."""

from dataclasses import dataclass
from datetime import datetime

from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.notify import Reason


@dataclass(frozen=True, slots=True)
class Proposal:
    """`caused_at`: when the customer did what is the cause, or fell silent too long; staleness counts from it.
    `release_at`: not judged before. `step`: of the playbook, from 0. `root`: the decision of the first step. `mass`:
    of what many others are decisions too; None of a cause of the person's own. `origin`: who was meant first, where
    that profile has become part of another one."""

    decision: str
    root: str
    playbook: str
    profile: ProfileId
    reason: Reason
    step: int
    caused_at: datetime
    release_at: datetime
    deadline: datetime
    is_historical: bool = False
    mass: str | None = None
    origin: ProfileId | None = None


def decision_id(playbook: str, profile: ProfileId, *cause: str | int) -> str:
    return hash16("decision", playbook, profile, *cause)


def interaction_decision_id(playbook: str, interaction: str) -> str:
    """Without the profile: after a merge the same interaction is another profile's, and still one cause."""
    return hash16("decision", playbook, "interaction", interaction)


def step_id(root: str, step: int) -> str:
    return root if step == 0 else hash16("decision", root, step)
