"""The language of a playbook's conditions and triggers: one word, and what it asks for."""

from collections.abc import Callable, Mapping

from fidelio_notify.domain.playbooks.model import (
    All,
    AnyOf,
    BandRises,
    Condition,
    DateAhead,
    Happened,
    HappenedSince,
    HasOpen,
    InBand,
    InSegment,
    LatestRating,
    Not,
    OnRequest,
    ReferenceClosed,
    SegmentEntered,
    SegmentExited,
    TraitIs,
    TraitKnown,
    Trigger,
    WorthAtLeast,
)
from fidelio_notify.domain.playbooks.quantities import YEAR, span_of, types_of
from fidelio_shared.contracts.ingest import RATING_SCALES
from fidelio_shared.contracts.scoring import Band
from fidelio_shared.declarations.fields import (
    amount_of,
    count_of,
    cut,
    fields,
    flag_of,
    items_of,
    name_of,
    one_of,
    scalars_of,
    text_of,
)
from fidelio_shared.declarations.yaml_tree import Fault, Listed, Mapped, Node, Scalar

MOST_PARTS = 20
BANDS: Mapping[str, Band] = {"low": "low", "watch": "watch", "high": "high"}
ON_REQUEST = "on_request"
_UNKNOWN_SCALE = (0, 100)


def condition_of(node: Node) -> Condition:
    word, said = _word_of(node, "a condition is one word and what belongs to it, such as `segment: loyal`")
    read = CONDITIONS.get(word.text)
    if read is None:
        raise Fault(word.place, f"there is no condition `{cut(word.text)}`; there are {', '.join(CONDITIONS)}")
    return read(said)


def trigger_of(node: Node) -> Trigger:
    if isinstance(node, Scalar) and node.text == ON_REQUEST:
        return OnRequest()
    word, said = _word_of(node, "trigger is one word and what belongs to it, such as `segment_entered: lapsed`")
    read = TRIGGERS.get(word.text)
    if read is None:
        known = ", ".join((*TRIGGERS, ON_REQUEST))
        raise Fault(word.place, f"there is no trigger `{cut(word.text)}`; there are {known}")
    return read(said)


def _word_of(node: Node, right: str) -> tuple[Scalar, Node]:
    if not isinstance(node, Mapped) or len(node.entries) != 1:
        raise Fault(node.place, right)
    return node.entries[0]


def _all(node: Node) -> Condition:
    return All(tuple(condition_of(each) for each in items_of(node, "all", MOST_PARTS)))


def _any(node: Node) -> Condition:
    return AnyOf(tuple(condition_of(each) for each in items_of(node, "any", MOST_PARTS)))


def _not(node: Node) -> Condition:
    return Not(condition_of(node))


def _segment(node: Node) -> Condition:
    return InSegment(name_of(node, "segment"))


def _band(node: Node) -> Condition:
    return InBand(_bands_of(node, "band", ("low", "watch", "high")))


def _trait(node: Node) -> Condition:
    found = fields(node, "trait", required=("name",), optional=("is", "in", "exists"))
    name = text_of(found["name"], "trait: name")
    said = [each for each in found if each != "name"]
    if len(said) != 1:
        raise Fault(node.place, f"trait says {', '.join(said) or 'nothing'}; write one of is, in, exists")
    if "exists" in found:
        known = TraitKnown(name)
        return known if flag_of(found["exists"], "trait: exists") else Not(known)
    return TraitIs(name, scalars_of(found[said[0]], f"trait: {said[0]}"))


def _open(node: Node) -> Condition:
    return HasOpen(is_complaint=one_of(node, "open", ("ticket", "complaint")) == "complaint")


def _rating(node: Node) -> Condition:
    found = fields(node, "rating", required=("scale", "latest"))
    scale = text_of(found["scale"], "rating: scale")
    lowest, highest = RATING_SCALES.get(scale, _UNKNOWN_SCALE)
    bounds = fields(found["latest"], "rating: latest", optional=("at_least", "at_most"))
    if not bounds:
        raise Fault(found["latest"].place, "rating: latest has no bound; add at_least or at_most")
    told = {name: count_of(each, f"rating: latest: {name}", lowest, highest) for name, each in bounds.items()}
    rating = LatestRating(scale, told.get("at_least", lowest), told.get("at_most", highest))
    if rating.at_least > rating.at_most:
        raise Fault(
            found["latest"].place,
            f"rating: latest is from {rating.at_least} to {rating.at_most}, which nothing is; correct a bound",
        )
    return rating


def _happened_since(node: Node) -> Condition:
    return HappenedSince(frozenset(types_of(node, "happened_since")))


def _reference(node: Node) -> Condition:
    one_of(node, "reference", ("closed",))
    return ReferenceClosed()


def _worth(node: Node) -> Condition:
    found = fields(node, "worth", required=("at_least",))
    return WorthAtLeast(float(amount_of(found["at_least"], "worth: at_least")))


def _risk_rises_to(node: Node) -> Trigger:
    return BandRises(_bands_of(node, "risk_rises_to", ("watch", "high")))


def _segment_entered(node: Node) -> Trigger:
    return SegmentEntered(name_of(node, "segment_entered"))


def _segment_exited(node: Node) -> Trigger:
    return SegmentExited(name_of(node, "segment_exited"))


def _happened(node: Node) -> Trigger:
    return Happened(frozenset(types_of(node, "happened")))


def _date(node: Node) -> Trigger:
    found = fields(node, "date", required=("trait", "ahead"))
    return DateAhead(text_of(found["trait"], "date: trait"), span_of(found["ahead"], "date: ahead", YEAR))


def _bands_of(node: Node, what: str, choices: tuple[str, ...]) -> frozenset[Band]:
    nodes = items_of(node, what, len(choices)) if isinstance(node, Listed) else (node,)
    return frozenset(BANDS[one_of(each, what, choices)] for each in nodes)


CONDITIONS: Mapping[str, Callable[[Node], Condition]] = {
    "all": _all,
    "any": _any,
    "not": _not,
    "segment": _segment,
    "band": _band,
    "trait": _trait,
    "open": _open,
    "rating": _rating,
    "happened_since": _happened_since,
    "reference": _reference,
    "worth": _worth,
}
TRIGGERS: Mapping[str, Callable[[Node], Trigger]] = {
    "risk_rises_to": _risk_rises_to,
    "segment_entered": _segment_entered,
    "segment_exited": _segment_exited,
    "happened": _happened,
    "date": _date,
}
