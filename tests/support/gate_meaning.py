"""What it means that somebody may be written to, said as plainly as possible, to compare the gates with."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby

from fidelio_notify.domain import choosing, judging
from fidelio_notify.domain.cards import REACHING, Card
from fidelio_notify.domain.gates.case import Case
from fidelio_notify.domain.gates.conditions import holds
from fidelio_notify.domain.gates.consent import ConsentEvidence, LegalBasis
from fidelio_notify.domain.gates.every import REASONS
from fidelio_notify.domain.judging import Allowed, Deferred, Judgement, Suppressed
from fidelio_shared.contracts.notify import Verdict
from fidelio_shared.contracts.profile import ConsentState
from fidelio_shared.declarations.lengths import time_zone

NEVER = datetime.max.replace(tzinfo=UTC)
OF_PERSON = (
    "historical",
    "freshness",
    "erasure",
    "contact",
    "objection",
    "switch",
    "condition",
    "exit",
    "complaint",
    "holdout",
    "watermark",
)
OF_CHANNEL = ("contact", "suppression_list", "consent", "quiet", "cap")


def violations(case: Case) -> list[str]:
    judged = judging.judge(case)
    channel = next((each for each in _channels(case) if _may_use(case, each)), None)
    found: list[str] = []
    if (judged.channel if isinstance(judged, Allowed) else None) != channel:
        found.append("somebody is written to wrongly, or not, or elsewhere")
    if isinstance(judged, Allowed) and not _is_entitled(case, judged):
        found.append("the evidence or the address is not this person's")
    if [(each.gate, each.channel) for each in judged.verdicts] != _speakers(case):
        found.append("a gate is silent")
    if any(each.reason not in REASONS[each.gate] for each in judged.verdicts if not each.passed):
        found.append("a reason that nobody knows")
    if not isinstance(judged, Allowed) and _opens_at(judged) != (
        judged.until if isinstance(judged, Deferred) else None
    ):
        found.append("it is waited for in vain, or not, or not long enough")
    return found


def violations_of_group(group: Sequence[Case]) -> list[str]:
    judged = [(each, judging.judge(each)) for each in group]
    chosen = choosing.choose(judged)
    rivals = [case for case, each in judged if not _is_owed(case) and not isinstance(each, Suppressed)]
    best = max(
        rivals,
        key=lambda case: (
            case.playbook.priority,
            case.proposal.caused_at,
            [-ord(each) for each in case.proposal.decision],
        ),
        default=None,
    )
    expected = [_meant(case, each, best) for case, each in judged]
    return [] if [_gist(each) for each in chosen] == expected else ["another message goes out than the best"]


def _meant(case: Case, judged: Judgement, best: Case | None) -> object:
    if best is None or _is_owed(case) or isinstance(judged, Suppressed) or case == best:
        return _gist(judged)
    return Suppressed, best.proposal.decision


def _gist(judged: Judgement) -> object:
    return type(judged), judged.superseded_by if isinstance(judged, Suppressed) else None


def _is_owed(case: Case) -> bool:
    return case.playbook.is_transactional


def _speakers(case: Case) -> list[tuple[str, str | None]]:
    channels = _channels(case)
    missing = [] if channels else [("contact", None)]
    return [
        *((each, None) for each in OF_PERSON),
        *missing,
        *((gate, each) for each in channels for gate in OF_CHANNEL),
    ]


def _channels(case: Case) -> list[str]:
    found: list[str] = []
    for each in case.step.channels:
        channel = _favourite(case) if each == "preferred" else each
        if channel and channel not in found:
            found.append(channel)
    return found


def _favourite(case: Case) -> str | None:
    if not _knows(case) or case.card is None or case.card.person.preferred is None:
        return None
    told = [each for each in case.card.person.preferred.channels if each.channel in REACHING]
    answers = sorted((-(each.replies + each.clicks), each.channel) for each in told)
    return answers[0][1] if answers and answers[0][0] < 0 else None


def _knows(case: Case) -> bool:
    reason = case.proposal.reason
    return case.card is not None and (case.card.epoch, case.card.revision) >= (reason.epoch, reason.revision)


def _may_use(case: Case, channel: str) -> bool:
    return (
        _may_be_written_to(case)
        and bool(_addresses(case, channel))
        and not _is_unwanted(case, channel)
        and (_is_owed(case) or any(_consents(case, channel)))
        and not _is_quiet(case, channel)
        and (_is_owed(case) or not _is_capped(case, channel))
    )


def _may_be_written_to(case: Case) -> bool:
    card, playbook = case.card, case.playbook
    return (
        card is not None
        and _knows(case)
        and not case.proposal.is_historical
        and case.proposal.deadline - case.now >= timedelta()
        and not (card.erased_at or card.merged_into)
        and not card.objections & ({"processing"} if _is_owed(case) else {"processing", "contact"})
        and not case.stopped & {playbook.name, "*"}
        and holds(playbook.when, case)
        and not holds(playbook.until, case)
        and (_is_owed(case) or playbook.purpose == "service" or not _complains(card))
        and (_is_owed(case) or case.arm != "held")
        and (case.watermark_age is None or case.watermark_age.total_seconds() <= 30)
    )


def _complains(card: Card) -> bool:
    return any(each.is_complaint for each in card.person.tickets if each.is_open)


def _addresses(case: Case, channel: str) -> list[str]:
    assert case.card
    told = sorted(each.value for each in case.card.person.identifiers if each.kind == REACHING[channel])
    return [each for each in told if REACHING[channel] != "phone" or (each[0] == "+" and each[1:].isdecimal())]


def _is_unwanted(case: Case, channel: str) -> bool:
    told = [case.unwanted.get(each) for each in _addresses(case, channel)]
    refused = {"complained"} if _is_owed(case) else {"complained", "unsubscribed"}
    return bool(refused.intersection(told)) or all(each == "bounced" for each in told)


def _consents(case: Case, channel: str) -> list[ConsentState]:
    """Those that entitle; none where anything was refused."""
    assert case.card
    told = [
        each
        for each in case.card.person.consents
        if each.purpose == case.playbook.purpose and each.channel in (channel, "any")
    ]
    if {each.status for each in told} != {"granted"}:
        return []
    return [each for each in told if each.expires_at is None or each.expires_at > case.now]


def _is_quiet(case: Case, channel: str) -> bool:
    clocks = [case.now.astimezone(time_zone(each)).time() for each in _zones(case)]
    return any(
        (hours.begins <= clock < hours.ends)
        if hours.begins < hours.ends
        else not (hours.ends <= clock < hours.begins or hours.begins == hours.ends)
        for hours in case.policy.quiet
        if channel in hours.channels
        for clock in clocks
    )


def _zones(case: Case) -> Sequence[str]:
    """All numbers here are French."""
    assert case.card
    person = case.card.person
    if person.time_zone:
        return (person.time_zone,)
    is_french = any(each.kind == "phone" and each.value.startswith("+33") for each in person.identifiers)
    return ("Europe/Paris",) if is_french else case.policy.zones


def _is_capped(case: Case, channel: str) -> bool:
    now = case.now.astimezone(UTC)
    return any(
        cap.most
        <= len(
            [
                each
                for each in case.contacted
                if not each.is_transactional
                and (cap.channel is None or each.channel == channel)
                and now - each.at < cap.window
            ]
        )
        for cap in case.policy.caps
        if cap.channel in (None, channel)
    )


def _is_entitled(case: Case, allowed: Allowed) -> bool:
    if allowed.address not in _addresses(case, allowed.channel) or case.unwanted.get(allowed.address) == "bounced":
        return False
    if isinstance(allowed.evidence, LegalBasis):
        return _is_owed(case)
    return allowed.evidence in [
        ConsentEvidence(
            purpose=each.purpose,
            channel=each.channel,
            interaction=each.id,
            given_at=each.at,
            evidence=each.evidence,
            lawful_basis=each.lawful_basis,
            policy_version=each.policy_version,
            expires_at=each.expires_at,
        )
        for each in _consents(case, allowed.channel)
    ]


def _opens_at(judged: Judgement) -> datetime | None:
    """The first instant at which, by what gates said themselves, a channel may be used."""
    of_person = [each for each in judged.verdicts if each.channel is None]
    by_channel = groupby((each for each in judged.verdicts if each.channel), key=lambda each: each.channel)
    ways = [_ends(of_person + list(verdicts)) for _, verdicts in by_channel]
    return min((each for each in ways if each), default=None)


def _ends(verdicts: Sequence[Verdict]) -> datetime | None:
    ends = [each.until for each in verdicts if not each.passed]
    return None if None in ends else max((each for each in ends if each), default=NEVER)
