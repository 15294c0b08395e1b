"""What scoring holds of a profile: what was seen last, and what others were told last."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from fidelio_scoring.domain.bands import Band
from fidelio_scoring.domain.churn import Assessment, ChurnModel
from fidelio_scoring.domain.facts import Facts
from fidelio_scoring.domain.heads import HeadScore
from fidelio_scoring.domain.rfm import Rfm
from fidelio_scoring.domain.segments.definitions import Definitions
from fidelio_scoring.domain.values import Values
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.scoring import ScoringCause


@dataclass(frozen=True, slots=True)
class Rules:
    """By what is scored: a churn model, and definitions of segments."""

    model: ChurnModel
    definitions: Definitions

    @property
    def version(self) -> str:
        return f"{self.model.version} {self.definitions.version}"


@dataclass(frozen=True, slots=True)
class Announced:
    """The last score that others were told. Conditions over scores read these, so that they hold as was announced."""

    risk: float
    band: Band
    heads: tuple[HeadScore, ...]
    health: float
    rfm: Rfm | None = None
    clv: float | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """`as_of`: the time last used for this profile. `version` counts what is stored, to notice a second owner.

    `facts`: None of who is part of another profile now, or objects: nothing is said of them. `segments`: since when in
    each. `rules`: the version that it was last scored by.
    """

    profile: ProfileId
    version: int
    epoch: int
    revision: int
    as_of: datetime
    rules: str
    facts: Facts | None
    announced: Announced | None
    score_sequence: int
    segments: Mapping[str, datetime]
    segment_sequence: int
    next_review_at: datetime | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a snapshot says. `received_at` is scoring's time; `cause` what to name as the reason.

    `facts`: None of somebody who is part of another profile now, or objects. `erased_at`: nothing of them may be kept.
    """

    profile: ProfileId
    epoch: int
    revision: int
    received_at: datetime
    cause: ScoringCause
    facts: Facts | None
    erased_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ScoreChange:
    standing: Standing
    cause: ScoringCause
    before: Announced | None
    assessment: Assessment
    changes: Mapping[str, float]
    values: Values


@dataclass(frozen=True, slots=True)
class ScoreWithdrawn:
    """Nothing is left to score by, or they object."""

    standing: Standing
    cause: ScoringCause
    before: Announced


@dataclass(frozen=True, slots=True)
class SegmentChange:
    standing: Standing
    cause: ScoringCause
    entered: tuple[str, ...]
    exited: tuple[str, ...]


Change = ScoreChange | ScoreWithdrawn | SegmentChange


@dataclass(frozen=True, slots=True)
class Moved:
    standing: Standing
    changes: tuple[Change, ...] = ()

    def then(self, later: "Moved") -> "Moved":
        return replace(later, changes=self.changes + later.changes)
