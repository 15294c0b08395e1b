"""The hour in which a person acts most."""

from datetime import UTC, datetime, timedelta

from fidelio_notify.domain.gates.case import Case
from fidelio_notify.domain.gates.channels import channels_of
from fidelio_notify.domain.gates.local_time import quiet_until
from fidelio_notify.domain.gates.zones import zones_of
from fidelio_notify.domain.playbooks.model import QuietHours
from fidelio_shared.contracts.profile import Preferred

ENOUGH_RESPONSES = 10
ENOUGH_IN_THE_HOUR = 3
_HOUR = timedelta(hours=1)


def wanted_at(case: Case) -> datetime:
    """When the step would be sent, were it allowed: at once, or where it asks for it, at its person's best hour."""
    card = case.known
    if card is None or not case.step.at_best_hour:
        return case.now
    channels = frozenset(channels_of(case))
    return best_release(
        case.now,
        deadline=case.proposal.deadline,
        preferred=card.person.preferred,
        zones=zones_of(card, case.policy.zones),
        quiet=tuple(each for each in case.policy.quiet if each.channels & channels),
    )


def best_release(
    now: datetime,
    *,
    deadline: datetime,
    preferred: Preferred | None,
    zones: tuple[str, ...],
    quiet: tuple[QuietHours, ...],
) -> datetime:
    """When, within a day and up to the deadline, this person's most active hour comes that is not quiet; `now` where it
    is that hour, or where too little is known of them."""
    counts = {each.hour: each.count for each in preferred.hours} if preferred else {}
    if sum(counts.values()) < ENOUGH_RESPONSES:
        return now
    now = now.astimezone(UTC)
    hour = now.replace(minute=0, second=0, microsecond=0)
    coming = (max(now, hour + k * _HOUR) for k in range(24))
    usable = [
        at
        for at in coming
        if at <= deadline and counts.get(at.hour, 0) >= ENOUGH_IN_THE_HOUR and quiet_until(at, zones, quiet) == at
    ]
    return max(usable, key=lambda at: (counts[at.hour], -at.timestamp()), default=now)
