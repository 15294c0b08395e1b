"""Notifies that are wrong in one respect each, and under what name the check has to find that."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from fidelio_notify import judging_page
from fidelio_notify.adapters import mongo_decisions
from fidelio_notify.adapters.mongo_decisions import MongoDecisionStore
from fidelio_notify.attempting import Attempts
from fidelio_notify.domain import judging
from fidelio_notify.domain.cards import Card
from fidelio_notify.domain.deciding import Winner
from fidelio_notify.domain.decisions import Decision, groups
from fidelio_notify.domain.gates import channels, consent
from fidelio_notify.domain.gates.case import Case, Refusal
from fidelio_notify.domain.gates.consent import ConsentEvidence, Evidence
from fidelio_notify.domain.gates.every import CHANNEL_GATES
from fidelio_notify.domain.playbooks.model import Cap
from fidelio_notify.judging_page import Judging
from fidelio_notify.providers import Outcome, Session
from support.outreach.checking import ANOTHER_END, ANOTHER_SET, MORE_UNKNOWN, NO_CONSENT, TOO_MANY, TWICE, WOKEN


@dataclass(frozen=True, slots=True)
class Mutant:
    """`changes`: the module or class, the name in it, and what stands there instead."""

    title: str
    found_as: str
    changes: tuple[tuple[object, str, object], ...]


async def _called_first(self: Attempts, session: Session, winner: Winner) -> Outcome | None:
    written = self._written(winner)
    assert written
    outcome = await session.send(written.order)

    class Said:
        async def send(self, _: object) -> Outcome:
            return outcome

    return await _one(self, Said(), winner)


def _always(*_: object, **__: object) -> bool:
    return True


def _by_calendar_day(case: Case, cap: Cap) -> int:
    midnight = case.now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = midnight - cap.window + timedelta(days=1)
    return sum(channels._counts(each, cap) and each.at >= since for each in case.contacted)


def _in_utc(*_: object) -> tuple[str, ...]:
    return ("UTC",)


def _unknown_is_yes(case: Case, channel: str) -> Evidence | Refusal:
    found = consent.evidence_of(case, channel)
    is_unknown = found == Refusal("unknown")
    return ConsentEvidence(case.playbook.purpose, channel, "assumed", case.now) if is_unknown else found


def _consent(case: Case, channel: str) -> Refusal | None:
    found = _unknown_is_yes(case, channel)
    return found if isinstance(found, Refusal) else None


def _on_the_old_card(_: Judging, decisions: Sequence[Decision], *__: object) -> Sequence[Decision]:
    return decisions


async def _found(self: MongoDecisionStore, partitions: Sequence[int], _: datetime, *, limit: int) -> Any:
    return await _find_interrupted(self, partitions, datetime.max.replace(tzinfo=UTC), limit=limit)


def _closed(decision: Decision, _: datetime) -> dict[str, object]:
    return {"_id": bytes.fromhex(decision.id), "state": "attempting"}


def _one_by_one(decisions: Any, due: Any, _: timedelta) -> Any:
    return groups(decisions, due, timedelta())


def _with(instead: Callable[[Case, str], Refusal | None]) -> object:
    return tuple((name, instead if name == "consent" else gate) for name, gate in CHANNEL_GATES)


_one, _find_interrupted = Attempts._one, MongoDecisionStore.interrupted

OF_CRASHES = (
    Mutant("the attempt is recorded after the call", TWICE, ((Attempts, "_one", _called_first),)),
    Mutant("what was interrupted is blindly repeated", TWICE, ((Attempts, "may_repeat", _always),)),
)
OF_JUDGEMENT = (
    Mutant(
        "caps count profiles, not people",
        TOO_MANY,
        ((Card, "everybody", property(lambda card: frozenset((card.profile,)))),),
    ),
    Mutant("caps are by calendar day", TOO_MANY, ((channels, "_count", _by_calendar_day),)),
    Mutant("everybody lives in Greenwich", WOKEN, ((channels, "zones_of", _in_utc),)),
    Mutant(
        "unknown consent is yes",
        NO_CONSENT,
        ((judging, "CHANNEL_GATES", _with(_consent)), (judging, "evidence_of", _unknown_is_yes)),
    ),
    Mutant("the merged are decided for as they were", ANOTHER_END, ((Judging, "_without_moved", _on_the_old_card),)),
    Mutant("several reasons are several messages", ANOTHER_SET, ((judging_page, "groups", _one_by_one),)),
)
NO_LEASE = Mutant(
    "a lease is nobody's concern",
    MORE_UNKNOWN,
    ((MongoDecisionStore, "interrupted", _found), (mongo_decisions, "_interrupted", _closed)),
)
"""Only found out where a partition has two owners."""
