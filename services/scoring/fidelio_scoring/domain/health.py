"""The health of a customer, 0 to 100, and what it is made of in the words of a service team."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fidelio_scoring.domain.heads import HeadScore, combined_risk

OTHER = "other"
GROUPS: Mapping[str, tuple[str, ...]] = {
    "usage": ("habit", "lapse", "silence", "overdue", "usage_week", "usage_quarter"),
    "support": ("open_complaint", "open_ticket", "complaints", "tickets", "reopened"),
    "sentiment": ("low_csat", "low_nps", "low_ces"),
    "engagement": ("failed_payments", "downgrades", "unsubscribes", "lost_contact", "tenure"),
}
GROUP_OF: Mapping[str, str] = {feature: group for group, features in GROUPS.items() for feature in features}


@dataclass(frozen=True, slots=True)
class Health:
    """`groups`: log-odds of leaving beside an average customer's, so what is above 0 lowers the health."""

    score: float
    groups: Mapping[str, float]


def health_of(heads: Sequence[HeadScore], group_of: Mapping[str, str] = GROUP_OF) -> Health:
    """Every contribution of every head is in exactly one group; those of unknown features are in `other`.

    A group that no head knows anything of is absent: not asked is not average.
    """
    groups: dict[str, float] = {}
    for head in heads:
        for feature, contribution in head.contributions.items():
            group = group_of.get(feature, OTHER)
            groups[group] = groups.get(group, 0.0) + contribution
    return Health(100 * (1 - combined_risk(heads)), groups)
