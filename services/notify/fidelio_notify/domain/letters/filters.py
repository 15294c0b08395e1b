"""The filters that a template may use."""

from collections.abc import Callable, Iterable
from typing import Any

from liquid.builtin.filters import math, string
from liquid.builtin.filters.misc import default, size
from liquid.exceptions import FilterArgumentError

from fidelio_notify.domain.letters.page import marked_link
from fidelio_notify.domain.letters.speech import Language, say_days, say_every, say_roughly

_PLAIN: dict[str, Callable[..., Any]] = {
    "default": default,
    "size": size,
    "append": string.append,
    "prepend": string.prepend,
    "capitalize": string.capitalize,
    "upcase": string.upcase,
    "downcase": string.downcase,
    "strip": string.strip,
    "replace": string.replace,
    "remove": string.remove,
    "truncate": string.truncate,
    "truncatewords": string.truncatewords,
    "plus": math.plus,
    "minus": math.minus,
    "times": math.times,
    "divided_by": math.divided_by,
    "modulo": math.modulo,
    "abs": math.abs_,
    "at_least": math.at_least,
    "at_most": math.at_most,
    "ceil": math.ceil,
    "floor": math.floor,
}
FILTERS = frozenset({*_PLAIN, "days", "roughly", "every", "link"})


def filters_of(language: Language) -> Iterable[tuple[str, Callable[..., Any]]]:
    """`days`, `roughly` and `every` say a number of days; `link` makes an address into something to follow."""
    yield from _PLAIN.items()
    yield "days", lambda value: say_days(_days(value), language)
    yield "roughly", lambda value: say_roughly(_days(value), language)
    yield "every", lambda value: say_every(_days(value), language)
    yield "link", _link


def _days(value: object) -> int:
    if not isinstance(value, int):
        raise FilterArgumentError("this filter says a number of days", token=None)
    return max(0, value)


def _link(address: object, label: object) -> str:
    return marked_link(address, str(label)) if isinstance(address, str) and address else ""
