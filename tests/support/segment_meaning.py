"""What the language of segments means, told by a scan over everything that somebody ever did.

Written from the language's description, of plain YAML and a list of interactions: it shares no code with the service.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from fidelio_shared.contracts.ingest import Interaction
from support.segment_terms import Said, ends, has_age, is_in, is_one_of


@dataclass(frozen=True)
class World:
    """`segments`: in the order of the file. `scores`: by name."""

    segments: Sequence[Said]
    interactions: Sequence[Interaction]
    scores: Mapping[str, Any]

    def members(self, now: datetime) -> frozenset[str]:
        return frozenset(each["name"] for each in self.segments if self._is_in(each["name"], now))

    def _is_in(self, name: str, now: datetime) -> bool:
        segment = next(each for each in self.segments if each["name"] == name)
        before = self.segments[: self.segments.index(segment)]
        rivals = [each for each in before if "group" in each and each["group"] == segment.get("group")]
        return self.holds(segment["when"], now) and not any(self._is_in(each["name"], now) for each in rivals)

    def holds(self, condition: Said, now: datetime) -> bool:
        ((word, said),) = condition.items()
        if word == "all":
            return all(self.holds(each, now) for each in said)
        if word == "any":
            return any(self.holds(each, now) for each in said)
        if word == "not":
            return not self.holds(said, now)
        return self._is_in(said, now) if word == "segment" else MEANINGS[word](self, said, now)

    def of(self, *types: str) -> list[Interaction]:
        return [each for each in self.interactions if each.type in types]

    def times(self, *types: str) -> list[datetime]:
        return sorted(each.occurred_at for each in self.of(*types))

    def born(self) -> datetime:
        return min(each.occurred_at for each in self.interactions)


def _trait(world: World, said: Said, now: datetime) -> bool:
    told = [each for each in world.interactions if said["name"] in each.traits]
    told.sort(key=lambda each: (each.type == "profile.corrected", each.occurred_at, each.id))
    value = told[-1].traits[said["name"]] if told else None
    if {"is", "in", "exists"} & said.keys():
        return is_one_of(said, [value])
    return type(value) in (int, float) and is_in(said, value)


def _language(world: World, said: Said, now: datetime) -> bool:
    told = [each for each in world.interactions if "language" in each.traits]
    told.sort(key=lambda each: (each.type == "profile.corrected", each.occurred_at, each.id))
    value = str(told[-1].traits["language"]).replace("_ca", "-CA") if told else None
    return is_one_of(said, [value, value[:2]] if value else [])


def _time_zone(world: World, said: Said, now: datetime) -> bool:
    told = [each.traits["time_zone"] for each in world.interactions if "time_zone" in each.traits]
    return is_one_of(said, told[-1:])


def _account(world: World, said: Said, now: datetime) -> bool:
    return is_one_of(said, [each.account_id for each in world.interactions if each.account_id])


def _consent(world: World, said: Said, now: datetime) -> bool:
    """The latest word on this channel and on all of them; a refusal wins a tie, and over the other."""
    latest: dict[tuple[str, str], Any] = {}
    for each in sorted(
        world.of("consent.changed"),
        key=lambda each: (each.occurred_at, each.consent is not None and each.consent.status == "denied", each.id),
    ):
        if each.consent:
            latest[each.consent.purpose, each.consent.channel] = each.consent
    if any(latest[key].status == "denied" for key in latest if key[0] in ("contact", "processing")):
        return False
    asked = [latest[key] for key in latest if key[0] == said["purpose"] and key[1] in (said["channel"], "any")]
    if any(each.status == "denied" for each in asked):
        return False
    return any(each.expires_at is None or now < each.expires_at for each in asked)


def _happened(world: World, said: Said, now: datetime) -> bool:
    them = [each for each in world.of(said["type"]) if "channel" not in said or each.channel == said["channel"]]
    count = sum(now < ends(each.occurred_at, said["within"]) for each in them)
    return count <= said["at_most"] if "at_most" in said else count >= said.get("at_least", 1)


def _absent(world: World, said: Said, now: datetime) -> bool:
    times = world.times(said["type"])
    if not times and said.get("ever"):
        return False
    return all(now >= ends(each, said["for"]) for each in times or [world.born()])


def _sequence(world: World, said: Said, now: datetime) -> bool:
    firsts, thens = world.times(said["first"]), world.times(said.get("then", said.get("then_no")))
    if not firsts:
        return False
    due = ends(firsts[-1], said["within"])
    if "then_no" in said:
        return now >= due and not any(each >= firsts[-1] for each in thens)
    return bool(thens) and firsts[-1] <= thens[-1] < due


def _days(world: World) -> list[int]:
    return sorted({each.toordinal() for each in world.times("order.placed")})


def _mean_gap(world: World, said: Said, now: datetime) -> bool:
    days = _days(world)
    gaps = [later - earlier for earlier, later in pairwise(days)]
    return is_in(said, sum(gaps) / len(gaps) if gaps else None)


def _last_gap(world: World, said: Said, now: datetime) -> bool:
    days = _days(world)
    return is_in(said, days[-1] - days[-2] if len(days) > 1 else None)


def _paid(world: World, currency: str) -> list[Decimal]:
    return [each.amount.value for each in world.of("order.placed") if each.amount and each.amount.currency == currency]


def _revenue(world: World, said: Said, now: datetime) -> bool:
    return is_in(said, sum(_paid(world, said["currency"]), Decimal(0)))


def _average_order(world: World, said: Said, now: datetime) -> bool:
    paid = _paid(world, said["currency"])
    return is_in(said, sum(paid) / len(paid) if paid else None)


def _return_share(world: World, said: Said, now: datetime) -> bool:
    orders = len(world.of("order.placed"))
    return is_in(said, len(world.of("order.returned")) / orders if orders else None)


def _interactions(world: World, said: Said, now: datetime) -> bool:
    them = world.of(said["type"]) if "type" in said else world.interactions
    return is_in(said, sum("channel" not in said or each.channel == said["channel"] for each in them))


def _channels(world: World, said: Said, now: datetime) -> bool:
    them = world.of(*said["types"])
    return is_in(
        said,
        len({each.channel for each in them if "within" not in said or now < ends(each.occurred_at, said["within"])}),
    )


def _tickets(world: World) -> list[tuple[datetime, bool, int]]:
    """Those that are open: since when, whether it is a complaint, how often it was reopened."""
    cases: dict[tuple[str, str], list[Interaction]] = {}
    for each in world.of("ticket.opened", "ticket.reopened", "ticket.resolved", "complaint.filed"):
        if each.reference:
            cases.setdefault((each.reference.kind, each.reference.id), []).append(each)
    found = []
    for case in cases.values():
        case.sort(key=lambda each: (each.occurred_at, each.id))
        if case[-1].type == "ticket.resolved":
            continue
        reopened = sum(each.type == "ticket.reopened" for each in case)
        opened = [each.occurred_at for each in case if each.type != "ticket.resolved"]
        since = case[-1].occurred_at if reopened else opened[0]
        found.append((since, any(each.type == "complaint.filed" for each in case), reopened))
    return found


def _subscriptions(world: World) -> list[tuple[datetime, str | None]]:
    """Those that are active: since the latest word, and the plan."""
    cases: dict[object, list[Interaction]] = {}
    for each in world.interactions:
        if each.type.startswith("subscription."):
            cases.setdefault((each.reference.kind, each.reference.id) if each.reference else None, []).append(each)
    found = []
    for case in cases.values():
        case.sort(key=lambda each: (each.occurred_at, each.id))
        plans = sorted((each.occurred_at, str(each.data["plan"])) for each in case if each.data.get("plan"))
        if case[-1].type != "subscription.cancelled":
            found.append((case[-1].occurred_at, plans[-1][1] if plans else None))
    return found


def _rating(world: World, said: Said, now: datetime) -> bool:
    given = sorted(
        (each.occurred_at, each.rating.value)
        for each in world.interactions
        if each.rating and each.rating.scale == said["scale"]
    )
    values = [value for _, value in given]
    if "within" in said and not (given and now < ends(given[-1][0], said["within"])):
        return False
    told = {
        "latest": values[-1] if values else None,
        "average": sum(values) / len(values) if values else None,
        "count": len(values),
    }
    return all(is_in(said[name], value) for name, value in told.items() if name in said)


def _rfm(world: World, said: Said, now: datetime) -> bool:
    rfm = world.scores.get("rfm")
    return rfm is not None and all(
        is_in(said[name], value)
        for name, value in zip(("recency", "frequency", "monetary"), rfm, strict=True)
        if name in said
    )


def _band(world: World, said: Any, now: datetime) -> bool:
    return world.scores.get("band") in (said if isinstance(said, list) else [said])


def _order_age(world: World, said: Said, now: datetime, which: int) -> bool:
    times = world.times("order.placed")
    return has_age(said, times[which] if times else None, now)


MEANINGS: Mapping[str, Callable[[World, Any, datetime], bool]] = {
    "trait": _trait,
    "language": _language,
    "time_zone": _time_zone,
    "account": _account,
    "consent": _consent,
    "happened": _happened,
    "absent": _absent,
    "sequence": _sequence,
    "orders": lambda world, said, now: is_in(said, len(world.of("order.placed"))),
    "purchase_days": lambda world, said, now: is_in(said, len(_days(world))),
    "mean_gap_days": _mean_gap,
    "last_gap_days": _last_gap,
    "revenue": _revenue,
    "average_order": _average_order,
    "return_share": _return_share,
    "interactions": _interactions,
    "channels": _channels,
    "open_tickets": lambda world, said, now: is_in(said, len(_tickets(world))),
    "open_complaints": lambda world, said, now: is_in(said, sum(each[1] for each in _tickets(world))),
    "reopenings": lambda world, said, now: is_in(said, sum(each[2] for each in _tickets(world))),
    "oldest_ticket": lambda world, said, now: has_age(said, min((e[0] for e in _tickets(world)), default=None), now),
    "oldest_complaint": lambda world, said, now: has_age(
        said, min((each[0] for each in _tickets(world) if each[1]), default=None), now
    ),
    "subscriptions": lambda world, said, now: is_in(
        said, sum("plan" not in said or each[1] == said["plan"] for each in _subscriptions(world))
    ),
    "subscription_age": lambda world, said, now: has_age(
        said, min((each[0] for each in _subscriptions(world)), default=None), now
    ),
    "tenure": lambda world, said, now: has_age(said, world.born(), now),
    "first_order": lambda world, said, now: _order_age(world, said, now, 0),
    "last_order": lambda world, said, now: _order_age(world, said, now, -1),
    "rating": _rating,
    "rfm": _rfm,
    "band": _band,
    "clv": lambda world, said, now: is_in(said, world.scores.get("clv")),
    "health": lambda world, said, now: is_in(said, world.scores.get("health")),
}
