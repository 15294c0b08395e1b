"""What is known of people as news of some days tells it, in memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from fidelio_notify.domain.cards import REACHING, Card, PersonSnapshot, belonging_from, card_from, scored_from
from fidelio_notify.domain.gates.case import Contacted
from fidelio_notify.domain.playbooks.triggers import News
from fidelio_notify.domain.unwanted import Unwanted, still_unwanted
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.contracts.scoring import ScoreChanged

MOST_PEOPLE = 100_000
_NONE = (-1, -1)


class TooMany(ValueError):
    """More than fits into memory: how many, and what to do."""


@dataclass(slots=True)
class SimulatedPeople:
    """`unwanted`: addresses on the suppression list, and why. `contacted`: messages that were really sent before."""

    most: int = MOST_PEOPLE
    cards: dict[ProfileId, Card] = field(default_factory=dict)
    unwanted: dict[str, Unwanted] = field(default_factory=dict)
    contacted: dict[ProfileId, Sequence[Contacted]] = field(default_factory=dict)
    _numbers: dict[tuple[ProfileId, type], tuple[int, int]] = field(default_factory=dict)

    def begin_with(self, cards: Iterable[Card]) -> None:
        """As they are known now: it holds until the first news of each part, however old that is. Who is somebody
        else's card by now, or was erased, is left to the news."""
        for each in cards:
            if each.profile not in self.cards and not each.merged_into and not each.erased_at:
                self._keep(each)

    def hear(self, news: News) -> None:
        """Raises TooMany. Only what is later replaces what is known; of somebody who was erased nothing is learnt."""
        card = self.cards.get(news.profile) or Card(news.profile, *_NONE)
        key, number = (news.profile, type(news)), _number(news)
        if card.erased_at or number <= self._numbers.get(key, _NONE):
            return
        self._numbers[key] = number
        self._keep(_told(card, news))

    def unwanted_of(self, card: Card) -> dict[str, str]:
        """Of all that is listed, what is theirs, and why."""
        theirs = (each.value for each in card.person.identifiers)
        return still_unwanted({each: self.unwanted[each] for each in theirs if each in self.unwanted}, card.person)

    def _keep(self, card: Card) -> None:
        if card.profile not in self.cards and len(self.cards) == self.most:
            raise TooMany(f"there is news of more than {self.most} people in these days; take fewer days")
        self.cards[card.profile] = card


def time_of(news: News) -> datetime:
    """When Fidelio learnt it."""
    return news.cause.received_at if isinstance(news, PersonSnapshot) else news.at


def addresses_of(news: Iterable[News]) -> list[Identifier]:
    reaching = frozenset(REACHING.values())
    states = [each.state for each in news if isinstance(each, PersonSnapshot) and each.state]
    return [each for state in states for each in state.identifiers if each.kind in reaching]


def _number(news: News) -> tuple[int, int]:
    return news.epoch, news.revision if isinstance(news, PersonSnapshot) else news.sequence


def _told(card: Card, news: News) -> Card:
    if isinstance(news, PersonSnapshot):
        told = card_from(news)
        return told if told.erased_at else replace(told, scored=card.scored, belonging=card.belonging)
    if isinstance(news, ScoreChanged):
        return replace(card, scored=scored_from(news))
    return replace(card, belonging=belonging_from(news))
