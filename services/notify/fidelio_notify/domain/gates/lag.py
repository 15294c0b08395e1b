"""What the card does not tell yet."""

from datetime import timedelta

from fidelio_notify.domain.gates.case import Case, Refusal

LOOK_AGAIN_AFTER = timedelta(seconds=10)


def card_lags(case: Case) -> Refusal:
    """Is waited for while the reason is worth it."""
    until = case.now + LOOK_AGAIN_AFTER if case.now <= case.proposal.deadline else None
    return Refusal("contact_unknown", until)
