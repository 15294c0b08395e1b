"""Conditions over instants: what happened, did not, or happened in an order, and how long ago.

Of each type the latest instants are known, and no more: what cannot be told from them is refused, not guessed.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from fidelio_scoring.domain.segments import instants
from fidelio_scoring.domain.segments.conditions import All, Condition, Followed, Not, Past, Within
from fidelio_shared.declarations.fields import count_of, fields, flag_of, length_of, text_of, type_of
from fidelio_shared.declarations.yaml_tree import Fault, Node

MOST_COUNTED = 50
_MOST_WRITTEN = 10**9
_PAST_WINDOW = dict.fromkeys(
    ("until", "between", "from", "to", "before", "ago", "ended"),
    "a window that ends before now would need the whole history; let it end now, with `within`",
)
_FILTERED = dict.fromkeys(
    ("where", "amount", "data", "rating", "reference"),
    "only the instants of each type are kept, not what came with them; "
    "let the source publish such interactions under a type of their own",
)
_UNTOLD = {**_PAST_WINDOW, **_FILTERED}
_AGE_BOUNDS = {
    "at_most": "an age ends exactly at its length, for all conditions alike; write less_than",
    "more_than": "an age is reached exactly at its length, for all conditions alike; write at_least",
}
_STEPS = dict.fromkeys(
    ("and_then", "finally", "steps"),
    "a third step would need more than the latest of each type; write two sequences below `all`",
)


def _happened(node: Node) -> Condition:
    found = fields(
        node,
        "happened",
        required=("type", "within"),
        optional=("at_least", "at_most", "channel"),
        refused=_UNTOLD,
    )
    told, length = type_of(found["type"], "happened: type"), length_of(found["within"], "happened: within")
    if "at_least" in found and "at_most" in found:
        raise Fault(node.place, "happened has at_least and at_most; write each in a condition of its own, below `all`")
    if "at_most" in found:
        if "channel" in found:
            raise Fault(found["channel"].place, _over_one_channel("happened: at_most"))
        most = _count(found["at_most"], "happened: at_most", told, one_more=1)
        return Not(Within(instants.kth_latest, (told, most + 1), length))
    least = _count(found["at_least"], "happened: at_least", told, one_more=0) if "at_least" in found else 1
    if "channel" not in found:
        return Within(instants.kth_latest, (told, least), length)
    if least > 1:
        raise Fault(found["channel"].place, _over_one_channel(f"happened: {least}"))
    return Within(instants.latest_over, (told, text_of(found["channel"], "happened: channel")), length)


def _absent(node: Node) -> Condition:
    found = fields(
        node,
        "absent",
        required=("type", "for"),
        optional=("ever",),
        refused={**_UNTOLD, "within": "write how long there was none as `for`"},
    )
    told, length = type_of(found["type"], "absent: type"), length_of(found["for"], "absent: for")
    if "ever" in found and flag_of(found["ever"], "absent: ever"):
        return Past(instants.kth_latest, (told, 1), length)
    return Past(instants.silent_since, (told,), length)


def _sequence(node: Node) -> Condition:
    found = fields(
        node,
        "sequence",
        required=("first", "within"),
        optional=("then", "then_no"),
        refused={**_UNTOLD, **_STEPS},
    )
    first, length = type_of(found["first"], "sequence: first"), length_of(found["within"], "sequence: within")
    if ("then" in found) == ("then_no" in found):
        raise Fault(node.place, "sequence takes exactly one of then, then_no; write two sequences below `all` for both")
    if "then_no" in found:
        return Past(instants.unanswered, (first, type_of(found["then_no"], "sequence: then_no")), length)
    return Followed(first, type_of(found["then"], "sequence: then"), length)


def _age(what: str, instant: Callable[..., datetime | None], node: Node) -> Condition:
    found = fields(node, what, optional=("at_least", "less_than"), refused=_AGE_BOUNDS)
    parts: list[Condition] = []
    if "at_least" in found:
        parts.append(Past(instant, (), length_of(found["at_least"], f"{what}: at_least")))
    if "less_than" in found:
        parts.append(Within(instant, (), length_of(found["less_than"], f"{what}: less_than")))
    if not parts:
        raise Fault(node.place, f"{what} has no bound; add at_least or less_than, such as 30 days")
    return All(tuple(parts)) if len(parts) > 1 else parts[0]


def _count(node: Node, what: str, told: str, *, one_more: int) -> int:
    count = count_of(node, what, 1 - one_more, _MOST_WRITTEN)
    if count + one_more > MOST_COUNTED:
        raise Fault(
            node.place,
            f"{what} needs the latest {count + one_more} {told}, and of none are ever more than {MOST_COUNTED} kept; "
            "write less, or count all that ever were with `interactions`",
        )
    return count


def _over_one_channel(what: str) -> str:
    return f"{what} over one channel needs more than the latest there, which is all that is kept; leave the channel out"


HAPPENINGS: Mapping[str, Callable[[Node], Condition]] = {
    "happened": _happened,
    "absent": _absent,
    "sequence": _sequence,
    "tenure": partial(_age, "tenure", instants.first_interaction),
    "first_order": partial(_age, "first_order", instants.first_order),
    "last_order": partial(_age, "last_order", instants.last_order),
    "oldest_ticket": partial(_age, "oldest_ticket", instants.oldest_open_ticket),
    "oldest_complaint": partial(_age, "oldest_complaint", instants.oldest_open_complaint),
    "subscription_age": partial(_age, "subscription_age", instants.longest_unchanged_subscription),
}
