"""Several reasons for one person at one time become one message."""

from collections.abc import Sequence
from dataclasses import replace

from fidelio_notify.domain.gates.case import Case
from fidelio_notify.domain.judging import Judgement, Suppressed, passed
from fidelio_shared.contracts.notify import Verdict

Judged = tuple[Case, Judgement]
_SUPERSEDED = Verdict(gate="one_message", passed=False, reason="superseded")


def choose(group: Sequence[Judged]) -> tuple[Judgement, ...]:
    """The judgement of each, in the order given. Of those that may be sent, now or later, the one of highest priority
    stands for all; then the one with the latest cause, then that of the smallest id. What is owed stands outside."""
    rivals = [each for each in group if _competes(each)]
    if not rivals:
        return tuple(judgement for _, judgement in group)
    winner = min(rivals, key=_rank)[0].proposal.decision
    return tuple(_settled(each, winner) if _competes(each) else each[1] for each in group)


def _competes(judged: Judged) -> bool:
    case, judgement = judged
    return not case.playbook.is_transactional and not isinstance(judgement, Suppressed)


def _rank(judged: Judged) -> tuple[int, float, str]:
    case, _ = judged
    return -case.playbook.priority, -case.proposal.caused_at.timestamp(), case.proposal.decision


def _settled(judged: Judged, winner: str) -> Judgement:
    case, judgement = judged
    if case.proposal.decision == winner:
        return replace(judgement, verdicts=(*judgement.verdicts, passed("one_message")))
    return Suppressed((*judgement.verdicts, _SUPERSEDED), superseded_by=winner)
