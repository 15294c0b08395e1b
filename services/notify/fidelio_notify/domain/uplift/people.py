"""Exposures of profiles, counted as people: some of them were merged meanwhile."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from fidelio_notify.domain.uplift.exposures import Exposure
from fidelio_shared.contracts.ids import ProfileId


@dataclass(frozen=True, slots=True)
class People:
    """`counted`: one exposure of each person. `mixed`: people some of whose profiles were held out and some not: nobody
    can say what they tell. `of_two_variants`: counted, but for no variant."""

    counted: tuple[Exposure, ...] = ()
    mixed: int = 0
    of_two_variants: int = 0


def people(exposures: Iterable[Exposure], heads: Mapping[ProfileId, ProfileId]) -> People:
    """Of one playbook. `heads`: of a profile that was merged, the one that it is part of now.

    Of a person the profile that is left counts, or, where only others were exposed, the first of them.
    """
    persons: dict[ProfileId, list[Exposure]] = defaultdict(list)
    for each in exposures:
        persons[heads.get(each.profile, each.profile)].append(each)
    pure = {head: found for head, found in persons.items() if len({each.arm for each in found}) == 1}
    torn = {head for head, found in pure.items() if len({each.variant for each in found}) > 1}
    return People(
        counted=tuple(_counting(head, found, is_torn=head in torn) for head, found in pure.items()),
        mixed=len(persons) - len(pure),
        of_two_variants=len(torn),
    )


def _counting(head: ProfileId, found: Sequence[Exposure], *, is_torn: bool) -> Exposure:
    """The exposure that counts, with what any of the person's profiles did in its time, and got."""
    counts = min(found, key=lambda each: (each.profile != head, each.at, each.profile))
    goals = [each.goal_at for each in found if each.goal_at and counts.at < each.goal_at <= counts.goal_until]
    return replace(
        counts,
        variant=None if is_torn else counts.variant,
        goal_at=min(goals, default=None),
        fate="sent" if any(each.fate == "sent" for each in found) else counts.fate,
    )
