"""What conditions are asked of: a person's facts, looked up by name, and the scores as they were computed."""

from dataclasses import dataclass
from datetime import datetime

from fidelio_scoring.domain.facts import Activity, Facts, Ratings, Trait

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Scores:
    """As announced or computed at one instant; None: there is no such score. `rfm`: recency, frequency, monetary."""

    band: str | None = None
    rfm: tuple[int, int, int | None] | None = None
    clv: float | None = None
    health: float | None = None


NO_SCORES = Scores()


class Reading:
    """Made once for all conditions."""

    __slots__ = ("_activity", "_latest", "_ratings", "_recent", "_traits", "facts", "scores")

    def __init__(self, facts: Facts, scores: Scores) -> None:
        self.facts = facts
        self.scores = scores
        self._recent = {each.type: each.at for each in facts.recent}
        self._latest = {**_last_counted(facts), **{each.type: each.at[0] for each in facts.recent if each.at}}
        self._activity: dict[str, list[Activity]] | None = None
        self._ratings: dict[str, Ratings] | None = None
        self._traits: dict[str, Trait] | None = None

    def latest(self, interaction_type: str) -> datetime | None:
        """Of a type of which the profile keeps no latest instants, its counts still know the last one."""
        return self._latest.get(interaction_type)

    def kth_latest(self, interaction_type: str, k: int) -> datetime | None:
        if k == 1:
            return self._latest.get(interaction_type)
        recent = self._recent.get(interaction_type, ())
        return recent[k - 1] if len(recent) >= k else None

    def activity(self, interaction_type: str) -> list[Activity]:
        """One for each channel."""
        if self._activity is None:
            self._activity = {}
            for each in self.facts.activity:
                self._activity.setdefault(each.type, []).append(each)
        return self._activity.get(interaction_type, [])

    def ratings(self, scale: str) -> Ratings | None:
        if self._ratings is None:
            self._ratings = {each.scale: each for each in self.facts.ratings}
        return self._ratings.get(scale)

    def trait(self, name: str) -> Scalar:
        """None also where it was never told."""
        if self._traits is None:
            self._traits = {each.name: each for each in self.facts.traits}
        found = self._traits.get(name)
        return found.value if found else None


def _last_counted(facts: Facts) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for each in facts.activity:
        known = found.get(each.type)
        found[each.type] = each.last_at if known is None else max(known, each.last_at)
    return found
