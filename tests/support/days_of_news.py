"""Some days of news of a few people, drawn by a seed: orders, failed payments, risks that rise, segments, consents that
are given and taken back, people who turn out to be one, and erasures."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from random import Random

from fidelio_notify.decoding import News
from fidelio_notify.domain.cards import Person, PersonSnapshot
from fidelio_notify.domain.playbooks.model import (
    BandRises,
    Cap,
    Happened,
    HappenedSince,
    InBand,
    Playbooks,
    QuietHours,
    SegmentEntered,
    Step,
    Variant,
)
from fidelio_notify.domain.simulated_people import time_of
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.profile import ActivityCount
from fidelio_shared.contracts.scoring import Membership, ScoreChanged, SegmentChanged
from support.gate_cases import BY_MAIL, BY_PHONE, NOON, PLAYBOOK, POLICY, a_consent, a_ticket
from support.news import a_cause, a_change_of_segments, a_score, a_scoring_cause
from support.releases import playbooks_of

DAYS = timedelta(days=5)
_TYPES = ("order.placed", "order.placed", "payment.failed", "page.viewed")
_ZONES = ("Europe/Paris", "Asia/Tokyo", None)


def _step(*channels: str, after: timedelta = timedelta()) -> Step:
    return Step(after=after, channels=channels, variants=(Variant("only", 1.0, "hello"),))


RISE = replace(
    PLAYBOOK,
    name="rise",
    trigger=BandRises(frozenset({"high"})),
    until=HappenedSince(frozenset({"order.placed"})),
    steps=(_step("email"),),
    priority=60,
    holdout=0.3,
)
THANKS = replace(
    PLAYBOOK,
    name="thanks",
    until=InBand(frozenset({"high"})),
    steps=(_step("sms", "email", after=timedelta(hours=1)), _step("email", after=timedelta(days=1))),
    priority=40,
)
LOYAL = replace(PLAYBOOK, name="loyal", trigger=SegmentEntered("loyal"), steps=(_step("sms"),), priority=50)
HELP = replace(
    PLAYBOOK,
    name="help",
    trigger=Happened(frozenset({"payment.failed"})),
    steps=(_step("email"),),
    is_transactional=True,
)
DAY_POLICY = replace(
    POLICY,
    quiet=(QuietHours(time(21), time(8), frozenset({"sms"})),),
    caps=(Cap(2, timedelta(days=1)), Cap(1, timedelta(hours=6), "email")),
)
FOUR = playbooks_of(RISE, THANKS, LOYAL, HELP, policy=DAY_POLICY)


def changed(playbooks: Playbooks) -> Playbooks:
    """Half a day between mails instead of six hours."""
    caps = (Cap(2, timedelta(days=1)), Cap(1, timedelta(hours=12), "email"))
    return replace(playbooks, policy=replace(playbooks.policy, caps=caps))


@dataclass(slots=True)
class _Somebody:
    profile: ProfileId
    person: Person
    revision: int = 0
    sequence: int = 0
    members: tuple[ProfileId, ...] = ()
    gone: bool = False


@dataclass(slots=True)
class _World:
    lots: Random
    people: list[_Somebody]
    at: datetime = NOON
    number: int = 0
    told: list[News] = field(default_factory=list)


def days_of_news(seed: int, *, people: int, most: int) -> list[News]:
    lots = Random(seed)
    everybody = [_Somebody(ProfileId(hash16("day", seed, each)), _person(lots)) for each in range(people)]
    world = _World(lots, everybody)
    instants = sorted(NOON + lots.random() * DAYS for _ in range(most))
    for at in instants:
        world.at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        world.told += _happens(world)
    assert [time_of(each) for each in world.told] == sorted(time_of(each) for each in world.told)
    return world.told


def _person(lots: Random) -> Person:
    consents = [
        a_consent(channel=each, status=lots.choice(("granted", "granted", "denied"))) for each in ("email", "sms")
    ]
    return Person(
        identifiers=tuple(each for each in (BY_MAIL, BY_PHONE) if lots.random() < 0.9),
        time_zone=lots.choice(_ZONES),
        consents=tuple(each for each in consents if lots.random() < 0.9),
    )


def _happens(world: _World) -> Iterator[News]:
    here = [each for each in world.people if not each.gone]
    who, draw = world.lots.choice(here), world.lots.random()
    world.number += 1
    if draw < 0.55:
        yield _interaction(world, who)
    elif draw < 0.8 and who.revision:
        yield _score(world, who)
    elif draw < 0.95 and who.revision:
        yield _segments(world, who)
    elif draw < 0.985 and len(here) > 2:
        yield from _merge(world, who, world.lots.choice([each for each in here if each is not who]))
    elif len(here) > 2:
        yield _erasure(world, who)


def _interaction(world: _World, who: _Somebody) -> PersonSnapshot:
    kind = world.lots.choice(_TYPES)
    told = ActivityCount(
        type=kind, channel="web", count=1, first_at=world.at, last_at=world.at, decayed=(1.0, 1.0, 1.0)
    )
    changes: dict[str, object] = {"activity": (*(each for each in who.person.activity if each.type != kind), told)}
    if world.lots.random() < 0.2:
        changes["consents"] = _person(world.lots).consents
    if world.lots.random() < 0.1:
        changes["tickets"] = (a_ticket(is_complaint=True, is_open=world.lots.random() < 0.5),)
    who.person = who.person.model_copy(update=changes)
    return _snapshot(world, who, kind="interaction", type=kind)


def _snapshot(world: _World, who: _Somebody, merged_into: ProfileId | None = None, **cause: object) -> PersonSnapshot:
    who.revision += 1
    is_gone = merged_into is not None or cause["kind"] == "erasure"
    return PersonSnapshot(
        profile=who.profile,
        epoch=1,
        revision=who.revision,
        merged_into=merged_into,
        members=who.members,
        erased_at=world.at if cause["kind"] == "erasure" else None,
        cause=a_cause(id=hash16("cause", world.number), occurred_at=world.at, received_at=world.at, **cause),
        state=None if is_gone else who.person,
    )


def _score(world: _World, who: _Somebody) -> ScoreChanged:
    who.sequence += 1
    before, after = world.lots.choice((("watch", "high"), ("low", "high"), ("high", "low")))
    told = a_score(before, after, at=world.at)  # type: ignore[arg-type]
    return told.model_copy(update=_whose(world, who))


def _segments(world: _World, who: _Somebody) -> SegmentChanged:
    who.sequence += 1
    entered = ("loyal",) if world.lots.random() < 0.7 else ()
    told = a_change_of_segments(entered, at=world.at)
    memberships = tuple(Membership(segment=each, since=world.at) for each in entered)
    return told.model_copy(update={**_whose(world, who), "memberships": memberships})


def _whose(world: _World, who: _Somebody) -> dict[str, object]:
    cause = a_scoring_cause(at=world.at)
    return {"profile": who.profile, "sequence": who.sequence, "revision": who.revision, "cause": cause}


def _merge(world: _World, winner: _Somebody, loser: _Somebody) -> Iterator[News]:
    loser.gone = True
    winner.members = (*winner.members, loser.profile, *loser.members)
    told = [
        _snapshot(world, winner, kind="merge", type="merge"),
        _snapshot(world, loser, winner.profile, kind="merge", type="merge"),
    ]
    world.lots.shuffle(told)
    yield from told


def _erasure(world: _World, who: _Somebody) -> PersonSnapshot:
    who.gone = True
    return _snapshot(world, who, kind="erasure", type="erasure")
