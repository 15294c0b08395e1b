"""Gates that are wrong in one respect each, to prove that the check would notice."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fidelio_notify.domain import judging
from fidelio_notify.domain.cards import Card
from fidelio_notify.domain.gates import channels, consent, local_time, person
from fidelio_notify.domain.gates.case import Case, Contacted, Refusal
from fidelio_notify.domain.gates.consent import Evidence
from fidelio_notify.domain.gates.every import CHANNEL_GATES, PERSON_GATES
from fidelio_notify.domain.judging import Judgement, Suppressed
from fidelio_notify.domain.playbooks.model import Cap, QuietHours
from support.gate_cases import MILLISECOND


@dataclass(frozen=True, slots=True)
class Mutant:
    """`owner`: the module or class in which another `name` stands."""

    title: str
    owner: object
    name: str
    instead: object


def _of_person(title: str, gate: str, instead: Callable[[Case], Refusal | None]) -> Mutant:
    return Mutant(title, judging, "PERSON_GATES", _with(PERSON_GATES, gate, instead))


def _of_channel(title: str, gate: str, instead: Callable[[Case, str], Refusal | None]) -> Mutant:
    return Mutant(title, judging, "CHANNEL_GATES", _with(CHANNEL_GATES, gate, instead))


def _with(gates: Sequence[tuple[str, Any]], name: str, instead: object) -> tuple[tuple[str, object], ...]:
    return tuple((each, instead if each == name else gate) for each, gate in gates)


def _never(*_: object) -> None:
    return None


def _stale_at_the_deadline(case: Case) -> Refusal | None:
    return Refusal("stale") if case.now >= case.proposal.deadline else None


def _only_merged(case: Case) -> Refusal | None:
    return Refusal("merged") if case.card and case.card.merged_into else None


def _nothing_restricts_what_is_owed(case: Case) -> Refusal | None:
    return None if case.playbook.is_transactional else person.objection(case)


def _only_restriction(case: Case) -> Refusal | None:
    said = person.objection(case)
    return said if said and said.reason == "restricted" else None


def _one_by_one(case: Case) -> Refusal | None:
    return Refusal("stopped") if case.playbook.name in case.stopped else None


def _nothing_is_owed(case: Case) -> Refusal | None:
    return Refusal("held_out") if case.arm == "held" else None


def _any_ticket(case: Case) -> Refusal | None:
    return Refusal("open_complaint") if case.known and any(each.is_open for each in case.known.person.tickets) else None


def _bounces_only(case: Case, channel: str) -> Refusal | None:
    said = channels.suppression_list(case, channel)
    return said if said and said.reason == "bounced" else None


def _unsubscribed_for_ever(case: Case, channel: str) -> Refusal | None:
    return channels.suppression_list(replace(case, playbook=replace(case.playbook, is_transactional=False)), channel)


def _this_address_only(case: Case, channel: str) -> Refusal | None:
    address = channels.address_of(case, channel)
    return Refusal("complained") if case.unwanted.get(address or "") else None


def _unknown_is_yes(case: Case, channel: str) -> Evidence | Refusal:
    found = _evidence_of(case, channel)
    unknown = found == Refusal("unknown")
    return consent.ConsentEvidence(case.playbook.purpose, channel, "assumed", case.now) if unknown else found


def _grants_outweigh(case: Case, channel: str) -> Evidence | Refusal:
    return _evidence_of(_with_consents(case, lambda each: each.status == "granted"), channel)


def _this_channel_only(case: Case, channel: str) -> Evidence | Refusal:
    return _evidence_of(_with_consents(case, lambda each: each.channel == channel), channel)


def _expires_late(case: Case, channel: str) -> Evidence | Refusal:
    return _evidence_of(replace(case, now=case.now - MILLISECOND), channel)


def _any_purpose(case: Case, channel: str) -> Evidence | Refusal:
    told = case.known.person.consents if case.known else ()
    asked = [replace(case, playbook=replace(case.playbook, purpose=each.purpose)) for each in told]
    found = (_evidence_of(each, channel) for each in (case, *asked))
    return next((each for each in found if not isinstance(each, Refusal)), _evidence_of(case, channel))


def _with_consents(case: Case, kept: Callable[[Any], bool]) -> Case:
    if case.card is None:
        return case
    told = tuple(each for each in case.card.person.consents if kept(each))
    return replace(case, card=replace(case.card, person=case.card.person.model_copy(update={"consents": told})))


def _in_utc(_: Card, __: tuple[str, ...]) -> tuple[str, ...]:
    return ("UTC",)


def _unknown_is_utc(card: Card, _: tuple[str, ...]) -> tuple[str, ...]:
    return (card.person.time_zone or "UTC",)


def _begins_late(clock: Any, hours: QuietHours) -> bool:
    return bool(_is_quiet(clock, hours) and clock != hours.begins)


def _ends_late(clock: Any, hours: QuietHours) -> bool:
    return bool(_is_quiet(clock, hours) or clock == hours.ends)


def _never_over_midnight(clock: Any, hours: QuietHours) -> bool:
    return bool(hours.begins <= clock < hours.ends)


def _on_every_channel(case: Case, _: str) -> Refusal | None:
    return channels.quiet(case, "email")


def _one_too_many(case: Case, channel: str) -> Refusal | None:
    caps = tuple(replace(each, most=each.most + 1) for each in case.policy.caps)
    return channels.cap(replace(case, policy=replace(case.policy, caps=caps)), channel)


def _by_calendar_day(case: Case, cap: Cap) -> int:
    midnight = case.now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = midnight - cap.window + timedelta(days=1)
    return sum(channels._counts(each, cap) and each.at >= since for each in case.contacted)


def _window_and_a_moment(case: Case, cap: Cap) -> int:
    return _count(case, replace(cap, window=cap.window + MILLISECOND))


def _what_is_owed_counts(message: Contacted, cap: Cap) -> bool:
    return cap.channel in (None, message.channel)


def _channels_together(message: Contacted, _: Cap) -> bool:
    return not message.is_transactional


def _silent_after_the_first(case: Case) -> Judgement:
    judged = _judge(case)
    if not isinstance(judged, Suppressed):
        return judged
    refused = next(place for place, each in enumerate(judged.verdicts) if not each.passed)
    return replace(judged, verdicts=judged.verdicts[: refused + 1])


def _where_they_begin(card: Card | None) -> str | None:
    told = card.person.preferred.channels if card and card.person.preferred else ()
    return max(told, key=lambda each: each.initiatives).channel if told else None


def _the_soonest(refusals: Sequence[Refusal]) -> Sequence[datetime]:
    return sorted(_opens_at(refusals) and [each.until for each in refusals if each.until])


def _put_off_though_closed(refusals: Sequence[Refusal]) -> Sequence[datetime]:
    return sorted(each.until for each in refusals if each.until)[-1:]


def _first_address(case: Case, channel: str) -> str | None:
    return next(iter(channels._addresses(case.known, channel)), None) if case.known else None


_judge, _opens_at, _evidence_of, _is_quiet, _count = (
    judging.judge,
    judging._opens_at,
    consent.evidence_of,
    local_time._is_quiet,
    channels._count,
)


def _of_evidence(title: str, instead: Callable[[Case, str], Evidence | Refusal]) -> Sequence[Mutant]:
    """Wrong as the gate is, and where the evidence is taken from."""

    def gate(case: Case, channel: str) -> Refusal | None:
        found = instead(case, channel)
        return found if isinstance(found, Refusal) else None

    return (
        _of_channel(f"{title}, says the gate", "consent", gate),
        Mutant(f"{title}, for the evidence", consent, "evidence_of", instead),
    )


MUTANTS = (
    _of_person("history is news", "historical", _never),
    _of_person("nothing is ever stale", "freshness", _never),
    _of_person("it is stale at the deadline", "freshness", _stale_at_the_deadline),
    _of_person("the erased are alive", "erasure", _only_merged),
    _of_person("the merged are still there", "erasure", _never),
    _of_person("nobody objects", "objection", _never),
    _of_person("only a restriction is an objection", "objection", _only_restriction),
    _of_person("what is owed goes to the restricted", "objection", _nothing_restricts_what_is_owed),
    _of_person("nothing is stopped", "switch", _never),
    _of_person("all at once are not stopped", "switch", _one_by_one),
    _of_person("the condition was asked before", "condition", _never),
    _of_person("the reason is never gone", "exit", _never),
    _of_person("complaints do not matter", "complaint", _never),
    _of_person("any ticket is a complaint", "complaint", _any_ticket),
    _of_person("nobody is held out", "holdout", _never),
    _of_person("held out of what is owed", "holdout", _nothing_is_owed),
    _of_person("the watermark does not matter", "watermark", _never),
    Mutant("the watermark may be a minute old", person, "OLDEST_WATERMARK", timedelta(minutes=1)),
    Mutant("an old card is as good as a new one", Case, "known", property(lambda case: case.card)),
    _of_channel("any channel reaches everybody", "contact", _never),
    Mutant("any number can be called", channels, "_E164", re.compile(".+")),
    Mutant("a bounced address is written to again", judging, "address_of", _first_address),
    _of_channel("unwanted addresses are as good as others", "suppression_list", _never),
    _of_channel("only bounces are remembered", "suppression_list", _bounces_only),
    _of_channel("unsubscribed from what is owed", "suppression_list", _unsubscribed_for_ever),
    _of_channel("it was said of the other address", "suppression_list", _this_address_only),
    _of_channel("consent is assumed", "consent", _never),
    *_of_evidence("unknown is yes", _unknown_is_yes)[:1],
    *_of_evidence("grants outweigh refusals", _grants_outweigh),
    *_of_evidence("what holds for every channel holds for none", _this_channel_only)[:1],
    *_of_evidence("consent ends a moment late", _expires_late),
    *_of_evidence("a consent is a consent for whatever", _any_purpose),
    _of_channel("nobody ever sleeps", "quiet", _never),
    _of_channel("what is quiet on one channel is on all", "quiet", _on_every_channel),
    Mutant("everybody lives in Greenwich", channels, "zones_of", _in_utc),
    Mutant("who knows where lives in Greenwich", channels, "zones_of", _unknown_is_utc),
    Mutant("quiet hours begin a moment late", local_time, "_is_quiet", _begins_late),
    Mutant("quiet hours end a moment late", local_time, "_is_quiet", _ends_late),
    Mutant("quiet hours end at midnight", local_time, "_is_quiet", _never_over_midnight),
    _of_channel("messages are not counted", "cap", _never),
    _of_channel("one too many is sent", "cap", _one_too_many),
    Mutant("caps are by calendar day", channels, "_count", _by_calendar_day),
    Mutant("windows are a moment too long", channels, "_count", _window_and_a_moment),
    Mutant("what is owed counts", channels, "_counts", _what_is_owed_counts),
    Mutant("all channels count for one", channels, "_counts", _channels_together),
    Mutant("gates are silent after the first refusal", judging, "judge", _silent_after_the_first),
    Mutant("preferred is where they begin", channels, "_preferred", _where_they_begin),
    Mutant("it is put off until the first gate opens", judging, "_opens_at", _the_soonest),
    Mutant("it is put off though a gate is closed for good", judging, "_opens_at", _put_off_though_closed),
)
