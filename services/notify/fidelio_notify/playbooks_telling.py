"""What the commands on playbooks tell, line by line."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from fidelio_notify.adapters.mongo_playbooks import PutForward
from fidelio_notify.adapters.mongo_switches import EVERY_PLAYBOOK, Switch
from fidelio_notify.domain.playbooks.model import Playbook, Playbooks
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.declarations.yaml_tree import START


def row(playbook: Playbook, stopped: Collection[str]) -> str:
    is_stopped = EVERY_PLAYBOOK in stopped or playbook.name in stopped
    held = f"{playbook.holdout:.0%}" if playbook.holdout else "-"
    state = "stopped" if is_stopped else "on"
    return f"  {playbook.name:<40} {playbook.priority:>3} {held:>4} {state:<8} {playbook.label.en}"


def switch_line(switch: Switch) -> str:
    return f"stopped: {shown(switch.playbook)} by {switch.by} at {instant(switch.since)}: {switch.why}"


def history_line(put_forward: PutForward) -> str:
    approved = f"approved by {put_forward.approved_by}" if put_forward.approved_by else "approved by nobody"
    return f"put forward: {put_forward.version} by {put_forward.by} at {instant(put_forward.at)}, {approved}"


def waiting_line(put_forward: PutForward) -> str:
    return (
        f"waits: {put_forward.version}, put forward by {put_forward.by}; somebody else puts it into use by "
        f"fidelio-notify playbooks approve {put_forward.version} --by NAME"
    )


def differences(before: Playbooks | None, after: Playbooks) -> Iterator[str]:
    """By playbook, in the order of the names."""
    known = _by_name(before) if before else {}
    told = _by_name(after)
    for name in sorted(known.keys() | told.keys()):
        if known.get(name) != told.get(name):
            what = "is new" if name not in known else "is changed" if name in told else "is no more"
            yield f"  {name} {what}"
    if before is None or before.policy != after.policy:
        yield "  the policy of all playbooks is changed"


def shown(playbook: str) -> str:
    return "all playbooks" if playbook == EVERY_PLAYBOOK else playbook


def _by_name(playbooks: Playbooks) -> dict[str, Playbook]:
    """Wherever they stand in the file."""
    return {each.name: replace(each, place=START) for each in playbooks.playbooks}
