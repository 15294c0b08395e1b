"""What the API answers, for its description; the answers themselves are encoded as they are stored."""

from datetime import datetime
from typing import Literal

from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Contract
from fidelio_shared.contracts.scoring import Band, CustomerValue, Membership, Reason, Rfm


class InTwoLanguages(Contract):
    en: str
    fr: str


class SegmentView(Contract):
    """`hash`: of all that decides who is in it. `members`: how many are in it now; while definitions that were just
    put into use are adopted, some of them by the ones before."""

    name: str
    kind: str
    group: str | None
    label: InTwoLanguages
    description: InTwoLanguages
    hash: str
    members: int


class SegmentsView(Contract):
    """`version`: of the definitions in use. `profiles_by_other_rules`: whom other definitions, or another model, scored
    last; they are scored anew in the background."""

    version: str
    profiles_by_other_rules: int
    segments: tuple[SegmentView, ...]


class CountView(Contract):
    """`is_defined`: else it is one of definitions that were in use before, and has these members left."""

    segment: str
    members: int
    is_defined: bool


class MemberView(Contract):
    profile: ProfileId
    since: datetime


class MembersPage(Contract):
    """By profile; `next`: the cursor of the page after, None at the end."""

    segment: str
    members: tuple[MemberView, ...]
    next: str | None


class ExplainedPart(Contract):
    """`since`: it has been so since then, or longer; None: what is known does not tell. `until`: it is so until then if
    nothing happens; None: for good. `parts`: what it is made of."""

    words: InTwoLanguages
    holds: bool
    since: datetime | None
    until: datetime | None
    parts: tuple["ExplainedPart", ...] = ()


class ExplanationView(Contract):
    """`at`: when it is so, by what is known of the person now. `member_since`: since when the profile is a member as
    was announced last; None: it is not."""

    profile: ProfileId
    segment: str
    definition: str
    at: datetime
    member_since: datetime | None
    explanation: ExplainedPart


class HeadView(Contract):
    """log_odds = baseline + sum of contributions."""

    name: str
    log_odds: float
    baseline: float
    contributions: dict[str, float]


class AnnouncedView(Contract):
    """`health`: 0 to 100. `clv`: customer value, in money."""

    risk: float
    band: Band
    heads: tuple[HeadView, ...]
    health: float
    rfm: Rfm | None
    clv: float | None


class CurrentScore(Contract):
    """`score`: what others were told last; None where nothing is: the person objects, is part of another profile, or
    never gave anything to score by. `rules`: model and definitions by which it was scored last, as of `as_of`.
    `next_review_at`: when it is looked at again if nothing happens; None: never."""

    profile: ProfileId
    epoch: int
    revision: int
    as_of: datetime
    rules: str
    score: AnnouncedView | None
    segments: tuple[Membership, ...]
    next_review_at: datetime | None


class ScoreView(CurrentScore):
    """`reasons`, `value`, `revenue_per_month`: by the model in use, as of `as_of`."""

    reasons: tuple[Reason, ...]
    value: CustomerValue | None
    revenue_per_month: float | None


Form = Literal["json", "csv", "ndjson"]
