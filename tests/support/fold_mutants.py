"""Folds that are wrong in one respect each, to prove that the check would notice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from types import ModuleType
from typing import TypeVar

from hypothesis.strategies import SearchStrategy

from fidelio_profile.domain import activity, consents, documents, fold, orders, profile, state, traits
from fidelio_profile.domain.activity import HALF_LIVES_DAYS, Activities, Activity
from fidelio_profile.domain.bottom import bottom
from fidelio_profile.domain.consents import ConsentGiven
from fidelio_profile.domain.orders import Orders, Total
from fidelio_profile.domain.profile import Profile
from fidelio_profile.domain.revisions import Foldable, Folded, FoldingBatch, Stored
from fidelio_profile.domain.state import State
from fidelio_profile.domain.traits import MOST_TRAITS, Trait, Traits
from fidelio_shared.contracts.canonical import Instant, milliseconds
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.profile import RefoldRequested
from support.fold_cases import deliveries, wide_deliveries
from support.fold_check import Delivery

K = TypeVar("K")
V = TypeVar("V")
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Mutant:
    """`replaced`: names of a module and what stands there instead. `cases`: where its mistake can show."""

    name: str
    replaced: tuple[tuple[ModuleType, str, object], ...]
    cases: SearchStrategy[tuple[Delivery, ...]]


def mutant(name: str, *replaced: tuple[ModuleType, str, object], kinds: Sequence[str] = ()) -> Mutant:
    return Mutant(name, replaced, deliveries(*kinds))


def wide_mutant(name: str, *replaced: tuple[ModuleType, str, object]) -> Mutant:
    return Mutant(name, replaced, wide_deliveries)


def _last_to_arrive_wins(left: Traits, right: Traits) -> Traits:
    return bottom({**left, **right}, MOST_TRAITS)


def _ties_go_to_the_first_to_arrive(left: Traits, right: Traits) -> Traits:
    later = {key: trait for key, trait in right.items() if key not in left or trait.at > left[key].at}
    return bottom({**left, **later}, MOST_TRAITS)


def _pins_are_ignored(trait: Trait) -> tuple[str, str]:
    return trait.at, trait.id


def _the_first_pin_holds(left: Traits, right: Traits) -> Traits:
    joined = dict(_join_traits(left, right))
    return joined | {key: trait for key, trait in left.items() if trait.is_pinned}


def _others_displace_corrections(told: Traits) -> Traits:
    return bottom(told, MOST_TRAITS)


def _late_is_lost(left: State, right: State) -> State:
    return _join(left, right) if right.last_at >= left.last_at else left


def _copies_across_batches_count(stored: Stored, records: Iterable[Foldable]) -> Folded:
    return _fold(replace(stored, seen=frozenset()), records)


class _Forgetful(set[str]):
    def __contains__(self, _: object) -> bool:
        return False


def _copies_within_a_batch_count(stored: Stored) -> FoldingBatch:
    return FoldingBatch(stored, seen=_Forgetful())


def _first_and_last_to_arrive(left: State, right: State) -> State:
    return replace(_join(left, right), first_at=left.first_at, last_at=right.last_at)


def _decays_since_arrival(left: Activity, right: Activity) -> Activity:
    """What comes later is fresh, however old it is."""
    age_days = max(0, milliseconds(right.last_at) - milliseconds(left.last_at)) / _DAY_MS
    d7, d30, d90 = (
        new + old * 2.0 ** -(age_days / half_life)
        for new, old, half_life in zip(right.decayed, left.decayed, HALF_LIVES_DAYS, strict=True)
    )
    return _join_activity(left, right)._replace(decayed=(d7, d30, d90))


def _never_decays(left: Activity, right: Activity) -> Activity:
    d7, d30, d90 = (one + other for one, other in zip(left.decayed, right.decayed, strict=True))
    return _join_activity(left, right)._replace(decayed=(d7, d30, d90))


def _grant_wins_ties(consent: ConsentGiven) -> tuple[str, bool, str]:
    return consent.at, consent.status == "granted", consent.id


def _ties_go_by_id_alone(consent: ConsentGiven) -> tuple[str, str]:
    return consent.at, consent.id


def _revenue_in_floats(left: Mapping[str, Total], right: Mapping[str, Total]) -> Mapping[str, Total]:
    joined = dict(_join_totals(left, right))
    for currency in left.keys() & right.keys():
        revenue = float(left[currency].revenue) + float(right[currency].revenue)
        joined[currency] = replace(joined[currency], revenue=Decimal(str(revenue)))
    return joined


def _one_currency(left: Mapping[str, Total], right: Mapping[str, Total]) -> Mapping[str, Total]:
    every = {**left, **right}
    revenue = sum((each.revenue for each in (*left.values(), *right.values())), Decimal(0))
    return {min(every): Total(sum(each.count for each in (*left.values(), *right.values())), revenue)} if every else {}


def _day_of_arrival(interaction: Interaction, at: Instant) -> Orders | None:
    order = _one_order(interaction, at)
    arrived = _one_order(interaction.model_copy(update={"occurred_at": interaction.received_at}), at)
    return replace(order, days=arrived.days) if order and arrived else order


def first_come(entries: Mapping[K, V], most: int, _: object = None) -> Mapping[K, V]:
    return dict(islice(entries.items(), most))


def _currenciesfirst_come(left: Mapping[str, Total], right: Mapping[str, Total]) -> Mapping[str, Total]:
    every = {**left, **right}
    joined = _join_totals(left, right)
    return first_come({each: joined.get(each, every[each]) for each in every}, orders.MOST_CURRENCIES)


def _busiest(entries: Activities, most: int, _: object) -> Activities:
    """Forgets the rarest, and begins again at 1 where it returns."""
    kept = sorted(entries, key=lambda key: (-entries[key].times, key))[:most]
    return {key: entries[key] for key in kept}


def _batch_begins_anew(stored: Stored, records: Iterable[Foldable]) -> Folded:
    return _fold(replace(stored, profiles={}), records)


def _refold_forgets_the_stored(stored: Stored, records: Iterable[Foldable]) -> Folded:
    last = {profile: timeline[-1:] for profile, timeline in stored.timelines.items()}
    return _fold(replace(stored, timelines=last), records)


def _refold_forgets_the_batch(batch: FoldingBatch, record: RefoldRequested, known: Profile | None) -> None:
    _refold(replace(batch, added={} if batch.stored.timelines[record.profile] else batch.added), record, known)


def _refold_is_no_revision(batch: FoldingBatch, record: RefoldRequested, known: Profile | None) -> None:
    _refold(batch, record, known)
    if known:
        profile = batch.profiles[known.id] = replace(batch.profiles[known.id], revision=known.revision)
        batch.revisions[-1] = replace(batch.revisions[-1], profile=profile)


def _days_shift_in_storage(document: Mapping[str, object]) -> Orders:
    return replace(_orders_from(document), days=int(str(document["days"]), 16))


def _rounded_in_storage(times: int, first_at: Instant, last_at: Instant, decayed: tuple[float, ...]) -> Activity:
    """To less than the tolerance: only the bytes tell."""
    d7, d30, d90 = (float(f"{each:.12g}") for each in decayed)
    return Activity(times, first_at, last_at, (d7, d30, d90))


_fold, _refold = fold.fold, fold._fold_refold
_join, _one_order = state.join, state.one_order
_join_traits = traits._join
_join_activity, _join_totals, _orders_from = activity._join, orders.join_totals, documents._orders_from

MUTANTS: Sequence[Mutant] = (
    mutant("the last to arrive wins", (traits, "_join", _last_to_arrive_wins)),
    mutant("ties without the id", (traits, "_join", _ties_go_to_the_first_to_arrive)),
    mutant("a synchronisation undoes a correction", (traits, "_precedence", _pins_are_ignored), kinds=("correction",)),
    mutant("nothing corrects a correction", (traits, "_join", _the_first_pin_holds), kinds=("correction",)),
    mutant("any text is a language", (traits, "language_tag", str), kinds=("locality",)),
    mutant("any text is a time zone", (traits, "time_zone_name", str), kinds=("locality",)),
    mutant("what is late is lost", (profile, "join", _late_is_lost)),
    mutant("copies across batches count", (fold, "fold", _copies_across_batches_count)),
    mutant("copies within a batch count", (fold, "FoldingBatch", _copies_within_a_batch_count)),
    mutant("first and last by arrival", (profile, "join", _first_and_last_to_arrive)),
    mutant("decay since arrival", (activity, "_join", _decays_since_arrival)),
    mutant("no decay", (activity, "_join", _never_decays)),
    mutant("a grant wins ties", (consents, "_rank", _grant_wins_ties), kinds=("consent",)),
    mutant("a refusal does not win ties", (consents, "_rank", _ties_go_by_id_alone), kinds=("consent",)),
    mutant("revenue in floats", (orders, "join_totals", _revenue_in_floats), kinds=("order",)),
    mutant("one currency for all", (orders, "join_totals", _one_currency), kinds=("order",)),
    mutant("the order's day by arrival", (state, "one_order", _day_of_arrival), kinds=("order",)),
    mutant("a batch begins anew", (fold, "fold", _batch_begins_anew)),
    mutant("a refold forgets most of what is stored", (fold, "fold", _refold_forgets_the_stored)),
    mutant("a refold forgets its own batch", (fold, "_fold_refold", _refold_forgets_the_batch)),
    mutant("a refold is no revision", (fold, "_fold_refold", _refold_is_no_revision)),
    mutant("days shift in storage", (documents, "_orders_from", _days_shift_in_storage), kinds=("order",)),
    mutant("sums are rounded in storage", (documents, "Activity", _rounded_in_storage)),
    wide_mutant("identifiers: first come", (state, "bottom", first_come)),
    wide_mutant("traits: first come", (traits, "bottom", first_come)),
    wide_mutant("traits: others displace corrections", (traits, "_kept_first", _others_displace_corrections)),
    wide_mutant("consents: first come", (consents, "bottom", first_come)),
    wide_mutant("activity: first come", (activity, "bottom", first_come)),
    wide_mutant("activity: the busiest", (activity, "bottom", _busiest)),
    wide_mutant("currencies: first come", (orders, "join_totals", _currenciesfirst_come)),
)
