"""Whom notify should contact: one person after the other, one reason after the other, as plainly as possible.

Written from what the gates mean. Of the product it takes the ids of decisions, the draw of who is held out, and the
playbooks as they are read from their file.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fidelio_notify.domain.playbooks.model import InSegment, Playbook, Playbooks, SegmentEntered
from fidelio_notify.domain.proposals import decision_id, step_id
from fidelio_notify.domain.uplift.assignment import arm_of
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.profile import ConsentState, ProfileSnapshot, ProfileState
from fidelio_shared.contracts.scoring import SegmentChanged
from support.outreach.behaviour import NOBODY_THERE, TAKING, UNKNOWN, behaviour_of
from support.outreach.world import World

KINDS = {"email": "email", "sms": "phone"}
KNOW_THEIR_ORDERS = frozenset({"sms"})
"""Channels whose provider takes the same order once, however often it is given."""
_A_QUARTER = timedelta(minutes=15)
_A_WHILE = timedelta(seconds=10)
_A_MOMENT = timedelta(milliseconds=1)
_NEVER = None


@dataclass(frozen=True, slots=True)
class Message:
    """Accepted by a provider. `consent`: the interaction by which the person agreed; None of what is owed."""

    decision: str
    person: ProfileId
    channel: str
    address: str
    at: datetime
    consent: str | None
    is_owed: bool


@dataclass(frozen=True, slots=True)
class Told:
    """`ends`: of every decision the last step. `accepted`: by decision."""

    ends: Mapping[str, str]
    accepted: Mapping[str, Message]


@dataclass(frozen=True, slots=True)
class _Open:
    id: str
    root: str
    playbook: Playbook
    step: int
    seen: int
    caused_at: datetime
    release_at: datetime
    due_at: datetime
    origin: ProfileId | None = None
    is_put_off: bool = False

    @property
    def deadline(self) -> datetime:
        return self.caused_at + self.playbook.expires_after

    @property
    def is_owed(self) -> bool:
        return self.playbook.is_transactional


@dataclass(slots=True)
class _Person:
    profile: ProfileId
    snapshot: ProfileSnapshot | None = None
    segments: frozenset[str] = frozenset()
    open: list[_Open] = field(default_factory=list)
    contacted: list[tuple[datetime, str]] = field(default_factory=list)
    dead: set[str] = field(default_factory=set)

    @property
    def state(self) -> ProfileState:
        assert self.snapshot
        assert self.snapshot.state
        return self.snapshot.state

    def knows(self, decision: _Open) -> bool:
        if self.snapshot is None:
            return False
        if decision.origin:
            return decision.origin in self.snapshot.members
        return self.snapshot.revision >= decision.seen

    def addresses(self, channel: str) -> list[str]:
        return sorted(each.value for each in self.state.identifiers if each.kind == KINDS[channel])


def ask(world: World, playbooks: Playbooks, holdout_key: bytes, interrupted: Mapping[str, datetime]) -> Told:
    """`interrupted`: decisions whose attempt was cut short by a kill, each with when: nobody can foresee those."""
    oracle = _Oracle(playbooks, holdout_key, interrupted)
    for step in world.steps:
        oracle.learn(step.news)
        for person in list(oracle.people.values()):
            oracle.turn_of(person, step.at)
    left = {each.id: "open" for person in oracle.people.values() for each in person.open}
    return Told(oracle.ends | left, oracle.accepted)


@dataclass(slots=True)
class _Oracle:
    playbooks: Playbooks
    holdout_key: bytes
    interrupted: Mapping[str, datetime]
    people: dict[ProfileId, _Person] = field(default_factory=dict)
    ends: dict[str, str] = field(default_factory=dict)
    accepted: dict[str, Message] = field(default_factory=dict)
    theirs: dict[ProfileId, list[str]] = field(default_factory=dict)
    called: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def learn(self, news: Iterable[ProfileSnapshot | SegmentChanged]) -> None:
        for each in news:
            person = self.people.setdefault(each.profile, _Person(each.profile))
            if isinstance(each, SegmentChanged):
                self._enter(person, each)
            elif each.erased_at:
                self._forget(person)
            elif each.merged_into:
                self._move(person, self.people[each.merged_into])
            else:
                person.snapshot = each

    def _enter(self, person: _Person, change: SegmentChanged) -> None:
        person.segments = frozenset(each.segment for each in change.memberships)
        for playbook in self.playbooks.playbooks:
            assert isinstance(playbook.trigger, SegmentEntered)
            segment = playbook.trigger.segment
            if segment in change.entered:
                id_ = decision_id(playbook.name, change.profile, change.epoch, change.sequence, segment)
                self._open(
                    person,
                    _Open(id_, id_, playbook, 0, change.revision, change.cause.at, change.at, change.at),
                )

    def _open(self, person: _Person, decision: _Open) -> None:
        wait = timedelta() if decision.is_owed else self.playbooks.policy.gather
        person.open.append(replace(decision, due_at=decision.release_at + wait))
        self.theirs.setdefault(person.profile, []).append(decision.id)

    def _forget(self, person: _Person) -> None:
        """Nothing is left of them, but what providers have taken before."""
        for each in self.theirs.get(person.profile, ()):
            self.ends.pop(each, None)
        del self.people[person.profile]

    def _move(self, loser: _Person, winner: _Person) -> None:
        winner.open += [replace(each, origin=loser.profile) for each in loser.open]
        winner.contacted += loser.contacted
        winner.dead |= loser.dead
        self.theirs.setdefault(winner.profile, []).extend(each.id for each in loser.open)
        del self.people[loser.profile]

    def turn_of(self, person: _Person, now: datetime) -> None:
        while due := [each for each in person.open if each.due_at <= now]:
            owed = [each for each in due if each.is_owed]
            if owed:
                self._settle(person, owed[:1], now)
            else:
                first = min(due, key=lambda each: (each.release_at, each.id))
                last = first.release_at + self.playbooks.policy.gather
                self._settle(
                    person,
                    [
                        each
                        for each in person.open
                        if not each.is_owed and each.release_at <= last and (each in due or not each.is_put_off)
                    ],
                    now,
                )

    def _settle(self, person: _Person, group: Sequence[_Open], now: datetime) -> None:
        """Who may be written to now or later, and is not held out, stands for all; the others end here."""
        ways = {each.id: self._way(person, each, now) for each in group}
        rivals = [each for each in group if ways[each.id] is not _NEVER]
        while rivals:
            best = min(rivals, key=lambda each: (-each.playbook.priority, -each.caused_at.timestamp(), each.id))
            way = ways[best.id]
            if isinstance(way, str) and self._is_held_out(person, best):
                rivals.remove(best)
                continue
            person.open.remove(best)
            if isinstance(way, str):
                self._send(person, best, way, now)
            elif way:
                self._open(person, replace(best, release_at=way, is_put_off=False))
            group = [each for each in group if each.id != best.id]
            break
        for each in group:
            person.open.remove(each)
            self.ends[each.id] = "suppressed"
            if ways[each.id] is _NEVER and self._could_be_told_if_reached(person, each, now):
                self._go_on(person, each, now)

    def _is_held_out(self, person: _Person, decision: _Open) -> bool:
        playbook = decision.playbook
        return (
            playbook.holdout > 0 and arm_of(self.holdout_key, playbook.name, person.profile, playbook.holdout) == "held"
        )

    def _way(self, person: _Person, decision: _Open, now: datetime) -> str | datetime | None:
        """The channel; or from when on there may be one; or never."""
        if now > decision.deadline:
            return _NEVER
        if not person.knows(decision):
            return now + _A_WHILE if decision.is_owed or self._may_still_be_told(person, decision, now) else _NEVER
        if _ends(decision, person) or self._may_never_be_told(person, decision):
            return _NEVER
        later: list[datetime] = []
        for channel in decision.playbook.steps[decision.step].channels:
            addresses = person.addresses(channel)
            if not addresses or all(each in person.dead for each in addresses):
                continue
            if not decision.is_owed and (
                consent_of(person.state, decision.playbook.purpose, channel, now) is None
                or self._has_had_enough(person, channel, now)
            ):
                continue
            until = self._awake_at(person.state, channel, now)
            if until == now:
                return channel
            if until <= decision.deadline:
                later.append(until)
        return min(later, default=_NEVER)

    def _may_never_be_told(self, person: _Person, decision: _Open) -> bool:
        said = {each.purpose for each in person.state.consents if each.status == "denied"}
        complains = any(each.is_open and each.is_complaint for each in person.state.tickets)
        return "processing" in said or (not decision.is_owed and ("contact" in said or complains))

    def _may_still_be_told(self, person: _Person, decision: _Open, now: datetime) -> bool:
        channels = decision.playbook.steps[decision.step].channels
        return not all(self._has_had_enough(person, each, now) for each in channels)

    def _has_had_enough(self, person: _Person, channel: str, now: datetime) -> bool:
        return any(
            cap.most <= sum(now - at < cap.window for at, theirs in person.contacted if cap.channel in (None, theirs))
            for cap in self.playbooks.policy.caps
            if cap.channel in (None, channel)
        )

    def _awake_at(self, state: ProfileState, channel: str, now: datetime) -> datetime:
        if not is_asleep(self.playbooks, state, channel, now):
            return now
        at = now.replace(minute=0, second=0, microsecond=0)
        while at <= now or is_asleep(self.playbooks, state, channel, at):
            at += _A_QUARTER
        return at

    def _send(self, person: _Person, decision: _Open, channel: str, now: datetime) -> None:
        address = next(each for each in person.addresses(channel) if each not in person.dead)
        if self.interrupted.get(decision.id) == now:
            self.ends[decision.id] = "failed"
            if channel not in KNOW_THEIR_ORDERS:
                self._count(person, decision, channel, now)
            return
        behaviour = behaviour_of(decision.id, channel)
        ended = now + _A_MOMENT
        if address.endswith(NOBODY_THERE):
            person.dead.add(address)
            self._refuse(person, decision, ended)
        elif behaviour == "refuses":
            self._refuse(person, decision, ended)
        elif behaviour == "busy" and self.called.setdefault((decision.id, channel), now) == now:
            person.open.append(replace(decision, due_at=ended + _A_WHILE, is_put_off=True))
        else:
            is_unknown = behaviour in UNKNOWN and channel not in KNOW_THEIR_ORDERS
            if behaviour in TAKING or behaviour == "busy" or not is_unknown:
                self._accept(person, decision, channel, address, now)
            self._count(person, decision, channel, ended)
            self.ends[decision.id] = "failed" if is_unknown else "sent"
            if not is_unknown:
                self._go_on(person, decision, ended)

    def _refuse(self, person: _Person, decision: _Open, at: datetime) -> None:
        self.ends[decision.id] = "failed"
        self._go_on(person, decision, at)

    def _accept(self, person: _Person, decision: _Open, channel: str, address: str, now: datetime) -> None:
        consent = None if decision.is_owed else consent_of(person.state, decision.playbook.purpose, channel, now)
        self.accepted[decision.id] = Message(
            decision.id, person.profile, channel, address, now, consent.id if consent else None, decision.is_owed
        )

    def _count(self, person: _Person, decision: _Open, channel: str, at: datetime) -> None:
        if not decision.is_owed:
            person.contacted.append((at, channel))

    def _could_be_told_if_reached(self, person: _Person, decision: _Open, now: datetime) -> bool:
        """Nothing speaks against it but that they have no address on these channels where anybody is."""
        if now > decision.deadline or not person.knows(decision) or _ends(decision, person):
            return False
        return not self._may_never_be_told(person, decision) and all(
            consent_of(person.state, decision.playbook.purpose, each, now) is not None
            and not self._has_had_enough(person, each, now)
            and not is_asleep(self.playbooks, person.state, each, now)
            for each in decision.playbook.steps[decision.step].channels
        )

    def _go_on(self, person: _Person, decision: _Open, at: datetime) -> None:
        """To the next step, where there is one."""
        steps, following = decision.playbook.steps, decision.step + 1
        if following < len(steps):
            self._open(
                person,
                replace(
                    decision,
                    id=step_id(decision.root, following),
                    step=following,
                    release_at=at + steps[following].after,
                    is_put_off=False,
                ),
            )


def _ends(decision: _Open, person: _Person) -> bool:
    """Its reason is gone."""
    until = decision.playbook.until
    return isinstance(until, InSegment) and until.segment in person.segments


def consent_of(state: ProfileState, purpose: str, channel: str, now: datetime) -> ConsentState | None:
    """By which they agreed: that for the channel before that for every channel; none where anything was refused."""
    told = [each for each in state.consents if each.purpose == purpose and each.channel in (channel, "any")]
    if any(each.status == "denied" for each in told):
        return None
    valid = [each for each in told if each.expires_at is None or now < each.expires_at]
    return min(valid, key=lambda each: each.channel == "any", default=None)


def is_asleep(playbooks: Playbooks, state: ProfileState, channel: str, now: datetime) -> bool:
    """In any place where they may be. All numbers of this world are French."""
    has_number = any(each.kind == "phone" for each in state.identifiers)
    zones = [state.time_zone] if state.time_zone else ["Europe/Paris"] if has_number else playbooks.policy.zones
    clocks = [now.astimezone(ZoneInfo(each)).time() for each in zones]
    return any(
        clock >= hours.begins or clock < hours.ends
        for hours in playbooks.policy.quiet
        if channel in hours.channels
        for clock in clocks
    )
