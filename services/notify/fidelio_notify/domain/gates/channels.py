"""Gates that each channel has to pass."""

import re
from collections.abc import Sequence

from fidelio_notify.domain.cards import REACHING, Card
from fidelio_notify.domain.gates.case import Case, Contacted, Refusal
from fidelio_notify.domain.gates.lag import card_lags
from fidelio_notify.domain.gates.local_time import quiet_until
from fidelio_notify.domain.gates.zones import zones_of
from fidelio_notify.domain.playbooks.model import Cap

PREFERRED = "preferred"
WEBHOOK = "webhook"
"""Reaches a system of the brand's, which is told whom it is about."""
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def channels_of(case: Case) -> Sequence[str]:
    """In the step's order, each once; without `preferred` where the person has not shown any."""
    card = case.known
    meant = (_preferred(card) if each == PREFERRED else each for each in case.step.channels)
    return tuple(dict.fromkeys(each for each in meant if each is not None))


def address_of(case: Case, channel: str) -> str | None:
    """The first that takes mail, in a stable order; where none does, the first."""
    card = case.known
    usable = _addresses(card, channel) if card else ()
    return next((each for each in usable if not _is_dead(case, each)), next(iter(usable), None))


def contact(case: Case, channel: str) -> Refusal | None:
    if case.channels is not None and channel not in case.channels:
        return Refusal("no_provider")
    card = case.known
    if card is None:
        return card_lags(case)
    if _addresses(card, channel):
        return None
    return Refusal("unusable_address" if any(card.addresses(channel)) else "no_address")


def suppression_list(case: Case, channel: str) -> Refusal | None:
    """A complaint and an unsubscription speak for the person at all of their addresses, a bounce for the one."""
    card = case.known
    addresses = _addresses(card, channel) if card else ()
    told = {case.unwanted[each] for each in addresses if each in case.unwanted}
    if "complained" in told:
        return Refusal("complained")
    if "unsubscribed" in told and not case.playbook.is_transactional:
        return Refusal("unsubscribed")
    return Refusal("bounced") if addresses and all(_is_dead(case, each) for each in addresses) else None


def quiet(case: Case, channel: str) -> Refusal | None:
    """What could only be sent when it is stale is refused at once."""
    hours = tuple(each for each in case.policy.quiet if channel in each.channels)
    card = case.known
    if card is None or not hours:
        return None
    until = quiet_until(case.now, zones_of(card, case.policy.zones), hours)
    if until is None:
        return Refusal("no_common_hour")
    if until <= case.now:
        return None
    return Refusal("quiet_hours", until) if until <= case.proposal.deadline else Refusal("quiet_past_deadline")


def cap(case: Case, channel: str) -> Refusal | None:
    """Rolling windows: what was sent exactly a window ago counts no more. What is owed neither counts nor is capped."""
    if case.playbook.is_transactional:
        return None
    for each in case.policy.caps:
        if each.channel in (None, channel) and _count(case, each) >= each.most:
            return Refusal("too_many_messages" if each.channel is None else "too_many_on_channel")
    return None


def _count(case: Case, cap: Cap) -> int:
    after = case.now - cap.window
    return sum(_counts(each, cap) and each.at > after for each in case.contacted)


def _counts(message: Contacted, cap: Cap) -> bool:
    return not message.is_transactional and cap.channel in (None, message.channel)


def _addresses(card: Card, channel: str) -> Sequence[str]:
    if channel == WEBHOOK:
        return (card.profile,)
    told = card.addresses(channel)
    kind = REACHING.get(channel, channel)
    if kind == "email":
        return [each.lower() for each in told]
    return [each for each in told if kind != "phone" or _E164.fullmatch(each)]


def _is_dead(case: Case, address: str) -> bool:
    return case.unwanted.get(address, "unsubscribed") != "unsubscribed"


def _preferred(card: Card | None) -> str | None:
    """Where they answer, by replies and clicks; that of the first name where two are equal."""
    told = card.person.preferred.channels if card and card.person.preferred else ()
    answers = {each.channel: each.replies + each.clicks for each in told if each.channel in REACHING}
    best = min(answers, key=lambda channel: (-answers[channel], channel), default=None)
    return best if best is not None and answers[best] > 0 else None
