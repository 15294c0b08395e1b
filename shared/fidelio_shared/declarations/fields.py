"""Fields of a declaration: every refusal says where, what, and what would be right."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from fidelio_shared.declarations.lengths import LONGEST, CalendarDays, Length, elapsed, is_time_zone
from fidelio_shared.declarations.words import Words
from fidelio_shared.declarations.yaml_tree import Fault, Listed, Mapped, Node, Scalar

MOST_VALUES = 100
LONGEST_TEXT = 128
_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")
_TYPE = re.compile(r"[a-z_]+(\.[a-z_]+)+")
_CURRENCY = re.compile(r"[A-Z]{3}")
_AMOUNT = re.compile(r"-?[0-9]{1,14}(\.[0-9]{1,4})?")


def fields(
    node: Node,
    what: str,
    *,
    required: Sequence[str] = (),
    optional: Sequence[str] = (),
    refused: Mapping[str, str] | None = None,
) -> Mapping[str, Node]:
    """`refused`: keys that somebody may well write, and why they cannot be answered."""
    if not isinstance(node, Mapped):
        raise Fault(node.place, f"{what} is {shown(node)}; write {_listed((*required, *optional))} below it")
    for key, _ in node.entries:
        if refused and key.text in refused:
            raise Fault(key.place, f"{what}: `{key.text}` cannot be answered: {refused[key.text]}")
        if key.text not in (*required, *optional):
            raise Fault(key.place, f"{what} has no `{cut(key.text)}`; it takes {_listed((*required, *optional))}")
    found = {key.text: value for key, value in node.entries}
    for name in required:
        if name not in found:
            raise Fault(node.place, f"{what} lacks `{name}`; add it")
    return found


def items_of(node: Node, what: str, most: int) -> tuple[Node, ...]:
    if not isinstance(node, Listed) or not 0 < len(node.items) <= most:
        raise Fault(node.place, f"{what} is {shown(node)}; write a list of 1 to {most}")
    return node.items


def text_of(node: Node, what: str, longest: int = LONGEST_TEXT) -> str:
    if not isinstance(node, Scalar) or not isinstance(node.value, str) or not 0 < len(node.value) <= longest:
        raise Fault(node.place, f"{what} is {shown(node)}; write a text of 1 to {longest} characters, in quotes")
    return node.value


def words_of(node: Node, what: str, longest: int) -> Words:
    found = fields(node, what, required=("en", "fr"))
    return Words(*(text_of(found[each], f"{what}: {each}", longest) for each in ("en", "fr")))


def name_of(node: Node, what: str) -> str:
    return _matching(node, what, _NAME, "a name of small letters, digits and _, such as big_spenders")


def type_of(node: Node, what: str) -> str:
    if isinstance(node, Listed):
        raise Fault(node.place, f"{what} is a list; only one type, for of each type only the latest are kept in order")
    return _matching(node, what, _TYPE, "a type of interaction, such as order.placed")


def currency_of(node: Node, what: str) -> str:
    return _matching(node, what, _CURRENCY, "a currency, such as EUR")


def one_of(node: Node, what: str, choices: Sequence[str]) -> str:
    if not isinstance(node, Scalar) or node.text not in choices:
        raise Fault(node.place, f"{what} is {shown(node)}; write {_listed(choices)}")
    return node.text


def flag_of(node: Node, what: str) -> bool:
    if not isinstance(node, Scalar) or not isinstance(node.value, bool):
        raise Fault(node.place, f"{what} is {shown(node)}; write true or false")
    return node.value


def count_of(node: Node, what: str, least: int, most: int) -> int:
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Fault(node.place, f"{what} is {shown(node)}; write a whole number from {least} to {most}")
    return value


def number_of(node: Node, what: str) -> int | float:
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Fault(node.place, f"{what} is {shown(node)}; write a number")
    return value


def amount_of(node: Node, what: str) -> Decimal:
    if not isinstance(node, Scalar) or not _AMOUNT.fullmatch(node.text):
        raise Fault(node.place, f"{what} is {shown(node)}; write an amount, such as 12.50")
    return Decimal(node.text)


def scalars_of(node: Node, what: str) -> tuple[str | int | float | bool, ...]:
    """One value or a list of them."""
    nodes = items_of(node, what, MOST_VALUES) if isinstance(node, Listed) else (node,)
    return tuple(_scalar_of(each, what) for each in nodes)


def length_of(node: Node, what: str) -> Length:
    if isinstance(node, Mapped):
        found = fields(node, what, required=("calendar_days", "zone"))
        days = count_of(found["calendar_days"], f"{what}: calendar_days", 1, LONGEST.days)
        zone = text_of(found["zone"], f"{what}: zone")
        if not is_time_zone(zone):
            raise Fault(found["zone"].place, f"{what}: zone is {shown(found['zone'])}; write one such as Europe/Paris")
        return CalendarDays(days, zone)
    length = elapsed(node.text) if isinstance(node, Scalar) else None
    if length is None:
        raise Fault(
            node.place,
            f"{what} is {shown(node)}; write a length up to {LONGEST.days} days, such as 30 days or 2 hours, "
            "or {calendar_days: 30, zone: Europe/Paris}",
        )
    return length


def shown(node: Node) -> str:
    if isinstance(node, Scalar):
        return repr(cut(node.text)) if node.text or not node.is_plain else "empty"
    return f"a list of {len(node.items)}" if isinstance(node, Listed) else "a mapping"


def cut(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


def _scalar_of(node: Node, what: str) -> str | int | float | bool:
    value = node.value if isinstance(node, Scalar) else None
    if value is None:
        raise Fault(node.place, f"{what} is {shown(node)}; write a text, a number, true or false")
    return value


def _matching(node: Node, what: str, pattern: re.Pattern[str], right: str) -> str:
    if not isinstance(node, Scalar) or len(node.text) > LONGEST_TEXT or not pattern.fullmatch(node.text):
        raise Fault(node.place, f"{what} is {shown(node)}; write {right}")
    return node.text


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
