"""What a playbook says: what makes Fidelio think of contacting somebody, and whether, how and until when it does."""

from dataclasses import dataclass
from datetime import time, timedelta

from fidelio_shared.contracts.scoring import Band
from fidelio_shared.declarations.words import Words
from fidelio_shared.declarations.yaml_tree import START, Place


class PlaybooksError(ValueError):
    """A playbooks file that cannot be used: where, what is wrong, and what to do."""


@dataclass(frozen=True, slots=True)
class BandRises:
    """The churn band rises to one of these, from one that was known: a first score is no rise."""

    bands: frozenset[Band]


@dataclass(frozen=True, slots=True)
class SegmentEntered:
    segment: str


@dataclass(frozen=True, slots=True)
class SegmentExited:
    segment: str


@dataclass(frozen=True, slots=True)
class Happened:
    """An interaction of one of these types was accepted."""

    types: frozenset[str]


@dataclass(frozen=True, slots=True)
class DateAhead:
    """So long before the date that the trait tells (ISO 8601), once for each date."""

    trait: str
    ahead: timedelta


@dataclass(frozen=True, slots=True)
class OnRequest:
    """Only when a person sends it to a segment."""


Trigger = BandRises | SegmentEntered | SegmentExited | Happened | DateAhead | OnRequest


@dataclass(frozen=True, slots=True)
class InSegment:
    segment: str


@dataclass(frozen=True, slots=True)
class InBand:
    bands: frozenset[Band]


@dataclass(frozen=True, slots=True)
class TraitIs:
    name: str
    values: tuple[str | int | float | bool, ...]


@dataclass(frozen=True, slots=True)
class TraitKnown:
    name: str


@dataclass(frozen=True, slots=True)
class HasOpen:
    """An open ticket; or, of those, one that is a complaint."""

    is_complaint: bool


@dataclass(frozen=True, slots=True)
class LatestRating:
    """The latest answer on this scale, both bounds included."""

    scale: str
    at_least: int
    at_most: int


@dataclass(frozen=True, slots=True)
class HappenedSince:
    """An interaction of one of these types after the playbook's cause."""

    types: frozenset[str]


@dataclass(frozen=True, slots=True)
class ReferenceClosed:
    """The ticket of which the cause spoke is not open any more."""


@dataclass(frozen=True, slots=True)
class WorthAtLeast:
    amount: float


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Condition"


Condition = (
    InSegment
    | InBand
    | TraitIs
    | TraitKnown
    | HasOpen
    | LatestRating
    | HappenedSince
    | ReferenceClosed
    | WorthAtLeast
    | All
    | AnyOf
    | Not
)
EVERYBODY = All(())
NEVER = AnyOf(())


@dataclass(frozen=True, slots=True)
class Variant:
    """`share`: of those who are written to; the shares of a step's variants sum to 1. `template` names its words."""

    name: str
    share: float
    template: str


@dataclass(frozen=True, slots=True)
class Step:
    """`after`: so long after the step before was sent (of the first: after the cause). `channels`: the first that may
    be used is used; `preferred` stands for the one where this person acts most. `offer`: named in the letter.
    `at_best_hour`: waits, for a day at most, for the hour in which this person acts most."""

    after: timedelta
    channels: tuple[str, ...]
    variants: tuple[Variant, ...]
    offer: str | None = None
    at_best_hour: bool = False


@dataclass(frozen=True, slots=True)
class Goal:
    """What counts as success: an interaction of one of `types` within so long after the exposure."""

    types: frozenset[str]
    within: timedelta


@dataclass(frozen=True, slots=True)
class Playbook:
    """`purpose`: of the consent it needs. `is_transactional`: owed to the customer, needs no consent and skips what the
    law allows, no more. `when`: must hold at decision and release. `until`: where it holds, the reason is gone.
    `expires_after`: so long after its cause it is stale. `priority`: the higher goes first, 0 to 100. `holdout`: the
    share of people to whom it is deliberately not sent, so that its effect can be told."""

    name: str
    version: int
    label: Words
    trigger: Trigger
    purpose: str
    steps: tuple[Step, ...]
    expires_after: timedelta
    is_transactional: bool = False
    when: Condition = EVERYBODY
    until: Condition = NEVER
    priority: int = 50
    holdout: float = 0.0
    goal: Goal | None = None
    place: Place = START


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many messages in any window of this length; on one channel, or on all where `channel` is None."""

    most: int
    window: timedelta
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `begins` to `ends` by the clock of the person's own time zone, over midnight where `begins` is later."""

    begins: time
    ends: time
    channels: frozenset[str]


PACIFIC_TO_EASTERN_EUROPE = (
    "America/Los_Angeles",
    "America/Denver",
    "America/Chicago",
    "America/New_York",
    "America/Halifax",
    "America/Sao_Paulo",
    "America/Noronha",
    "Atlantic/Azores",
    "Europe/London",
    "Europe/Paris",
    "Europe/Helsinki",
)
"""Every hour between these ends, so that nobody in between is overlooked. With quiet hours from 21:00 to 8:00 it is day
in all of them for three hours of every day (16:00 to 19:00 UTC in winter); around the whole earth it never is."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for every playbook. `gather`: reasons for one person that come within so long become one message.
    `mass_per_second`: how fast decisions of one mass cause (a changed definition, an import, a send to a segment) are
    released, behind all others; from `mass_threshold` of them on, a person must approve first. `zones`: where somebody
    may live of whom neither time zone nor country is known: they are written to when it is day in all of these."""

    quiet: tuple[QuietHours, ...]
    caps: tuple[Cap, ...]
    gather: timedelta
    mass_per_second: float
    mass_threshold: int
    zones: tuple[str, ...] = PACIFIC_TO_EASTERN_EUROPE

    @property
    def longest_window(self) -> timedelta:
        """Older messages decide nothing."""
        return max((each.window for each in self.caps), default=timedelta())


@dataclass(frozen=True, slots=True)
class Playbooks:
    """`version`: of the whole file: its name, number and what it says, hashed."""

    file: str
    version: str
    policy: Policy
    playbooks: tuple[Playbook, ...]

    def playbook(self, name: str) -> Playbook | None:
        return next((each for each in self.playbooks if each.name == name), None)
