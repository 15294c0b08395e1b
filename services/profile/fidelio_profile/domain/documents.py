"""A state as plain JSON values, the same for the snapshot and the database, and back."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from operator import itemgetter
from typing import Any

from fidelio_profile.domain.activity import Activity
from fidelio_profile.domain.consents import ConsentGiven
from fidelio_profile.domain.orders import Orders, Total, Totals, first_day, rhythm
from fidelio_profile.domain.preferred import preferred_from
from fidelio_profile.domain.ratings import ratings_from
from fidelio_profile.domain.recent import recent_from
from fidelio_profile.domain.state import State
from fidelio_profile.domain.subscriptions import subscriptions_from
from fidelio_profile.domain.tickets import tickets_from
from fidelio_profile.domain.traits import traits_from
from fidelio_shared.contracts.canonical import decimal_text

Document = dict[str, Any]


def state_document(state: State) -> Document:
    """Lists in a fixed order, decimals and instants as text: equal states have equal bytes.

    `language`, `time_zone` and the rhythm of orders are derived from the rest, for whoever reads it.
    """
    return {
        "interactions": state.interactions,
        "first_at": state.first_at,
        "last_at": state.last_at,
        "identifiers": [{"kind": kind, "value": value} for kind, value in sorted(state.identifiers)],
        "accounts": [account for (account,) in sorted(state.accounts)],
        "activity": [_activity_document(key, each) for key, each in sorted(state.activity.items(), key=itemgetter(0))],
        "orders": _orders_document(state.orders) if state.orders else None,
        "returned": _totals_document(state.returned),
        "refunded": _totals_document(state.refunded),
        "consents": [_consent_document(key, each) for key, each in sorted(state.consents.items(), key=itemgetter(0))],
        **state.traits.document,
        **state.recent.document,
        **state.ratings.document,
        **state.tickets.document,
        **state.subscriptions.document,
        **state.preferred.document,
    }


def state_from(document: Mapping[str, Any]) -> State:
    """Also of version 1, in which what came later is missing."""
    orders = document["orders"]
    return State(
        interactions=document["interactions"],
        first_at=document["first_at"],
        last_at=document["last_at"],
        identifiers={(each["kind"], each["value"]): None for each in document["identifiers"]},
        accounts={(each,): None for each in document["accounts"]},
        traits=traits_from(document),
        activity={
            (each["type"], each["channel"]): Activity(
                each["count"], each["first_at"], each["last_at"], tuple(each["decayed"])
            )
            for each in document["activity"]
        },
        recent=recent_from(document),
        orders=_orders_from(orders) if orders else None,
        returned=_totals_from(document.get("returned", ())),
        refunded=_totals_from(document.get("refunded", ())),
        ratings=ratings_from(document),
        tickets=tickets_from(document),
        subscriptions=subscriptions_from(document),
        preferred=preferred_from(document),
        consents={(each["purpose"], each["channel"]): _consent_from(each) for each in document["consents"]},
    )


def _activity_document(key: tuple[str, str], each: Activity) -> Document:
    return {
        "type": key[0],
        "channel": key[1],
        "count": each.times,
        "first_at": each.first_at,
        "last_at": each.last_at,
        "decayed": list(each.decayed),
    }


def _orders_document(orders: Orders) -> Document:
    first = first_day(orders.days)
    mean_gap_days, gap_variation = rhythm(orders.days)
    return {
        "count": orders.count,
        "first_at": orders.first_at,
        "last_at": orders.last_at,
        "first_day": first,
        "days": f"{orders.days >> first:x}",
        "totals": _totals_document(orders.totals),
        "mean_gap_days": mean_gap_days,
        "gap_variation": gap_variation,
    }


def _totals_document(totals: Totals) -> list[Document]:
    return [
        {"currency": currency, "count": total.count, "revenue": decimal_text(total.revenue)}
        for currency, total in sorted(totals.items())
    ]


def _orders_from(document: Mapping[str, Any]) -> Orders:
    return Orders(
        count=document["count"],
        first_at=document["first_at"],
        last_at=document["last_at"],
        days=int(document["days"], 16) << document["first_day"],
        totals=_totals_from(document["totals"]),
    )


def _totals_from(document: Iterable[Mapping[str, Any]]) -> Totals:
    return {each["currency"]: Total(each["count"], Decimal(each["revenue"])) for each in document}


def _consent_document(key: tuple[str, str], each: ConsentGiven) -> Document:
    return {
        "purpose": key[0],
        "channel": key[1],
        "status": each.status,
        "at": each.at,
        "id": each.id,
        "lawful_basis": each.lawful_basis,
        "policy_version": each.policy_version,
        "evidence": each.evidence,
        "expires_at": each.expires_at,
    }


def _consent_from(document: Mapping[str, Any]) -> ConsentGiven:
    return ConsentGiven(
        status=document["status"],
        at=document["at"],
        id=document["id"],
        lawful_basis=document["lawful_basis"],
        policy_version=document["policy_version"],
        evidence=document["evidence"],
        expires_at=document["expires_at"],
    )
