"""Choices among reasons that are wrong in one respect each, to prove that the check would notice."""

from fidelio_notify.domain import choosing
from fidelio_notify.domain.choosing import Judged
from fidelio_notify.domain.judging import Allowed, Suppressed
from support.gate_mutants import Mutant


def _sent_before_put_off(judged: Judged) -> tuple[object, ...]:
    return not isinstance(judged[1], Allowed), *_rank(judged)


def _lowest_priority(judged: Judged) -> tuple[object, ...]:
    return -_rank(judged)[0], *_rank(judged)[1:]


def _earliest_cause(judged: Judged) -> tuple[object, ...]:
    priority, cause, decision = _rank(judged)
    return priority, -cause, decision


def _causes_do_not_matter(judged: Judged) -> tuple[object, ...]:
    return _rank(judged)[0], _rank(judged)[2]


def _largest_id(judged: Judged) -> tuple[object, ...]:
    return *_rank(judged)[:2], [-ord(each) for each in _rank(judged)[2]]


def _all_compete(judged: Judged) -> bool:
    return not isinstance(judged[1], Suppressed)


def _suppressed_compete(judged: Judged) -> bool:
    return not judged[0].playbook.is_transactional


_rank = choosing._rank

MUTANTS = (
    Mutant("what may be sent now goes before what is put off", choosing, "_rank", _sent_before_put_off),
    Mutant("the lowest priority wins", choosing, "_rank", _lowest_priority),
    Mutant("the earliest cause wins", choosing, "_rank", _earliest_cause),
    Mutant("the cause does not matter", choosing, "_rank", _causes_do_not_matter),
    Mutant("the largest id wins", choosing, "_rank", _largest_id),
    Mutant("what is owed stands for others", choosing, "_competes", _all_compete),
    Mutant("what is suppressed stands for others", choosing, "_competes", _suppressed_compete),
)
