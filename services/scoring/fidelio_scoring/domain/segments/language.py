"""The language of conditions: one word, and what it asks for."""

from collections.abc import Callable, Mapping

from fidelio_scoring.domain.segments import attributes, measures
from fidelio_scoring.domain.segments.aggregates import AGGREGATES
from fidelio_scoring.domain.segments.conditions import (
    All,
    Among,
    AnyOf,
    Belongs,
    Condition,
    Granted,
    Known,
    Measured,
    Not,
)
from fidelio_scoring.domain.segments.happenings import HAPPENINGS
from fidelio_scoring.domain.segments.ranges import BOUNDS, range_of
from fidelio_scoring.domain.segments.reading import Scalar
from fidelio_shared.declarations.fields import cut, fields, flag_of, items_of, name_of, one_of, scalars_of, text_of
from fidelio_shared.declarations.yaml_tree import Fault, Listed, Mapped, Node

MOST_PARTS = 50
BANDS = ("low", "watch", "high")
Attribute = Callable[..., tuple[Scalar, ...]]


def condition_of(node: Node) -> Condition:
    if not isinstance(node, Mapped) or len(node.entries) != 1:
        raise Fault(node.place, "a condition is one word and what belongs to it, such as `orders: {at_least: 3}`")
    word, said = node.entries[0]
    read = WORDS.get(word.text)
    if read is None:
        raise Fault(word.place, f"there is no condition `{cut(word.text)}`; there are {', '.join(sorted(WORDS))}")
    return read(said)


def _all(node: Node) -> Condition:
    return All(tuple(condition_of(each) for each in items_of(node, "all", MOST_PARTS)))


def _any(node: Node) -> Condition:
    return AnyOf(tuple(condition_of(each) for each in items_of(node, "any", MOST_PARTS)))


def _not(node: Node) -> Condition:
    return Not(condition_of(node))


def _segment(node: Node) -> Condition:
    return Belongs(name_of(node, "segment"), node.place)


def _trait(node: Node) -> Condition:
    found = fields(node, "trait", required=("name",), optional=("exists", "in", *BOUNDS))
    name = text_of(found["name"], "trait: name")
    if len(found) > 1 and not found.keys() & {"is", "in", "exists"}:
        return Measured(measures.trait_number, (name,), range_of(node, "trait", "name"))
    return _attribute(found, node, "trait", attributes.trait, name)


def _language(node: Node) -> Condition:
    return _plain(node, "language", attributes.language)


def _time_zone(node: Node) -> Condition:
    return _plain(node, "time_zone", attributes.time_zone)


def _account(node: Node) -> Condition:
    return _plain(node, "account", attributes.account)


def _plain(node: Node, what: str, attribute: Attribute) -> Condition:
    return _attribute(fields(node, what, optional=("is", "in", "exists")), node, what, attribute)


def _attribute(found: Mapping[str, Node], node: Node, what: str, attribute: Attribute, *of: str) -> Condition:
    said = [each for each in found if each != "name"]
    if len(said) != 1:
        hint = ", or bounds" if of else ""
        raise Fault(node.place, f"{what} says {', '.join(said) or 'nothing'}; write one of is, in, exists{hint}")
    if "exists" in found:
        known = Known(attribute, of)
        return known if flag_of(found["exists"], f"{what}: exists") else Not(known)
    values = scalars_of(found[said[0]], f"{what}: {said[0]}")
    truths = frozenset(each for each in values if isinstance(each, bool))
    return Among(attribute, of, frozenset(each for each in values if not isinstance(each, bool)), truths)


def _band(node: Node) -> Condition:
    nodes = items_of(node, "band", len(BANDS)) if isinstance(node, Listed) else (node,)
    return Among(attributes.band, (), frozenset(one_of(each, "band", BANDS) for each in nodes))


def _consent(node: Node) -> Condition:
    found = fields(node, "consent", required=("purpose", "channel"))
    return Granted(text_of(found["purpose"], "consent: purpose"), text_of(found["channel"], "consent: channel"))


WORDS: Mapping[str, Callable[[Node], Condition]] = {
    "all": _all,
    "any": _any,
    "not": _not,
    "segment": _segment,
    "trait": _trait,
    "language": _language,
    "time_zone": _time_zone,
    "account": _account,
    "band": _band,
    "consent": _consent,
    **AGGREGATES,
    **HAPPENINGS,
}
