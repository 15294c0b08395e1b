"""Why an address is not to be written to, and until when that holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from fidelio_notify.domain.cards import REACHING, Person
from fidelio_shared.contracts.rights import EVERY_CHANNEL

Why = Literal["bounced", "unsubscribed", "complained"]
WHYS: tuple[Why, ...] = get_args(Why)
"""The graver reason takes the place of the other: a bounce speaks of one address, a complaint forbids everything."""


@dataclass(frozen=True, slots=True)
class Unwanted:
    """`decision`: the message that was answered so; None where a person put it there."""

    why: Why
    since: datetime
    decision: str | None = None


def still_unwanted(listed: Mapping[str, Unwanted], person: Person) -> dict[str, str]:
    """By address, why; without those at which the person unsubscribed and has agreed to something since.

    What they agreed to, and to nothing else, is for the consent to say. A bounce or a complaint ends by no consent.
    """
    kinds = {each.value: each.kind for each in person.identifiers}
    return {
        address: each.why
        for address, each in listed.items()
        if each.why != "unsubscribed" or not _has_agreed(person, kinds.get(address), each.since)
    }


def _has_agreed(person: Person, kind: str | None, since: datetime) -> bool:
    return any(
        each.status == "granted"
        and each.at > since
        and (each.channel == EVERY_CHANNEL or REACHING.get(each.channel) == kind)
        for each in person.consents
    )
