"""Whether a playbook's condition holds of a person."""

from typing import assert_never

from fidelio_notify.domain.cards import Card
from fidelio_notify.domain.gates.case import Case
from fidelio_notify.domain.playbooks.model import (
    All,
    AnyOf,
    Condition,
    HappenedSince,
    HasOpen,
    InBand,
    InSegment,
    LatestRating,
    Not,
    ReferenceClosed,
    TraitIs,
    TraitKnown,
    WorthAtLeast,
)
from fidelio_notify.domain.proposals import Proposal

_OfScores = InSegment | InBand | WorthAtLeast
_OfProfile = TraitIs | TraitKnown | HasOpen | LatestRating | HappenedSince | ReferenceClosed


def holds(condition: Condition, case: Case) -> bool:
    """What is not known does not hold, and so its opposite does: nobody without a score is in a band, and everybody
    without one is in none of them."""
    return _holds(condition, case.known, case.proposal)


def _holds(condition: Condition, card: Card | None, proposal: Proposal) -> bool:
    match condition:
        case All(parts):
            return all(_holds(each, card, proposal) for each in parts)
        case AnyOf(parts):
            return any(_holds(each, card, proposal) for each in parts)
        case Not(part):
            return not _holds(part, card, proposal)
        case InSegment() | InBand() | WorthAtLeast():
            return card is not None and _holds_of_scores(condition, card)
        case _:
            return card is not None and _holds_of_profile(condition, card, proposal)


def _holds_of_scores(condition: _OfScores, card: Card) -> bool:
    scored = card.scored
    match condition:
        case InSegment(segment):
            return segment in card.segments
        case InBand(bands):
            return scored is not None and scored.churn is not None and scored.churn.band in bands
        case WorthAtLeast(amount):
            return scored is not None and scored.value is not None and scored.value.amount >= amount
        case _:
            assert_never(condition)


def _holds_of_profile(condition: _OfProfile, card: Card, proposal: Proposal) -> bool:
    person = card.person
    match condition:
        case TraitIs(name, values):
            return any(_is_same(each.value, value) for each in person.traits if each.name == name for value in values)
        case TraitKnown(name):
            return any(each.name == name and each.value is not None for each in person.traits)
        case HasOpen(is_complaint):
            return any(each.is_open and (each.is_complaint or not is_complaint) for each in person.tickets)
        case LatestRating(scale, at_least, at_most):
            told = (each.latest[0].value for each in person.ratings if each.scale == scale and each.latest)
            return any(at_least <= value <= at_most for value in told)
        case HappenedSince(types):
            return any(each.type in types and each.last_at > proposal.caused_at for each in person.activity)
        case ReferenceClosed():
            return _is_closed(card, proposal)
        case _:
            assert_never(condition)


def _is_closed(card: Card, proposal: Proposal) -> bool:
    """A ticket that the card does not list may be open still."""
    about = proposal.reason.reference
    return about is not None and any(
        (each.kind, each.reference) == (about.kind, about.id) and not each.is_open for each in card.person.tickets
    )


def _is_same(told: object, wanted: object) -> bool:
    """True is not 1."""
    return told == wanted and isinstance(told, bool) == isinstance(wanted, bool)
