"""A decision as the ledger keeps it: what was proposed, what came of it so far, and why."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from fidelio_notify.domain.gates.case import Arm
from fidelio_notify.domain.gates.consent import Evidence
from fidelio_notify.domain.playbooks.model import Playbook, Playbooks
from fidelio_notify.domain.proposals import Proposal
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.notify import CallBack, Failure, Step, Verdict

_UNREACHED = frozenset({"contact", "suppression_list"})


@dataclass(frozen=True, slots=True)
class Sent:
    """`letter`: digest of what was sent. `message_id`: empty while nobody knows whether it was taken."""

    message_id: str
    to: str
    letter: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Decision:
    """`step`: the last one taken, to be announced or announced; `at`: when. `playbooks`: the version of the file by
    which it was judged last. `is_resumed`: an attempt was cut short, and the same order may be sent again. `due_at`:
    when it is judged, as stored; None of one that is not stored yet."""

    proposal: Proposal
    is_transactional: bool
    step: Step
    at: datetime
    verdicts: tuple[Verdict, ...] = ()
    playbook_version: int = 0
    playbooks: str | None = None
    channel: str = ""
    variant: str | None = None
    offer: str | None = None
    arm: Arm | None = None
    until: datetime | None = None
    superseded_by: str | None = None
    sent: Sent | None = None
    failure: Failure | None = None
    call_back: CallBack | None = None
    is_resumed: bool = False
    due_at: datetime | None = None

    @property
    def id(self) -> str:
        return self.proposal.decision

    def is_due_after(self, instant: datetime) -> bool:
        return self.due_at is not None and self.due_at > instant


def proposed(proposal: Proposal, playbook: Playbook, playbooks: Playbooks) -> Decision:
    return Decision(
        proposal=proposal,
        is_transactional=playbook.is_transactional,
        step="decided",
        at=proposal.reason.at,
        playbook_version=playbook.version,
        playbooks=playbooks.version,
    )


def due_at(decision: Decision, gather: timedelta) -> datetime:
    """What is owed goes out at once; of the rest, one message is made of what comes within `gather`."""
    release_at = decision.proposal.release_at
    return release_at if decision.is_transactional else release_at + gather


def groups(decisions: Iterable[Decision], due: Collection[str], gather: timedelta) -> Sequence[Sequence[Decision]]:
    """Of each person whose time has come what belongs together: the first that is due, and all that is released within
    `gather` of it; the rest has its turn afterwards. What is owed stands alone. What was put off waits for its own
    time."""
    found: list[Sequence[Decision]] = []
    ordered = sorted(decisions, key=lambda each: (each.proposal.profile, each.proposal.release_at, each.id))
    for _, theirs in groupby(ordered, key=lambda each: each.proposal.profile):
        mine = list(theirs)
        found += [[each] for each in mine if each.is_transactional and each.id in due]
        found += _gathered([each for each in mine if not each.is_transactional], due, gather)
    return found


def _gathered(decisions: Sequence[Decision], due: Collection[str], gather: timedelta) -> list[Sequence[Decision]]:
    first = next((each for each in decisions if each.id in due), None)
    if first is None:
        return []
    last = first.proposal.release_at + gather
    here = [each for each in decisions if each.id in due or not _is_put_off(each, gather)]
    return [[each for each in here if each.proposal.release_at <= last]]


def _is_put_off(decision: Decision, gather: timedelta) -> bool:
    return decision.due_at is not None and decision.due_at > due_at(decision, gather)


def is_followed(decision: Decision) -> bool:
    """Whether its playbook's next step has its turn: after a message, and where none could reach the person."""
    if decision.step == "suppressed":
        refusals = {each.gate for each in decision.verdicts if not each.passed}
        return bool(refusals) and refusals <= _UNREACHED and decision.superseded_by is None
    return decision.step == "sent" or decision.failure in ("refused", "unwritable")


def people(decisions: Iterable[Decision]) -> frozenset[ProfileId]:
    return frozenset(each.proposal.profile for each in decisions)
