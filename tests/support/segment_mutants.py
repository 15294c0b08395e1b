"""Evaluations of segments that are wrong in one respect each, to prove that the check would notice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from fidelio_scoring.domain.facts import Consent, Facts, Ticket
from fidelio_scoring.domain.segments import conditions, evaluation, instants, measures, parsing
from fidelio_scoring.domain.segments.conditions import Among, Belongs, Followed, Granted, Turn, Within
from fidelio_scoring.domain.segments.definitions import Definitions
from fidelio_scoring.domain.segments.program import Program, Question, state_at
from fidelio_scoring.domain.segments.reading import Reading, Scalar, Scores
from fidelio_shared.declarations import lengths
from fidelio_shared.declarations.lengths import Elapsed
from support.segment_world import MILLISECOND

_HOUR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Mutant:
    """`owner`: the module or class in which another `name` stands. `subject`: of conditions in which it can show."""

    title: str
    owner: object
    name: str
    instead: object
    subject: str


def _a_millisecond_longer(self: Elapsed, at: datetime) -> datetime:
    return at + self.span + MILLISECOND


def _until_the_hour_is_full(self: Elapsed, at: datetime) -> datetime:
    return _EPOCH + -((_EPOCH - at - self.span) // _HOUR) * _HOUR


def _one_fewer_is_enough(reading: Reading, interaction_type: str, k: int) -> datetime | None:
    return reading.kth_latest(interaction_type, max(1, k - 1))


def _midnight_in_utc(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), UTC)


def _summer_and_winter_alike(day: date, zone: str) -> datetime:
    offset = lengths.time_zone(zone).utcoffset(datetime(2026, 1, 1))
    assert offset is not None
    return datetime.combine(day, time(), UTC) - offset


def _who_never_did_is_not_silent(reading: Reading, interaction_type: str) -> datetime | None:
    return reading.latest(interaction_type)


def _an_answer_at_once_is_none(reading: Reading, first: str, then: str) -> datetime | None:
    asked, answered = reading.latest(first), reading.latest(then)
    return None if asked is None or (answered is not None and answered > asked) else asked


def _any_answer_ever(reading: Reading, first: str, then: str) -> datetime | None:
    return None if reading.latest(then) else reading.latest(first)


def _in_time_at_the_end(self: Followed, instants: tuple[datetime, datetime]) -> Turn:
    first, then = instants
    return first <= then <= self.length.after(first)


def _in_any_order(self: Followed, instants: tuple[datetime, datetime]) -> Turn:
    first, then = instants
    return then < self.length.after(first)


def _consents_never_expire(self: Granted, consents: tuple[Consent, ...]) -> Turn:
    turn = _granted(self, consents)
    return turn if isinstance(turn, bool) else True


def _only_this_channel(self: Granted, consents: tuple[Consent, ...]) -> Turn:
    told = [each for each in consents if (each.purpose, each.channel) == (self.purpose, self.channel)]
    if not told or told[0].status == "denied" or conditions.objections(consents):
        return False
    return (told[0].expires_at, False) if told[0].expires_at else True


def _nobody_objects(_: object) -> frozenset[str]:
    return frozenset()


def _since_it_was_first_opened(ticket: Ticket) -> datetime:
    return ticket.opened_at or ticket.at


def _one_is_true(self: Among, values: tuple[Scalar, ...]) -> Turn:
    every = {*self.values, *self.truths}
    return any(each in every for each in values)


def _nothing_is_zero(self: Question, reading: Reading) -> object:
    answer = _answer(self, reading)
    return 0 if answer is None and self.subject.__module__ == measures.__name__ else answer


def _regardless_of_group(segments: Iterable[parsing.Segment]) -> object:
    return {name: _without_rivals(condition) for name, condition in _in_order(segments).items()}  # type: ignore[arg-type]


def _without_rivals(condition: conditions.Condition) -> conditions.Condition:
    if isinstance(condition, conditions.All) and isinstance(condition.parts[-1], conditions.Not):
        rival = condition.parts[-1].part
        if isinstance(rival, Belongs) and rival.place == conditions.START:
            return condition.parts[0]
    return condition


def _one_by_one(turns: Sequence[tuple[datetime, int]]) -> Sequence[tuple[datetime, int]]:
    return turns


def _only_the_next_turn(
    definitions: Definitions, facts: Facts, scores: Scores, *, after: datetime, known: frozenset[str]
) -> datetime | None:
    _, turns = state_at(definitions.program, Reading(facts, scores), after)
    return turns[0][0] if turns else None


def _not_at_once(
    definitions: Definitions, facts: Facts, scores: Scores, *, after: datetime, known: frozenset[str]
) -> datetime | None:
    return _next_change(definitions, facts, scores, after=after + MILLISECOND, known=known)


def _after_the_turn(given: Program, reading: Reading, now: datetime) -> tuple[int, list[tuple[datetime, int]]]:
    return state_at(given, reading, now - MILLISECOND)


_answer, _granted = Question.answer, Granted.turn_of
_in_order, _next_change = parsing._in_order, evaluation.next_change


def _ages_never_end(self: Within, at: datetime) -> Turn:
    return True


MUTANTS = (
    Mutant("what is bounded ends a millisecond late", Elapsed, "after", _a_millisecond_longer, "happened"),
    Mutant("windows are buckets of an hour", Elapsed, "after", _until_the_hour_is_full, "happened"),
    Mutant("one fewer is enough", instants, "kth_latest", _one_fewer_is_enough, "happened"),
    Mutant("calendar days are those of UTC", lengths, "first_instant", _midnight_in_utc, "happened"),
    Mutant("clocks are never put forward", lengths, "first_instant", _summer_and_winter_alike, "happened"),
    Mutant("who never did something is not silent", instants, "silent_since", _who_never_did_is_not_silent, "absent"),
    Mutant("an answer at the same instant is none", instants, "unanswered", _an_answer_at_once_is_none, "sequence"),
    Mutant("an answer before the question is one", instants, "unanswered", _any_answer_ever, "sequence"),
    Mutant("an answer at the end is in time", Followed, "turn_of", _in_time_at_the_end, "sequence"),
    Mutant("a sequence has no order", Followed, "turn_of", _in_any_order, "sequence"),
    Mutant("consents never expire", Granted, "turn_of", _consents_never_expire, "consent"),
    Mutant("a refusal for every channel is ignored", Granted, "turn_of", _only_this_channel, "consent"),
    Mutant("objections are ignored", conditions, "objections", _nobody_objects, "consent"),
    Mutant("a reopened ticket is as old as ever", instants, "_open_since", _since_it_was_first_opened, "case"),
    Mutant("true is one", Among, "turn_of", _one_is_true, "attribute"),
    Mutant("a number that there is not is zero", Question, "answer", _nothing_is_zero, "number"),
    Mutant("groups are not exclusive", parsing, "_in_order", _regardless_of_group, "age"),
    Mutant("what turns together turns one by one", evaluation, "_by_instant", _one_by_one, "absent"),
    Mutant("every turn is a change", evaluation, "next_change", _only_the_next_turn, "absent"),
    Mutant("the first millisecond is left out", evaluation, "next_change", _not_at_once, "age"),
    Mutant("a turn is noticed a millisecond late", evaluation, "state_at", _after_the_turn, "age"),
    Mutant("windows never end", Within, "turn_of", _ages_never_end, "age"),
)
