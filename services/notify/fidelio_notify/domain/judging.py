"""A decision judged: sent, put off or suppressed, with what every gate said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from fidelio_notify.domain.gates.case import Case, Refusal
from fidelio_notify.domain.gates.channels import address_of, channels_of
from fidelio_notify.domain.gates.consent import Evidence, evidence_of
from fidelio_notify.domain.gates.every import CHANNEL_GATES, PERSON_GATES
from fidelio_shared.contracts.notify import GateName, Verdict


@dataclass(frozen=True, slots=True)
class Allowed:
    channel: str
    address: str
    evidence: Evidence
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Deferred:
    """`until`: no channel can be used before; then it is judged anew."""

    until: datetime
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Suppressed:
    """`superseded_by`: the decision whose message stands for this one's too."""

    verdicts: tuple[Verdict, ...]
    superseded_by: str | None = None


Judgement = Allowed | Deferred | Suppressed
_Said = list[tuple[GateName, Refusal | None]]


def judge(case: Case) -> Judgement:
    """Every gate speaks, also after the first refusal; the first channel that passes all is used."""
    of_person: _Said = [(name, gate(case)) for name, gate in PERSON_GATES]
    of_channels: dict[str, _Said] = {
        channel: [(name, gate(case, channel)) for name, gate in CHANNEL_GATES] for channel in channels_of(case)
    }
    if not of_channels:
        of_person.append(("contact", Refusal("no_channel")))
    verdicts = _verdicts(None, of_person)
    for channel, said in of_channels.items():
        verdicts += _verdicts(channel, said)
    return _judged(case, of_person, of_channels, tuple(verdicts))


def first_refusal(verdicts: Sequence[Verdict]) -> GateName:
    """The first gate that said no, of verdicts of which one did."""
    return next(each.gate for each in verdicts if not each.passed)


def _judged(case: Case, of_person: _Said, of_channels: Mapping[str, _Said], verdicts: tuple[Verdict, ...]) -> Judgement:
    opens: list[datetime] = []
    general = _refusals(of_person)
    for channel, said in of_channels.items():
        refusals = general + _refusals(said)
        if refusals:
            opens += _opens_at(refusals)
        elif allowed := _allowed(case, channel, verdicts):
            return allowed
    return Deferred(min(opens), verdicts) if opens else Suppressed(verdicts)


def _refusals(said: _Said) -> list[Refusal]:
    return [each for _, each in said if each]


def _opens_at(refusals: Sequence[Refusal]) -> Sequence[datetime]:
    """From when on all of these may let it pass; empty where one never will."""
    until = [each.until for each in refusals if each.until]
    return (max(until),) if len(until) == len(refusals) else ()


def _allowed(case: Case, channel: str, verdicts: tuple[Verdict, ...]) -> Allowed | None:
    """Without an address and evidence nothing is allowed, whatever gates said."""
    address, evidence = address_of(case, channel), evidence_of(case, channel)
    if address is None or isinstance(evidence, Refusal):
        return None
    return Allowed(channel, address, evidence, verdicts)


def _verdicts(channel: str | None, said: _Said) -> list[Verdict]:
    return [_refused(gate, channel, each) if each else passed(gate, channel) for gate, each in said]


def _refused(gate: GateName, channel: str | None, refusal: Refusal) -> Verdict:
    return Verdict(gate=gate, passed=False, reason=refusal.reason, channel=channel, until=refusal.until)


@lru_cache(maxsize=1024)
def passed(gate: GateName, channel: str | None = None) -> Verdict:
    return Verdict(gate=gate, passed=True, channel=channel)
