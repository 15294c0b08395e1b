"""A playbook sent to everybody in a segment: decided for page by page, so that it can be gone on with at any time."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from fidelio_notify.adapters.mongo_decisions import Proposed
from fidelio_notify.domain.cards import Card
from fidelio_notify.domain.decisions import Decision, due_at, proposed
from fidelio_notify.domain.judging import Allowed, Deferred, Judgement, first_refusal
from fidelio_notify.domain.playbooks.model import Playbooks
from fidelio_notify.domain.requests import Request, requested
from fidelio_notify.looking import Looking
from fidelio_notify.partitions import Partitions
from fidelio_notify.stores import Stores
from fidelio_notify.times import Times
from fidelio_shared.contracts.notify import GateName
from fidelio_shared.messaging.errors import Halted

PAGE = 500
Told = Callable[[int], None]


@dataclass(slots=True)
class Trial:
    """Of how many people what would become now: by channel, or by the first gate that said no."""

    people: int = 0
    sent: Counter[str] = field(default_factory=Counter)
    put_off: Counter[GateName] = field(default_factory=Counter)
    suppressed: Counter[GateName] = field(default_factory=Counter)

    def add(self, judgement: Judgement) -> None:
        self.people += 1
        if isinstance(judgement, Allowed):
            self.sent[judgement.channel] += 1
            return
        first = first_refusal(judgement.verdicts)
        (self.put_off if isinstance(judgement, Deferred) else self.suppressed)[first] += 1


async def tried(
    looking: Looking, playbooks: Playbooks, request: Request, *, most: int | None, told: Told, page: int = PAGE
) -> Trial:
    """Nothing is stored. `most`: profiles' ids are evenly spread, so the first so many are a fair sample."""
    trial = Trial()
    async for found in _pages(looking.stores, request.segment, page):
        cards = found[: None if most is None else most - trial.people]
        decisions = [_decision(request, card, playbooks) for card in cards]
        by_profile = {each.profile: each for each in cards}
        for looked in await looking.judging.look(decisions, by_profile, looking.now):
            trial.add(looked.judgement)
        told(len(found))
        if most is not None and trial.people >= most:
            break
    return trial


async def store_all(
    stores: Stores, playbooks: Playbooks, request: Request, partitions: Partitions, *, told: Told, page: int = PAGE
) -> None:
    """What is stored already stays as it is. Nothing is released before all are stored."""
    async for found in _pages(stores, request.segment, page):
        await _refuse_refused(stores, request)
        cards = await _without_known(stores, request, found)
        wanted = [
            Proposed(decision, partitions.of(card.profile), due_at(decision, playbooks.policy.gather))
            for card in cards
            for decision in (_decision(request, card, playbooks),)
        ]
        await stores.decisions.insert(wanted, stored_at=Times("wall").wall())
        told(len(found))
    await stores.masses.complete(request.mass)


def _decision(request: Request, card: Card, playbooks: Playbooks) -> Decision:
    return proposed(requested(request, card), request.playbook, playbooks)


async def _pages(stores: Stores, segment: str, limit: int) -> AsyncIterator[Sequence[Card]]:
    """People who are somebody else's card now, or were erased, are nobody's page."""
    after = None
    while page := await stores.cards.page_of_segment(segment, after, limit=limit):
        after = page[-1].profile
        yield [each for each in page if each.merged_into is None and each.erased_at is None]


async def _without_known(stores: Stores, request: Request, cards: Sequence[Card]) -> Sequence[Card]:
    """Who had their decision before they became part of somebody else has it."""
    members = {each: request.decision(each) for card in cards for each in card.members}
    known = await stores.decisions.there(members.values()) if members else frozenset()
    return [card for card in cards if not any(members[each] in known for each in card.members)]


async def _refuse_refused(stores: Stores, request: Request) -> None:
    mass = await stores.masses.find(request.mass)
    if mass and mass.is_approved is False:
        raise Halted(f"{mass.by} refused {mass.name} meanwhile; nothing more is stored")
