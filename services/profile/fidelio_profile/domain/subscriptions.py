"""What the customer subscribes to, and whether still."""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from fidelio_profile.domain.bottom import bottom
from fidelio_profile.domain.bounds import fits
from fidelio_profile.domain.parts import Fields, Made, Part, Read
from fidelio_profile.domain.referred import Key, Referred, join_referred, one_referred
from fidelio_shared.contracts.canonical import Instant
from fidelio_shared.contracts.ingest import Interaction

MOST_SUBSCRIPTIONS = 6
_LONGEST_PLAN = 48
_ACTIVE = {
    "subscription.started": True,
    "subscription.renewed": True,
    "subscription.upgraded": True,
    "subscription.downgraded": True,
    "subscription.cancelled": False,
}
_ONLY_ONE = ("subscription", "")
"""Where nobody tells references there is one subscription; no reference is empty."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """`is_active`, `at`, `id`: what the latest interaction on it says. `started_at`: None where no start was told.

    `plan`: instant and name of the latest plan told; at one instant the larger name holds.
    """

    is_active: bool
    at: Instant
    id: str
    started_at: Instant | None
    plan: tuple[Instant, str] | None


Subscriptions = Referred[Subscription]


def one_subscription(interaction: Interaction, at: Instant) -> Part[Subscriptions]:
    if interaction.type not in _ACTIVE:
        return NO_SUBSCRIPTIONS
    plan = interaction.data.get("plan")
    subscription = Subscription(
        is_active=_ACTIVE[interaction.type],
        at=at,
        id=interaction.id,
        started_at=at if interaction.type == "subscription.started" else None,
        plan=(at, plan) if isinstance(plan, str) and plan and fits(plan, _LONGEST_PLAN) else None,
    )
    if interaction.reference is None:
        return Made(Referred({_ONLY_ONE: subscription}), _document)
    return Made(one_referred(interaction.reference, subscription), _document)


def join_subscriptions(left: Part[Subscriptions], right: Part[Subscriptions]) -> Part[Subscriptions]:
    if right is NO_SUBSCRIPTIONS:
        return left
    return Made(join_referred(left.value, right.value, _join, _kept, MOST_SUBSCRIPTIONS), _document)


def _kept(subscriptions: Mapping[Key, Subscription]) -> Mapping[Key, Subscription]:
    return bottom(subscriptions, MOST_SUBSCRIPTIONS)


def subscriptions_from(document: Mapping[str, Any]) -> Part[Subscriptions]:
    subscriptions, has_more = document.get("subscriptions"), document.get("has_more_subscriptions", False)
    if subscriptions or has_more:
        return Read({"subscriptions": subscriptions, "has_more_subscriptions": has_more}, _read)
    return NO_SUBSCRIPTIONS


def _join(left: Subscription, right: Subscription) -> Subscription:
    last = max(left, right, key=_moment)
    return Subscription(
        is_active=last.is_active,
        at=last.at,
        id=last.id,
        started_at=min((each for each in (left.started_at, right.started_at) if each), default=None),
        plan=max((each for each in (left.plan, right.plan) if each), default=None),
    )


def _moment(subscription: Subscription) -> tuple[str, str]:
    return subscription.at, subscription.id


def _document(subscriptions: Subscriptions) -> Fields:
    listed = [
        {
            "kind": kind,
            "reference": reference,
            "is_active": each.is_active,
            "at": each.at,
            "id": each.id,
            "started_at": each.started_at,
            "plan": each.plan[1] if each.plan else None,
            "plan_at": each.plan[0] if each.plan else None,
        }
        for (kind, reference), each in sorted(subscriptions.entries.items(), key=itemgetter(0))
    ]
    return {"subscriptions": listed, "has_more_subscriptions": subscriptions.has_more}


def _read(document: Mapping[str, Any]) -> Subscriptions:
    entries = {
        (each["kind"], each["reference"]): Subscription(
            each["is_active"],
            each["at"],
            each["id"],
            each["started_at"],
            (each["plan_at"], each["plan"]) if each["plan"] else None,
        )
        for each in document["subscriptions"]
    }
    return Referred(entries, document["has_more_subscriptions"])


NO_SUBSCRIPTIONS: Part[Subscriptions] = Made(Referred({}), _document)
