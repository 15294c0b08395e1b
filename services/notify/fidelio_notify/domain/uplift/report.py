"""What is reported of one playbook, and what whoever reads it should keep in mind."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

from fidelio_notify.domain.uplift.effects import HELD, TREATED, Effect, main_effects, variant_contrasts, variant_effects
from fidelio_notify.domain.uplift.statistics import Mean
from fidelio_notify.domain.uplift.tallies import Counted

MANY_MIXED = 0.05
_IMPROBABLE_ERRORS = 3.5
"""Standard errors; by chance once in two thousand reports."""


@dataclass(frozen=True, slots=True)
class Report:
    """`cautions`: in words."""

    playbook: str
    counted: Counted
    effects: tuple[Effect, ...]
    variants: tuple[Effect, ...]
    contrasts: tuple[Effect, ...]
    cautions: tuple[str, ...]


def report(playbook: str, counted: Counted, *, sought: float | None = None) -> Report:
    """`sought`: the least effect on the goal that would matter, as a share; else what was seen is taken for it."""
    effects = main_effects(counted, sought=sought)
    variants = variant_effects(counted, sought=sought)
    contrasts = variant_contrasts(counted, sought=sought)
    cautions = (*_cautions(counted), *_readings([*effects, *variants, *contrasts], sought))
    return Report(playbook, counted, effects, variants, contrasts, cautions)


def verdict(effect: Effect) -> str:
    """In words, for whoever decides whether the playbook stays."""
    is_contrast = effect.against != HELD
    if effect.finding == "helps":
        return f"{effect.of} does better" if is_contrast else "helps"
    if effect.finding == "harms":
        return f"{effect.against} does better" if is_contrast else "harms"
    if effect.finding == "too_few":
        return "too few to say"
    if effect.more is None:
        return "nothing can be concluded: they do not differ by anything that people could show"
    if not effect.more.treated and not effect.more.held:
        return f"nothing can be concluded: {_sought(effect)} would probably have been seen, so it is less, or nothing"
    return f"nothing can be concluded yet: {_more(effect)} needed"


def _more(effect: Effect) -> str:
    assert effect.more is not None
    if effect.more.treated == effect.more.held:
        return f"{effect.more.held:,} more people per arm"
    return f"{effect.more.treated:,} more people {_side(effect.of)} and {effect.more.held:,} {_side(effect.against)}"


def _side(name: str) -> str:
    return name if name in (TREATED, HELD) else f"with {name}"


def _sought(effect: Effect) -> str:
    return f"an effect of {100 * (effect.sought or 0.0):+.2f} points"


def _cautions(counted: Counted) -> Iterator[str]:
    treated, held = counted.arm("treated"), counted.arm("held")
    if not held.people:
        yield "Nobody is held out whose time is over: whether contacting helps cannot be told without a holdout."
    if unsent := treated.unsent.total():
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(treated.unsent.items()))
        yield (
            f"Of {treated.people:,} people assigned to be written to, {unsent:,} were sent nothing ({reasons}). They "
            "count as treated: who can be reached differs from who cannot, and only the assignment is by chance."
        )
    if counted.mixed:
        yield from _of_mixed(counted)
    drawn = counted.drawn
    if abs(drawn.held - drawn.expected) > _IMPROBABLE_ERRORS * sqrt(drawn.variance):
        yield (
            f"{drawn.held:,} profiles were held out where {drawn.expected:,.0f} were to be expected: something other "
            "than chance decides who is in an arm. Do not trust this report before that is found."
        )
    if len(counted.shares) > 1:
        yield (
            "The holdout's share was changed meanwhile: arms then differ also in when people came. Report since the "
            "change (--since)."
        )
    if len(counted.goals) > 1:
        yield "What counts as success was changed meanwhile; each person was judged by what was declared for them."


def _of_mixed(counted: Counted) -> Iterator[str]:
    yield (
        f"{counted.mixed:,} people are left out: some of their profiles, merged later, were held out and some were not."
    )
    people = counted.arm("treated").people + counted.arm("held").people + counted.running
    if counted.mixed > MANY_MIXED * (people + counted.mixed):
        yield (
            "That is many. Whoever answers a message is recognised and merged more easily, so that leaving them out "
            "may itself change the result."
        )


def _readings(effects: list[Effect], sought: float | None) -> Iterator[str]:
    yield (
        "An interval holds for one look, at a time that was fixed beforehand. Whoever looks every day and stops at the "
        "first effect finds effects that do not exist."
    )
    if len(effects) > 1:
        yield (
            "Several comparisons are made: verdicts and p are adjusted by Holm's method within each table, intervals "
            "are not. An interval may exclude 0 where the verdict rightly does not."
        )
    if sought is None and any(each.more and not isinstance(each.treated, Mean) for each in effects):
        yield (
            "How many more are needed is told for the difference that was seen, which is itself uncertain. Say with "
            "--effect which one would matter to you."
        )
    if any(each.finding in ("helps", "harms") and each.against == HELD for each in effects):
        yield (
            "This is an average. Some may be helped and others put off: it does not say whom to contact, and people "
            "at high risk need not be those whom a message keeps."
        )
