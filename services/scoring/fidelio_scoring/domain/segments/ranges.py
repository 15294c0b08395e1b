"""Ranges of the segments file."""

from collections.abc import Callable, Mapping, Sequence

from fidelio_scoring.domain.segments.conditions import Range
from fidelio_scoring.domain.segments.measures import Number
from fidelio_shared.declarations.fields import amount_of, count_of, fields, number_of
from fidelio_shared.declarations.yaml_tree import Fault, Node

BOUNDS = ("at_least", "at_most", "more_than", "less_than", "is")
_SLIDING_SUM = (
    "a number over a sliding window would need every single interaction to be kept; "
    "count them with `happened`, or take the number over all time"
)


def range_of(node: Node, what: str, *beside: str) -> Range:
    """The bounds, among other fields that stand `beside` them."""
    return _range(node, what, number_of, beside)


def amount_range_of(node: Node, what: str, *beside: str) -> Range:
    return _range(node, what, amount_of, beside)


def quintile_range_of(node: Node, what: str) -> Range:
    return _range(node, what, _quintile_of, ())


def _range(node: Node, what: str, read: Callable[[Node, str], Number], beside: Sequence[str]) -> Range:
    refused = dict.fromkeys(("within", "for", "since"), _SLIDING_SUM)
    found = fields(node, what, required=beside, optional=BOUNDS, refused=refused)
    bounds = {name: read(found[name], f"{what}: {name}") for name in BOUNDS if name in found}
    if not bounds:
        raise Fault(node.place, f"{what} has no bound; add at_least, at_most, more_than, less_than or is")
    if "is" in bounds:
        if len(bounds) > 1:
            raise Fault(node.place, f"{what} has `is` and other bounds; keep `is`, or the others")
        return Range(at_least=bounds["is"], at_most=bounds["is"])
    _check_possible(node, what, bounds)
    return Range(**bounds)


def _check_possible(node: Node, what: str, bounds: Mapping[str, Number]) -> None:
    lower = [bounds[each] for each in ("at_least", "more_than") if each in bounds]
    upper = [bounds[each] for each in ("at_most", "less_than") if each in bounds]
    if lower and upper and max(lower) > min(upper):
        raise Fault(
            node.place, f"{what} is above {max(lower)} and below {min(upper)}, which nothing is; correct a bound"
        )


def _quintile_of(node: Node, what: str) -> Number:
    return count_of(node, what, 1, 5)
