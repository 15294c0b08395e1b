"""Where and when the customer is to be reached, from what they did themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fidelio_profile.domain.bottom import bottom
from fidelio_profile.domain.bounds import fits
from fidelio_profile.domain.parts import Fields, Made, Part, Read
from fidelio_shared.contracts.canonical import Instant
from fidelio_shared.contracts.ingest import Interaction

MOST_CHANNELS = 12
LONGEST_CHANNEL = 32

Counts = tuple[int, int, int]
"""Replies, clicks, initiatives."""

RESPONSES: Mapping[str, Counts] = {
    "message.replied": (1, 0, 0),
    "message.clicked": (0, 1, 0),
    "call.ended": (0, 0, 1),
    "complaint.filed": (0, 0, 1),
    "conversation.started": (0, 0, 1),
    "mention.posted": (0, 0, 1),
    "ticket.opened": (0, 0, 1),
    "ticket.reopened": (0, 0, 1),
}
"""Never `message.opened`: machines open mail."""


@dataclass(frozen=True, slots=True)
class Preferred:
    """`hours`: responses by the hour of the day in UTC; hours without any are left out."""

    channels: Mapping[tuple[str], Counts]
    hours: Mapping[int, int]


def one_response(interaction: Interaction, at: Instant) -> Part[Preferred]:
    counts = RESPONSES.get(interaction.type)
    if counts is None or not fits(interaction.channel, LONGEST_CHANNEL):
        return NO_RESPONSES
    return Made(Preferred({(interaction.channel,): counts}, {int(at[11:13]): 1}), _document)


def join_preferred(left: Part[Preferred], right: Part[Preferred]) -> Part[Preferred]:
    return left if right is NO_RESPONSES else Made(_join(left.value, right.value), _document)


def preferred_from(document: Mapping[str, Any]) -> Part[Preferred]:
    preferred = document.get("preferred")
    return Read({"preferred": preferred}, _read) if preferred and preferred["hours"] else NO_RESPONSES


def _join(left: Preferred, right: Preferred) -> Preferred:
    channels, hours = dict(left.channels), dict(left.hours)
    for channel, (replies, clicks, initiatives) in right.channels.items():
        known = channels.get(channel, (0, 0, 0))
        channels[channel] = (known[0] + replies, known[1] + clicks, known[2] + initiatives)
    for hour, count in right.hours.items():
        hours[hour] = hours.get(hour, 0) + count
    return Preferred(bottom(channels, MOST_CHANNELS), hours)


def _document(preferred: Preferred) -> Fields:
    channels = [
        {"channel": channel, "replies": replies, "clicks": clicks, "initiatives": initiatives}
        for (channel,), (replies, clicks, initiatives) in sorted(preferred.channels.items())
    ]
    hours = [{"hour": hour, "count": count} for hour, count in sorted(preferred.hours.items())]
    return {"preferred": {"channels": channels, "hours": hours}}


def _read(document: Mapping[str, Any]) -> Preferred:
    channels, hours = document["preferred"]["channels"], document["preferred"]["hours"]
    return Preferred(
        channels={(each["channel"],): (each["replies"], each["clicks"], each["initiatives"]) for each in channels},
        hours={each["hour"]: each["count"] for each in hours},
    )


NO_RESPONSES: Part[Preferred] = Made(Preferred({}, {}), _document)
