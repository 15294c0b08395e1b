"""Conditions over numbers: what was counted, summed and scored."""

from collections.abc import Callable, Mapping
from functools import partial

from fidelio_scoring.domain.segments import instants, measures
from fidelio_scoring.domain.segments.conditions import All, Condition, Measured, Within
from fidelio_scoring.domain.segments.measures import Number
from fidelio_scoring.domain.segments.ranges import BOUNDS, amount_range_of, quintile_range_of, range_of
from fidelio_shared.declarations.fields import count_of, currency_of, fields, items_of, length_of, text_of, type_of
from fidelio_shared.declarations.yaml_tree import Fault, Node

MOST_TYPES = 20
MOST_CHANNELS = 50
_RATINGS = {
    "latest": measures.latest_rating,
    "average": measures.average_rating,
    "count": measures.count_of_ratings,
}
_RFM = {"recency": measures.recency, "frequency": measures.frequency, "monetary": measures.monetary}


def _number(what: str, measure: Callable[..., Number | None], node: Node) -> Condition:
    return Measured(measure, (), range_of(node, what))


def _money(what: str, measure: Callable[..., Number | None], node: Node) -> Condition:
    bounds = amount_range_of(node, what, "currency")
    found = fields(node, what, required=("currency",), optional=BOUNDS)
    return Measured(measure, (currency_of(found["currency"], f"{what}: currency"),), bounds)


def _interactions(node: Node) -> Condition:
    found = fields(node, "interactions", optional=("type", "channel", *BOUNDS), refused=_WINDOW)
    beside = [each for each in ("type", "channel") if each in found]
    bounds = range_of(node, "interactions", *beside)
    if not beside:
        return Measured(measures.interactions, (), bounds)
    if "type" not in found:
        raise Fault(node.place, "interactions has a channel and no type; add the type that is to be counted there")
    told = type_of(found["type"], "interactions: type")
    if "channel" not in found:
        return Measured(measures.interactions_of, (told,), bounds)
    return Measured(measures.interactions_over, (told, text_of(found["channel"], "interactions: channel")), bounds)


def _channels(node: Node) -> Condition:
    found = fields(node, "channels", required=("types",), optional=("within", *BOUNDS))
    types = [type_of(each, "channels: types") for each in items_of(found["types"], "channels: types", MOST_TYPES)]
    if "within" not in found:
        return Measured(measures.channels, tuple(types), range_of(node, "channels", "types"))
    found = fields(node, "channels within a length", required=("types", "within", "at_least"))
    least = count_of(found["at_least"], "channels: at_least", 1, MOST_CHANNELS)
    return Within(instants.nth_channel, (least, *types), length_of(found["within"], "channels: within"))


def _subscriptions(node: Node) -> Condition:
    found = fields(node, "subscriptions", optional=("plan", *BOUNDS), refused=_WINDOW)
    if "plan" not in found:
        return Measured(measures.subscriptions, (), range_of(node, "subscriptions"))
    plan = text_of(found["plan"], "subscriptions: plan")
    return Measured(measures.subscriptions_to, (plan,), range_of(node, "subscriptions", "plan"))


def _rating(node: Node) -> Condition:
    found = fields(node, "rating", required=("scale",), optional=(*_RATINGS, "within"))
    scale = text_of(found["scale"], "rating: scale")
    parts: list[Condition] = [
        Measured(measure, (scale,), range_of(found[name], f"rating: {name}"))
        for name, measure in _RATINGS.items()
        if name in found
    ]
    if not parts:
        raise Fault(node.place, f"rating says nothing of the {scale}; add latest, average or count")
    if "within" in found:
        if "latest" not in found:
            raise Fault(
                node.place,
                "rating: `within` is about the latest answer; add `latest`, for an average over a window would need "
                "every answer to be kept",
            )
        parts.append(Within(instants.latest_rating, (scale,), length_of(found["within"], "rating: within")))
    return All(tuple(parts)) if len(parts) > 1 else parts[0]


def _rfm(node: Node) -> Condition:
    found = fields(node, "rfm", optional=tuple(_RFM))
    parts = [Measured(_RFM[name], (), quintile_range_of(said, f"rfm: {name}")) for name, said in found.items()]
    if not parts:
        raise Fault(node.place, "rfm says nothing; add recency, frequency or monetary, each from 1 to 5")
    return All(tuple(parts)) if len(parts) > 1 else parts[0]


_WINDOW = dict.fromkeys(
    ("within", "for"), "here all are counted that ever were; in a sliding window count them with `happened`"
)

AGGREGATES: Mapping[str, Callable[[Node], Condition]] = {
    "orders": partial(_number, "orders", measures.orders),
    "purchase_days": partial(_number, "purchase_days", measures.purchase_days),
    "mean_gap_days": partial(_number, "mean_gap_days", measures.mean_gap_days),
    "last_gap_days": partial(_number, "last_gap_days", measures.last_gap_days),
    "return_share": partial(_number, "return_share", measures.return_share),
    "open_tickets": partial(_number, "open_tickets", measures.open_tickets),
    "open_complaints": partial(_number, "open_complaints", measures.open_complaints),
    "reopenings": partial(_number, "reopenings", measures.reopenings),
    "clv": partial(_number, "clv", measures.clv),
    "health": partial(_number, "health", measures.health),
    "revenue": partial(_money, "revenue", measures.revenue),
    "average_order": partial(_money, "average_order", measures.average_order),
    "interactions": _interactions,
    "channels": _channels,
    "subscriptions": _subscriptions,
    "rating": _rating,
    "rfm": _rfm,
}
