"""The steps of a playbook, as its file says them."""

from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal

from fidelio_notify.domain.playbooks.model import Step, Variant
from fidelio_notify.domain.playbooks.quantities import CHANNELS, PREFERRED, channels_of, share_of, span_of
from fidelio_shared.declarations.fields import cut, fields, flag_of, items_of, name_of, text_of
from fidelio_shared.declarations.yaml_tree import Fault, Node

MOST_STEPS = 5
MOST_VARIANTS = 5
ONLY_VARIANT = "only"
_LONGEST_WAIT = timedelta(days=90)
_LONGEST_OFFER = 60
_ALL = Decimal(1)
_OPTIONAL = ("after", "template", "variants", "offer", "at_best_hour")


def steps_of(node: Node, templates: Collection[str] | None) -> tuple[Step, ...]:
    found: list[Step] = []
    for number, each in enumerate(items_of(node, "steps", MOST_STEPS), start=1):
        try:
            found.append(_step(each, templates))
        except Fault as fault:
            raise Fault(fault.place, f"step {number}: {fault}") from fault
    return tuple(found)


def _step(node: Node, templates: Collection[str] | None) -> Step:
    found = fields(node, "a step", required=("channels",), optional=_OPTIONAL)
    if ("template" in found) == ("variants" in found):
        raise Fault(node.place, "a step has either a `template` or `variants`; write one of them")
    if "template" in found:
        variants: tuple[Variant, ...] = (Variant(ONLY_VARIANT, 1.0, _template(found["template"], templates)),)
    else:
        variants = _variants(found["variants"], templates)
    return Step(
        after=span_of(found["after"], "after", _LONGEST_WAIT) if "after" in found else timedelta(),
        channels=channels_of(found["channels"], "channels", (*CHANNELS, PREFERRED)),
        variants=variants,
        offer=text_of(found["offer"], "offer", _LONGEST_OFFER) if "offer" in found else None,
        at_best_hour="at_best_hour" in found and flag_of(found["at_best_hour"], "at_best_hour"),
    )


def _variants(node: Node, templates: Collection[str] | None) -> tuple[Variant, ...]:
    variants: list[Variant] = []
    total = Decimal()
    for each in items_of(node, "variants", MOST_VARIANTS):
        found = fields(each, "a variant", required=("name", "share", "template"))
        name = name_of(found["name"], "variant: name")
        if any(name == known.name for known in variants):
            raise Fault(found["name"].place, f"there are two variants {name}; give one another name")
        share = share_of(found["share"], "variant: share", _ALL)
        total += share
        variants.append(Variant(name, float(share), _template(found["template"], templates)))
    if total != _ALL:
        raise Fault(
            node.place, f"the variants' shares sum to {total * 100:f} %; correct them, so that they sum to 100 %"
        )
    return tuple(variants)


def _template(node: Node, templates: Collection[str] | None) -> str:
    name = name_of(node, "template")
    if templates is not None and name not in templates:
        known = ", ".join(sorted(templates)) or "none"
        raise Fault(node.place, f"there is no template {cut(name)}; there are {known}")
    return name
