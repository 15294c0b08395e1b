"""What other playbooks would have changed, of two simulations over the same news."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from fidelio_notify.domain.simulating import Fate

Fates = Mapping[str, Fate]
_NONE = "not decided"


def difference_lines(before: Fates, after: Fates, *, examples: int) -> Iterator[str]:
    """By playbook; `examples`: profiles of so many decisions of each."""
    counts = _counts(before.values()), _counts(after.values())
    changed = sorted(each for each in before.keys() | after.keys() if before.get(each) != after.get(each))
    by_playbook: dict[str, list[str]] = defaultdict(list)
    for each in changed:
        by_playbook[_either(before, after, each).playbook].append(each)
    for playbook in sorted(counts[0].keys() | counts[1].keys()):
        yield playbook
        yield from _count_lines(counts[0].get(playbook, Counter()), counts[1].get(playbook, Counter()))
        for each in by_playbook[playbook][:examples]:
            yield (f"    {_either(before, after, each).profile}: {_said(before.get(each))} → {_said(after.get(each))}")
    yield f"{len(changed)} of {len(before.keys() | after.keys())} decisions would change"


def _counts(fates: Iterable[Fate]) -> Mapping[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for each in fates:
        found[each.playbook].update(("decided", _said(each)))
    return found


def _count_lines(before: Counter[str], after: Counter[str]) -> Iterator[str]:
    for what in sorted(before.keys() | after.keys(), key=lambda each: (each != "decided", each)):
        yield f"  {what:<36} {before[what]:>9} → {after[what]:>9}"


def _either(before: Fates, after: Fates, decision: str) -> Fate:
    return before.get(decision) or after[decision]


def _said(fate: Fate | None) -> str:
    if fate is None:
        return _NONE
    return f"{fate.what} by {fate.by}" if fate.by else fate.what
