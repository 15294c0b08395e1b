"""A world of people and what happens to them, step by step on the stream clock, as records on notify's topics."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.contracts.profile import Cause, ConsentState, ProfileSnapshot, ProfileState, Ticket
from fidelio_shared.contracts.scoring import Membership, ScoringCause, SegmentChanged
from support.outreach.behaviour import NOBODY_THERE
from support.outreach.declared import CHANNELS, EVERY, PURPOSES, RECOVERED, SEGMENTS

BEGINS = datetime(2026, 3, 27, 3, 7, tzinfo=UTC)
"""Two days before clocks are changed in Europe; seven minutes past, when no quiet hours begin or end anywhere."""
STEPS, QUIET_STEPS = 12, 10
"""Of time: those in which something happens, and those in which what was put off is left to end."""
ZONES = (
    "Europe/Paris",
    "Europe/Paris",
    "Africa/Casablanca",
    "America/Los_Angeles",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    None,
)
_MINUTES_BEFORE = (1, 3, 6, 8, 9, 20, 45)
_STATE_VERSION = 2

News = ProfileSnapshot | SegmentChanged


@dataclass(frozen=True, slots=True)
class Step:
    """`news`: all that is published before the clock is `at`."""

    at: datetime
    news: tuple[News, ...]


@dataclass(frozen=True, slots=True)
class World:
    steps: tuple[Step, ...]

    @property
    def is_over_after(self) -> datetime:
        """Nothing happens any more."""
        return max(each.at for each in self.steps if each.news)


@dataclass(slots=True, eq=False)
class _Person:
    name: str
    zone: str | None
    identifiers: tuple[Identifier, ...]
    rests_until: int = 0
    gone_from: int = STEPS
    consents: dict[tuple[str, str], ConsentState] = field(default_factory=dict)
    tickets: tuple[Ticket, ...] = ()
    members: tuple[ProfileId, ...] = ()
    segments: set[str] = field(default_factory=set)
    revision: int = 0
    sequence: int = 0
    owes_a_snapshot: bool = False

    @property
    def profile(self) -> ProfileId:
        return ProfileId(hash16("outreach", self.name))

    @property
    def is_out_of_reach(self) -> bool:
        return any(NOBODY_THERE in each.value for each in self.identifiers)


def a_world(seed: int, people: int, *, lively: int = STEPS, merging: float = 0.2) -> World:
    """Something happens in the first `lively` steps. `merging`: the share of pairs of which one becomes part of the
    other."""
    chance = Random(seed)
    everybody = [_person(chance, f"{seed}-{number}") for number in range(people)]
    endings = _endings(chance, everybody, lively, merging)
    steps = []
    for number in range(lively + QUIET_STEPS):
        at = BEGINS + number * EVERY
        news: list[News] = []
        for each in everybody if number < lively else ():
            news += _happens(chance, each, number, at)
        for loser, winner in endings.get(number, ()):
            news += _merged(loser, winner, at) if winner else [_snapshot(loser, at, erased_at=at)]
        steps.append(Step(at, tuple(news)))
    return World(tuple(steps))


def _person(chance: Random, name: str) -> _Person:
    number = int(hash16("phone", name), 16) % 10**8
    by_mail = Identifier(kind="email", value=f"p{name}{NOBODY_THERE if chance.random() < 0.03 else '@example.org'}")
    by_phone = Identifier(kind="phone", value=f"+336{number:08d}")
    ways = chance.choices([(by_mail, by_phone), (by_mail,), (by_phone,)], [6, 2, 1])[0]
    person = _Person(name, chance.choice(ZONES), (by_mail,) if NOBODY_THERE in by_mail.value else ways)
    for purpose in PURPOSES:
        for channel in (*CHANNELS, "any"):
            if chance.random() < (0.3 if channel == "any" else 0.7):
                _say(chance, person, purpose, channel, at=BEGINS - timedelta(days=9))
    return person


def _endings(
    chance: Random, everybody: Sequence[_Person], lively: int, merging: float
) -> dict[int, list[tuple[_Person, _Person | None]]]:
    """Who ends when: as part of somebody else, or erased. Nothing happens to them in that step any more."""
    found: dict[int, list[tuple[_Person, _Person | None]]] = {}
    some = iter(everybody)
    for loser, winner in zip(some, some, strict=False):
        number, drawn = chance.randrange(2, lively - 1), chance.random()
        if drawn < merging and not (loser.is_out_of_reach or winner.is_out_of_reach):
            loser.gone_from = number
            found.setdefault(number, []).append((loser, winner))
        elif drawn > 0.93:
            loser.gone_from = number
            found.setdefault(number, []).append((loser, None))
    return found


def _happens(chance: Random, person: _Person, number: int, at: datetime) -> Iterator[News]:
    """Whoever is somebody else in the next step, or erased, has a reason that is still to be judged then."""
    if number >= person.gone_from:
        return
    is_new = number == 0
    changed = is_new or person.owes_a_snapshot
    if not is_new and chance.random() < 0.12:
        _change(chance, person, at)
        changed = True
    if changed:
        person.owes_a_snapshot = False
        yield _snapshot(person, at)
    minutes = chance.sample(_MINUTES_BEFORE, chance.choice((1, 1, 2))) if chance.random() < 0.3 else []
    is_last = number == person.gone_from - 1
    for each in sorted({*minutes, *([1] if is_last else [])}, reverse=True):
        yield _moved(chance, person, at - timedelta(minutes=each), may_lag=not is_last)


def _change(chance: Random, person: _Person, at: datetime) -> None:
    drawn = chance.random()
    if drawn < 0.65:
        _say(chance, person, chance.choice(PURPOSES), chance.choice((*CHANNELS, "any")), at=at)
    elif drawn < 0.8:
        _say(
            chance,
            person,
            chance.choice(("contact", "processing")),
            "any",
            at=at,
            status=chance.choice(("denied", "granted")),
        )
    else:
        is_open = not any(each.is_open for each in person.tickets)
        told = {"kind": "ticket", "reference": "T", "is_open": is_open, "is_complaint": True, "at": at}
        person.tickets = (Ticket(id=hash16("ticket", person.name, str(at)), **told),)


def _say(
    chance: Random, person: _Person, purpose: str, channel: str, *, at: datetime, status: str | None = None
) -> None:
    expires = at + timedelta(hours=chance.randrange(1, 70)) if chance.random() < 0.1 else None
    person.consents[purpose, channel] = ConsentState(
        purpose=purpose,
        channel=channel,
        status=status or chance.choices(("granted", "denied"), (6, 1))[0],
        at=at,
        id=hash16("consent", person.name, purpose, channel, str(at)),
        expires_at=max(expires, BEGINS + timedelta(hours=9)) if expires else None,
    )


def _moved(chance: Random, person: _Person, at: datetime, *, may_lag: bool) -> SegmentChanged:
    """Sometimes ahead of the snapshot that scoring saw. What is owed stands alone, so that of two messages at once to
    one address nobody knows which finds out that nobody is there: such people are owed nothing."""
    segments = SEGMENTS[:-1] if person.is_out_of_reach else SEGMENTS
    entered = tuple(chance.sample(segments, chance.choice((1, 1, 1, 2))))
    person.segments = {*entered, *({RECOVERED} if chance.random() < 0.1 else ())}
    person.sequence += 1
    is_ahead = may_lag and not person.owes_a_snapshot and chance.random() < 0.04
    person.owes_a_snapshot |= is_ahead
    return SegmentChanged(
        profile=person.profile,
        epoch=1,
        sequence=person.sequence,
        revision=person.revision + person.owes_a_snapshot,
        at=at,
        cause=ScoringCause(kind="review", at=at),
        definition="outreach-1-00000000",
        entered=entered,
        exited=(),
        memberships=tuple(Membership(segment=each, since=at) for each in sorted(person.segments)),
    )


def _merged(loser: _Person, winner: _Person, at: datetime) -> Iterator[ProfileSnapshot]:
    """Of two words on one thing, no outweighs yes."""
    winner.members = (*winner.members, loser.profile)
    winner.identifiers = (*winner.identifiers, *loser.identifiers)
    winner.tickets = (*winner.tickets, *loser.tickets)
    for key, said in loser.consents.items():
        mine = winner.consents.get(key)
        if mine is None or (mine.status == "granted" and said.status == "denied"):
            winner.consents[key] = said
    yield _snapshot(loser, at, merged_into=winner.profile)
    yield _snapshot(winner, at)


def _snapshot(
    person: _Person, at: datetime, *, merged_into: ProfileId | None = None, erased_at: datetime | None = None
) -> ProfileSnapshot:
    person.revision += 1
    return ProfileSnapshot(
        profile=person.profile,
        epoch=1,
        revision=person.revision,
        state_version=_STATE_VERSION,
        merged_into=merged_into,
        members=person.members,
        erased_at=erased_at,
        cause=Cause(
            kind="erasure" if erased_at else "merge" if merged_into else "interaction",
            id=hash16("cause", person.name, str(person.revision)),
            type="profile.updated",
            channel="crm",
            occurred_at=at,
            received_at=at,
        ),
        state=None if merged_into or erased_at else _state(person, at),
    )


def _state(person: _Person, at: datetime) -> ProfileState:
    return ProfileState(
        interactions=person.revision,
        first_at=BEGINS,
        last_at=at,
        identifiers=person.identifiers,
        time_zone=person.zone,
        tickets=person.tickets,
        consents=tuple(person.consents.values()),
    )
