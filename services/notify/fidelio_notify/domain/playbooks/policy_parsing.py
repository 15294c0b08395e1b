"""What holds for every playbook, as the file says it."""

from datetime import UTC, datetime, timedelta

from fidelio_notify.domain.gates.local_time import leaves_a_window
from fidelio_notify.domain.playbooks.model import PACIFIC_TO_EASTERN_EUROPE, Cap, Policy, QuietHours
from fidelio_notify.domain.playbooks.quantities import CHANNELS, channels_of, hours_of, span_of
from fidelio_shared.declarations.fields import count_of, fields, items_of, number_of, one_of, shown, text_of
from fidelio_shared.declarations.lengths import is_time_zone
from fidelio_shared.declarations.yaml_tree import Fault, Node

LONGEST_CAP = timedelta(days=90)
LONGEST_GATHERING = timedelta(hours=1)
_MOST_CAPS = 20
_MOST_QUIET = 20
_MOST_CAPPED = 1_000
_FASTEST = 10_000
_MOST_ZONES = 50
_MOST_THRESHOLD = 10**7
_A_YEAR_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
"""Clocks are changed alike in other years: the same file is refused or accepted whenever it is read."""


def policy_of(node: Node) -> Policy:
    try:
        return _policy(node)
    except Fault as fault:
        raise Fault(fault.place, f"policy: {fault}") from fault


def _policy(node: Node) -> Policy:
    found = fields(node, "it", required=("caps", "gather", "mass"), optional=("quiet_hours", "zones"))
    mass = fields(found["mass"], "mass", required=("per_second", "approval_from"))
    quiet = items_of(found["quiet_hours"], "quiet_hours", _MOST_QUIET) if "quiet_hours" in found else ()
    policy = Policy(
        quiet=tuple(map(_quiet, quiet)),
        caps=tuple(map(_cap, items_of(found["caps"], "caps", _MOST_CAPS))),
        gather=span_of(found["gather"], "gather", LONGEST_GATHERING),
        mass_per_second=_rate(mass["per_second"]),
        mass_threshold=count_of(mass["approval_from"], "mass: approval_from", 1, _MOST_THRESHOLD),
        zones=_zones(found["zones"]) if "zones" in found else PACIFIC_TO_EASTERN_EUROPE,
    )
    if "quiet_hours" in found:
        _check_window(found["quiet_hours"], policy)
    return policy


def _quiet(node: Node) -> QuietHours:
    found = fields(node, "quiet_hours", required=("hours", "channels"))
    begins, ends = hours_of(found["hours"], "quiet_hours: hours")
    return QuietHours(begins, ends, frozenset(channels_of(found["channels"], "quiet_hours: channels", CHANNELS)))


def _cap(node: Node) -> Cap:
    found = fields(node, "a cap", required=("most", "within"), optional=("channel",))
    return Cap(
        most=count_of(found["most"], "cap: most", 1, _MOST_CAPPED),
        window=span_of(found["within"], "cap: within", LONGEST_CAP),
        channel=one_of(found["channel"], "cap: channel", CHANNELS) if "channel" in found else None,
    )


def _zones(node: Node) -> tuple[str, ...]:
    zones = items_of(node, "zones", _MOST_ZONES)
    for each in zones:
        if not is_time_zone(text_of(each, "zones")):
            raise Fault(each.place, f"zones has {shown(each)}; write time zones such as Europe/Paris")
    return tuple(text_of(each, "zones") for each in zones)


def _check_window(node: Node, policy: Policy) -> None:
    """Of whom nothing is known would otherwise never be written to, and nobody would see why."""
    for channel in sorted(frozenset[str]().union(*(each.channels for each in policy.quiet))):
        quiet = tuple(each for each in policy.quiet if channel in each.channels)
        if not leaves_a_window(policy.zones, quiet, _A_YEAR_SINCE):
            raise Fault(
                node.place,
                f"quiet_hours: by {channel} there are days without an hour outside of them in all `zones` where "
                "somebody may live of whom nothing is known; shorten them, or name fewer zones",
            )


def _rate(node: Node) -> float:
    rate = number_of(node, "mass: per_second")
    if not 0 < rate <= _FASTEST:
        raise Fault(
            node.place, f"mass: per_second is {shown(node)}; write a number above 0 and up to {_FASTEST}, such as 20"
        )
    return float(rate)
