"""Cases in which at most three things are not as they should be: most of them pass all gates but one."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from random import Random
from typing import Any

from hypothesis import strategies as st

from fidelio_notify.domain.gates.case import Case, Contacted
from fidelio_notify.domain.playbooks.model import EVERYBODY, Cap, InBand, TraitKnown
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.contracts.profile import ChannelResponses, Preferred
from support.gate_cases import (
    BY_MAIL,
    BY_PHONE,
    MAIL,
    MILLISECOND,
    NOON,
    PHONE,
    PLAYBOOK,
    a_card,
    a_case,
    a_consent,
    a_proposal,
    a_scored,
    a_ticket,
    at,
    cap_policy,
    hours,
)

Pick = Callable[[Sequence[Any]], Any]
_DAY = timedelta(days=1)
_MOMENTS = (-MILLISECOND, timedelta(), MILLISECOND)
_ZOE = "zoe@example.org"
_BY_ZOES_MAIL = Identifier(kind="email", value=_ZOE)
_UNUSABLE = Identifier(kind="phone", value="0612345678")
_POLICY = replace(
    cap_policy(Cap(2, _DAY), Cap(1, 3 * _DAY, "email")),
    quiet=(hours("21:00-08:00", frozenset({"email", "sms"})), hours("13:30-14:30", frozenset({"sms"}))),
)
_CONSENTS = tuple(
    a_consent(purpose=purpose, channel=channel, status=status, expires_at=expires_at)
    for purpose, channel, status, expires_at in product(
        ("marketing", "marketing", "service"),
        ("email", "sms", "any"),
        ("granted", "granted", "denied"),
        (None, None, *(NOON + each for each in _MOMENTS)),
    )
)
_PERSON: Mapping[str, Sequence[Any]] = {
    "identifiers": ((BY_MAIL,), (BY_PHONE,), (_UNUSABLE, BY_MAIL), (BY_MAIL, BY_PHONE)),
    "tickets": tuple(
        (a_ticket(is_open=is_open, is_complaint=each),) for is_open, each in product((True, False), repeat=2)
    ),
    "time_zone": (None, "Asia/Tokyo", "America/New_York", "Asia/Kathmandu"),
}
_CARD: Mapping[str, Sequence[Any]] = {
    "epoch": (0, 2),
    "revision": (6, 8),
    "erased_at": (NOON,),
    "merged_into": ("f" * 32,),
    "objections": tuple(map(frozenset, ({"contact"}, {"processing"}, {"profiling"}, {"contact", "processing"}))),
    "scored": (None, a_scored("low"), a_scored("high")),
}
_PLAYBOOK: Mapping[str, Sequence[Any]] = {
    "purpose": ("service",),
    "when": (InBand(frozenset({"high"})), TraitKnown("city")),
    "until": (EVERYBODY, InBand(frozenset({"high"}))),
}
_CASE: Mapping[str, Sequence[Any]] = {
    "watermark_age": (timedelta(seconds=30), timedelta(seconds=30, milliseconds=1)),
    "stopped": (frozenset({"hello"}), frozenset({"*"}), frozenset({"another"})),
    "arm": ("held", "treated"),
}
_SPOILT = (
    "historical",
    "deadline",
    "card",
    "now",
    "contacted",
    "consents",
    "unwanted",
    *_PERSON,
    *_CARD,
    *_PLAYBOOK,
    *_CASE,
)
_PREFERRED = Preferred(
    channels=(
        ChannelResponses(channel="email", replies=1, clicks=1, initiatives=0),
        ChannelResponses(channel="sms", replies=2, clicks=1, initiatives=0),
        ChannelResponses(channel="push", replies=0, clicks=0, initiatives=9),
    )
)
_SOUND: Mapping[str, Sequence[Any]] = {
    "consents": ((a_consent(channel="any"),),),
    "identifiers": ((_BY_ZOES_MAIL, BY_MAIL), (_BY_ZOES_MAIL, BY_MAIL, BY_PHONE)),
    "preferred": (None, _PREFERRED),
}
_CHANNELS = (("email",), ("sms", "email"), ("preferred", "email"), ("email", "preferred"), ("preferred",))
_AROUND_QUIET_HOURS = tuple(
    at(f"2026-03-01T{each}Z") + moment for each in ("07:00", "20:00", "12:30", "13:30", "20:30") for moment in _MOMENTS
)
"""By the clock of Paris."""
_UNWANTED = (None, "bounced", "complained", "unsubscribed")


def a_situation(pick: Pick, name: str = "first") -> Case:
    spoilt = {pick(_SPOILT) for _ in range(pick((0, 1, 1, 2, 3)))}
    now = pick(_AROUND_QUIET_HOURS) if "now" in spoilt else NOON
    proposal = a_proposal(
        name,
        is_historical="historical" in spoilt,
        deadline=now + (pick(_MOMENTS) if "deadline" in spoilt else 2 * _DAY),
        caused_at=NOON - timedelta(minutes=pick((0, 1, 2))),
    )
    person = _picked(pick, _SOUND, _SOUND) | _picked(pick, _PERSON, spoilt)
    if "consents" in spoilt:
        person["consents"] = tuple(pick(_CONSENTS) for _ in range(pick((0, 1, 2, 3))))
    playbook = {"is_transactional": pick((False, False, True)), "priority": pick((1, 2))}
    return a_case(
        channels=pick(_CHANNELS),
        playbook=replace(PLAYBOOK, **playbook, **_picked(pick, _PLAYBOOK, spoilt)),
        policy=_POLICY,
        proposal=proposal,
        card=None if "card" in spoilt else a_card(person=person, **_picked(pick, _CARD, spoilt)),
        now=now,
        contacted=_contacted(pick, now) if "contacted" in spoilt else (),
        unwanted=_unwanted(pick) if "unwanted" in spoilt else {},
        **_picked(pick, _CASE, spoilt),
    )


def a_rivalry(pick: Pick) -> tuple[Case, ...]:
    """Reasons for one person at one time."""
    return tuple(a_situation(pick, name) for name in pick(("ab", "ba", "bca")))


@st.composite
def situations(draw: st.DrawFn) -> Case:
    return a_situation(lambda options: draw(st.sampled_from(options)))


@st.composite
def rivalries(draw: st.DrawFn) -> tuple[Case, ...]:
    return a_rivalry(lambda options: draw(st.sampled_from(options)))


def many(make: Callable[[Pick], Any], count: int) -> Sequence[Any]:
    """The same in every run."""
    return [make(Random(seed).choice) for seed in range(count)]


def _picked(pick: Pick, of: Mapping[str, Sequence[Any]], names: Container[str]) -> dict[str, Any]:
    return {name: pick(options) for name, options in of.items() if name in names}


def _unwanted(pick: Pick) -> dict[str, str]:
    told = {address: pick(_UNWANTED) for address in (MAIL, _ZOE, PHONE)}
    return {address: why for address, why in told.items() if why}


def _contacted(pick: Pick, now: datetime) -> tuple[Contacted, ...]:
    ago = (timedelta(), timedelta(hours=13), _DAY, 3 * _DAY)
    return tuple(
        Contacted(now - pick(ago) + pick(_MOMENTS), pick(("email", "sms", "push")), pick((False, False, True)))
        for _ in range(pick((1, 2, 3)))
    )
