"""The playbooks file: YAML, checked as it is read."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from fidelio_notify.domain.playbooks.language import condition_of, trigger_of
from fidelio_notify.domain.playbooks.model import (
    EVERYBODY,
    NEVER,
    All,
    AnyOf,
    Condition,
    Goal,
    Happened,
    Not,
    Playbook,
    Playbooks,
    PlaybooksError,
    ReferenceClosed,
)
from fidelio_notify.domain.playbooks.policy_parsing import policy_of
from fidelio_notify.domain.playbooks.quantities import YEAR, share_of, span_of, types_of
from fidelio_notify.domain.playbooks.steps_parsing import steps_of
from fidelio_shared.declarations.content import version_of
from fidelio_shared.declarations.fields import count_of, fields, flag_of, items_of, name_of, words_of
from fidelio_shared.declarations.yaml_tree import Fault, Node, read_yaml

SCHEMA = 1
MOST_PLAYBOOKS = 100
MARKETING = "marketing"
OWED = "service"
"""The purpose of what is owed to the customer, where none is named."""

_LONGEST_LABEL = 60
_MOST_VERSION = 10**6
_MOST_PRIORITY = 100
_DEFAULT_PRIORITY = 50
_MOST_HELD = Decimal("0.5")
_REQUIRED = ("name", "version", "labels", "trigger", "expires_after", "steps")
_OPTIONAL = ("when", "until", "purpose", "transactional", "priority", "holdout", "goal")


def parse_playbooks(text: str, *, file: str = "playbooks.yaml", templates: Collection[str] | None = None) -> Playbooks:
    """`file`: what to call it where something is wrong. `templates`: those that there are; None: not looked at."""
    try:
        return _playbooks(read_yaml(text), file, templates)
    except Fault as fault:
        place = fault.place
        raise PlaybooksError(f"{file}:{place.line}:{place.column}: {fault}") from fault


def _playbooks(node: Node, file: str, templates: Collection[str] | None) -> Playbooks:
    found = fields(node, "the file", required=("schema", "name", "version", "policy", "playbooks"))
    count_of(found["schema"], "schema", SCHEMA, SCHEMA)
    name = name_of(found["name"], "name")
    number = count_of(found["version"], "version", 1, _MOST_VERSION)
    policy = policy_of(found["policy"])
    nodes = items_of(found["playbooks"], "playbooks", MOST_PLAYBOOKS)
    playbooks = [_playbook(each, policy.gather, templates) for each in nodes]
    _check_names(playbooks)
    return Playbooks(file, version_of(name, number, node), policy, tuple(playbooks))


def _playbook(node: Node, gather: timedelta, templates: Collection[str] | None) -> Playbook:
    found = fields(node, "a playbook", required=_REQUIRED, optional=_OPTIONAL)
    name = name_of(found["name"], "name")
    try:
        playbook = Playbook(
            name=name,
            version=count_of(found["version"], "version", 1, _MOST_VERSION),
            label=words_of(found["labels"], "labels", _LONGEST_LABEL),
            trigger=trigger_of(found["trigger"]),
            purpose=_purpose(node, found),
            steps=steps_of(found["steps"], templates),
            expires_after=span_of(found["expires_after"], "expires_after", YEAR),
            is_transactional=_is_transactional(found),
            when=condition_of(found["when"]) if "when" in found else EVERYBODY,
            until=condition_of(found["until"]) if "until" in found else NEVER,
            priority=count_of(found["priority"], "priority", 0, _MOST_PRIORITY)
            if "priority" in found
            else _DEFAULT_PRIORITY,
            holdout=_holdout(found),
            goal=_goal(found["goal"]) if "goal" in found else None,
            place=node.place,
        )
        _check_reference(found, playbook)
        _check_expiry(found, playbook, gather)
    except Fault as fault:
        raise Fault(fault.place, f"playbook {name}: {fault}") from fault
    return playbook


def _is_transactional(found: Mapping[str, Node]) -> bool:
    return "transactional" in found and flag_of(found["transactional"], "transactional")


def _purpose(node: Node, found: Mapping[str, Node]) -> str:
    if "purpose" not in found:
        if not _is_transactional(found):
            raise Fault(node.place, "there is no `purpose`; add the one that people consent to, such as marketing")
        return OWED
    purpose = name_of(found["purpose"], "purpose")
    if purpose == MARKETING and _is_transactional(found):
        raise Fault(
            found["purpose"].place,
            "what is transactional is owed to the customer, and marketing never is; take one of the two out",
        )
    return purpose


def _holdout(found: Mapping[str, Node]) -> float:
    if "holdout" not in found:
        return 0.0
    holdout = share_of(found["holdout"], "holdout", _MOST_HELD)
    if _is_transactional(found):
        raise Fault(
            found["holdout"].place, "what is transactional is owed to everybody; take `holdout` or `transactional` out"
        )
    if "goal" not in found:
        raise Fault(
            found["holdout"].place, "a holdout without a goal proves nothing; add a `goal`, or take `holdout` out"
        )
    return float(holdout)


def _goal(node: Node) -> Goal:
    found = fields(node, "goal", required=("happened", "within"))
    return Goal(
        frozenset(types_of(found["happened"], "goal: happened")), span_of(found["within"], "goal: within", YEAR)
    )


def _check_reference(found: Mapping[str, Node], playbook: Playbook) -> None:
    for key, condition in (("when", playbook.when), ("until", playbook.until)):
        if _asks_of_reference(condition) and not isinstance(playbook.trigger, Happened):
            raise Fault(
                found[key].place,
                f"{key}: only an interaction speaks of a ticket, so `reference` needs the trigger `happened`; "
                "write `open: ticket` or `open: complaint`",
            )


def _asks_of_reference(condition: Condition) -> bool:
    if isinstance(condition, All | AnyOf):
        return any(map(_asks_of_reference, condition.parts))
    if isinstance(condition, Not):
        return _asks_of_reference(condition.part)
    return isinstance(condition, ReferenceClosed)


def _check_expiry(found: Mapping[str, Node], playbook: Playbook, gather: timedelta) -> None:
    if sum((each.after for each in playbook.steps), start=gather) >= playbook.expires_after:
        raise Fault(
            found["expires_after"].place,
            "the steps wait as long as that or longer, what is gathered included, so the last would always be stale; "
            "let it expire later, or let the steps wait less",
        )


def _check_names(playbooks: Sequence[Playbook]) -> None:
    names: set[str] = set()
    for each in playbooks:
        if each.name in names:
            raise Fault(each.place, f"there are two playbooks {each.name}; give one another name")
        names.add(each.name)
