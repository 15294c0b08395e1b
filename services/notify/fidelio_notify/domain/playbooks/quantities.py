"""What a playbooks file measures in: lengths, shares, hours, and lists of channels and types."""

import re
from collections.abc import Sequence
from datetime import time, timedelta
from decimal import Decimal

from fidelio_shared.declarations.fields import items_of, one_of, shown, type_of
from fidelio_shared.declarations.lengths import elapsed
from fidelio_shared.declarations.yaml_tree import Fault, Listed, Node, Scalar

CHANNELS = ("email", "sms", "push", "chat", "callback", "webhook")
PREFERRED = "preferred"
"""Stands for the channel where this person acts most."""

MOST_TYPES = 20
YEAR = timedelta(days=366)
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?) ?%")
_FRACTION = re.compile(r"[01](?:\.[0-9]{1,4})?")
_HOURS = re.compile(r"((?:[01][0-9]|2[0-3]):[0-5][0-9]) to ((?:[01][0-9]|2[0-3]):[0-5][0-9])")


def span_of(node: Node, what: str, longest: timedelta) -> timedelta:
    length = elapsed(node.text) if isinstance(node, Scalar) else None
    if length is None or length.span > longest:
        example = "2 days" if longest >= timedelta(days=2) else "10 minutes"
        raise Fault(node.place, f"{what} is {shown(node)}; write a length up to {_told(longest)}, such as {example}")
    return length.span


def share_of(node: Node, what: str, most: Decimal) -> Decimal:
    """Above 0; exact, so that shares can be summed."""
    share = _share(node.text) if isinstance(node, Scalar) else None
    if share is None or not 0 < share <= most:
        raise Fault(
            node.place,
            f"{what} is {shown(node)}; write a share above 0 and up to {most * 100:.0f} %, such as 10 % or 0.1",
        )
    return share


def hours_of(node: Node, what: str) -> tuple[time, time]:
    told = _HOURS.fullmatch(node.text) if isinstance(node, Scalar) else None
    begins, ends = (time.fromisoformat(each) for each in told.groups()) if told else (time(), time())
    if begins == ends:
        raise Fault(node.place, f'{what} is {shown(node)}; write two different times, such as "21:00 to 08:00"')
    return begins, ends


def channels_of(node: Node, what: str, known: Sequence[str]) -> tuple[str, ...]:
    found = tuple(one_of(each, what, known) for each in items_of(node, what, len(known)))
    _refuse_repeated(node, what, found)
    return found


def types_of(node: Node, what: str) -> tuple[str, ...]:
    """One type of interaction or a list of them."""
    nodes = items_of(node, what, MOST_TYPES) if isinstance(node, Listed) else (node,)
    found = tuple(type_of(each, what) for each in nodes)
    _refuse_repeated(node, what, found)
    return found


def _refuse_repeated(node: Node, what: str, found: Sequence[str]) -> None:
    for each in found:
        if found.count(each) > 1:
            raise Fault(node.place, f"{what} names {each} twice; keep one of them")


def _share(text: str) -> Decimal | None:
    if percent := _PERCENT.fullmatch(text):
        return Decimal(percent[1]) / 100
    return Decimal(text) if _FRACTION.fullmatch(text) else None


def _told(span: timedelta) -> str:
    return f"{span.days} days" if span.days else f"{span // timedelta(minutes=1)} minutes"
