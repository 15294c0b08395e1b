"""Gates that ask of the person and the reason, whatever the channel."""

from datetime import timedelta

from fidelio_notify.domain.gates.case import Case, Refusal
from fidelio_notify.domain.gates.conditions import holds
from fidelio_notify.domain.gates.lag import card_lags
from fidelio_notify.domain.playbooks.dates import still_ahead
from fidelio_notify.domain.playbooks.model import All, Condition, Happened, HasOpen, Playbook

OLDEST_WATERMARK = timedelta(seconds=30)
LOOK_AGAIN_AFTER = timedelta(seconds=5)
EVERY_PLAYBOOK = "*"
SERVICE = "service"
_ABOUT_COMPLAINTS = ("complaint.", "ticket.")


def historical(case: Case) -> Refusal | None:
    return Refusal("imported_history") if case.proposal.is_historical else None


def freshness(case: Case) -> Refusal | None:
    return Refusal("stale") if case.now > case.proposal.deadline else None


def erasure(case: Case) -> Refusal | None:
    """Of a card that lags, too: neither is ever undone."""
    if case.card is None:
        return None
    if case.card.erased_at is not None:
        return Refusal("erased")
    return Refusal("merged") if case.card.merged_into else None


def contact_known(case: Case) -> Refusal | None:
    return card_lags(case) if case.known is None else None


def objection(case: Case) -> Refusal | None:
    card = case.known
    objections = card.objections if card else frozenset[str]()
    if "processing" in objections:
        return Refusal("restricted")
    is_owed = case.playbook.is_transactional
    return Refusal("objected") if "contact" in objections and not is_owed else None


def switch(case: Case) -> Refusal | None:
    if EVERY_PLAYBOOK in case.stopped:
        return Refusal("all_stopped")
    return Refusal("stopped") if case.playbook.name in case.stopped else None


def condition(case: Case) -> Refusal | None:
    """Of a card that lags nothing is asked: it is waited for."""
    return None if case.known is None or holds(case.playbook.when, case) else Refusal("unmet")


def exit_reached(case: Case) -> Refusal | None:
    """Also where the date that was the reason has been moved."""
    if case.known is None:
        return None
    is_gone = holds(case.playbook.until, case) or not still_ahead(case.playbook, case.proposal, case.known)
    return Refusal("reason_gone") if is_gone else None


def complaint(case: Case) -> Refusal | None:
    """Nothing is sold to somebody who waits for an apology."""
    card = case.known
    if card is None or not any(each.is_open and each.is_complaint for each in card.person.tickets):
        return None
    return None if _may_be_said_meanwhile(case.playbook) else Refusal("open_complaint")


def holdout(case: Case) -> Refusal | None:
    return Refusal("held_out") if case.arm == "held" and not case.playbook.is_transactional else None


def watermark(case: Case) -> Refusal | None:
    """Consents may have changed that nobody has read yet."""
    if case.watermark_age is None or case.watermark_age <= OLDEST_WATERMARK:
        return None
    return Refusal("watermark_old", case.now + LOOK_AGAIN_AFTER)


def _may_be_said_meanwhile(playbook: Playbook) -> bool:
    return (
        playbook.is_transactional
        or playbook.purpose == SERVICE
        or _is_triggered_by_complaints(playbook)
        or _asks_for_open_complaint(playbook.when)
    )


def _is_triggered_by_complaints(playbook: Playbook) -> bool:
    trigger = playbook.trigger
    return isinstance(trigger, Happened) and all(each.startswith(_ABOUT_COMPLAINTS) for each in trigger.types)


def _asks_for_open_complaint(condition: Condition) -> bool:
    """Whoever demands an open complaint writes because of it."""
    if isinstance(condition, All):
        return any(_asks_for_open_complaint(each) for each in condition.parts)
    return isinstance(condition, HasOpen) and condition.is_complaint
