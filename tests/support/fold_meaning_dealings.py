"""What a profile says of the dealings with a person, said a second time: see `fold_meaning`."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from fidelio_profile.domain.documents import Document
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.ids import hash16
from fidelio_shared.contracts.ingest import Interaction

K = TypeVar("K", bound=tuple[str, ...])
_RECENT = {
    "order.placed": 5,
    "order.returned": 3,
    "visit.made": 5,
    "message.clicked": 3,
    "message.replied": 3,
    "survey.answered": 3,
    "ticket.opened": 3,
    "ticket.reopened": 3,
    "ticket.resolved": 3,
    "complaint.filed": 3,
    "subscription.started": 1,
    "subscription.renewed": 1,
    "subscription.upgraded": 2,
    "subscription.cancelled": 1,
}
_TICKETS = ("ticket.opened", "ticket.reopened", "ticket.resolved", "complaint.filed")
_RESPONSES = {
    "replies": ("message.replied",),
    "clicks": ("message.clicked",),
    "initiatives": ("call.ended", "ticket.opened", "ticket.reopened", "complaint.filed"),
}


def dealings(every: Sequence[Interaction]) -> Document:
    tickets = _by_reference([each for each in every if each.type in _TICKETS and each.reference])
    subscriptions = _by_reference([each for each in every if each.type.startswith("subscription.")])
    return {
        "recent": _recent(every),
        "ratings": _ratings(every),
        "tickets": _tickets(tickets),
        "has_more_tickets": len(tickets) > 12,
        "subscriptions": [_subscription(key, subscriptions[key]) for key in kept(6, subscriptions)],
        "has_more_subscriptions": len(subscriptions) > 6,
        "preferred": _preferred(every),
    }


def kept(most: int, keys: Iterable[K]) -> list[K]:
    return sorted(sorted(keys, key=lambda key: hash16(*key))[:most])


def _in_order(interactions: Iterable[Interaction]) -> list[Interaction]:
    return sorted(interactions, key=lambda each: (each.occurred_at, each.id))


def _instants(interactions: Iterable[Interaction]) -> list[str]:
    return [instant(each.occurred_at) for each in _in_order(interactions)]


def _recent(every: Sequence[Interaction]) -> list[Document]:
    return [
        {"type": name, "at": instants[::-1][:most]}
        for name, most in sorted(_RECENT.items())
        if (instants := _instants(each for each in every if each.type == name))
    ]


def _ratings(every: Sequence[Interaction]) -> list[Document]:
    given: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for each in every:
        if each.rating:
            given[each.rating.scale].append((each.occurred_at, each.rating.value))
    known = {(scale,) for scale in given if scale in ("csat", "nps", "ces")}
    others = {(scale,) for scale in given} - known
    return [
        {
            "scale": scale,
            "count": len(given[scale]),
            "total": sum(value for _, value in given[scale]),
            "latest": [{"at": instant(at), "value": value} for at, value in sorted(given[scale], reverse=True)[:3]],
        }
        for (scale,) in sorted([*known, *kept(6 - len(known), others)])
    ]


def _by_reference(interactions: Sequence[Interaction]) -> dict[tuple[str, str], list[Interaction]]:
    found = defaultdict(list)
    for each in _in_order(interactions):
        key = (each.reference.kind, each.reference.id) if each.reference else ("subscription", "")
        found[key].append(each)
    return found


def _tickets(stories: Mapping[tuple[str, str], Sequence[Interaction]]) -> list[Document]:
    """Of those beyond the first, what the last interaction alone would say of the latest."""
    whole = kept(8, stories)
    lasts = {stories[key][-1].id: (key, stories[key][-1]) for key in stories.keys() - {*whole}}
    latest = _in_order(last for _, last in lasts.values())[-4:]
    told = [_ticket(key, stories[key]) for key in whole]
    told += [_ticket(lasts[last.id][0], [last]) | {"is_complaint": False, "reopenings": 0} for last in latest]
    return sorted(told, key=lambda each: (each["kind"], each["reference"]))


def _ticket(key: tuple[str, str], story: Sequence[Interaction]) -> Document:
    openings = [each for each in story if each.type != "ticket.resolved"]
    return {
        "kind": key[0],
        "reference": key[1],
        "is_open": story[-1].type != "ticket.resolved",
        "at": instant(story[-1].occurred_at),
        "id": story[-1].id,
        "opened_at": _instants(openings)[0] if openings else None,
        "is_complaint": any(each.type == "complaint.filed" for each in story),
        "reopenings": sum(each.type == "ticket.reopened" for each in story),
    }


def _subscription(key: tuple[str, str], story: Sequence[Interaction]) -> Document:
    starts = [each for each in story if each.type == "subscription.started"]
    plans = sorted((instant(each.occurred_at), str(each.data["plan"])) for each in story if _names_a_plan(each))
    plan_at, plan = plans[-1] if plans else (None, None)
    return {
        "kind": key[0],
        "reference": key[1],
        "is_active": story[-1].type != "subscription.cancelled",
        "at": instant(story[-1].occurred_at),
        "id": story[-1].id,
        "started_at": _instants(starts)[0] if starts else None,
        "plan": plan,
        "plan_at": plan_at,
    }


def _names_a_plan(interaction: Interaction) -> bool:
    return interaction.data.get("plan") not in (None, "", 3)


def _preferred(every: Sequence[Interaction]) -> Document:
    responses = [each for each in every if any(each.type in types for types in _RESPONSES.values())]
    hours = Counter(each.occurred_at.astimezone(UTC).hour for each in responses)
    return {
        "channels": [
            {"channel": channel, **_counts([each for each in responses if each.channel == channel])}
            for (channel,) in kept(12, {(each.channel,) for each in responses})
        ],
        "hours": [{"hour": hour, "count": hours[hour]} for hour in sorted(hours)],
    }


def _counts(responses: Sequence[Interaction]) -> Document:
    return {name: sum(each.type in types for each in responses) for name, types in _RESPONSES.items()}
