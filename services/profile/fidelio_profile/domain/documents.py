"""A state as plain JSON values, the same for the snapshot and the database, and back."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from fidelio_profile.domain.activity import Activity
from fidelio_profile.domain.latest import ConsentGiven, Trait
from fidelio_profile.domain.orders import Orders, Total, first_day
from fidelio_profile.domain.state import State
from fidelio_shared.contracts.canonical import decimal_text

Document = dict[str, Any]


def state_document(state: State) -> Document:
    """Lists in a fixed order, decimals and instants as text: equal states have equal bytes."""
    return {
        "interactions": state.interactions,
        "first_at": state.first_at,
        "last_at": state.last_at,
        "identifiers": [{"kind": kind, "value": value} for kind, value in sorted(state.identifiers)],
        "accounts": [account for (account,) in sorted(state.accounts)],
        "traits": [_trait_document(name, trait) for (name,), trait in sorted(state.traits.items(), key=_by_key)],
        "activity": [_activity_document(key, each) for key, each in sorted(state.activity.items(), key=_by_key)],
        "orders": _orders_document(state.orders) if state.orders else None,
        "consents": [_consent_document(key, each) for key, each in sorted(state.consents.items(), key=_by_key)],
    }


def state_from(document: Mapping[str, Any]) -> State:
    orders = document["orders"]
    return State(
        interactions=document["interactions"],
        first_at=document["first_at"],
        last_at=document["last_at"],
        identifiers={(each["kind"], each["value"]): None for each in document["identifiers"]},
        accounts={(each,): None for each in document["accounts"]},
        traits={
            (each["name"],): Trait(each["value"], each["at"], each["id"], each["source"]) for each in document["traits"]
        },
        activity={
            (each["type"], each["channel"]): Activity(
                each["count"], each["first_at"], each["last_at"], tuple(each["decayed"])
            )
            for each in document["activity"]
        },
        orders=_orders_from(orders) if orders else None,
        consents={(each["purpose"], each["channel"]): _consent_from(each) for each in document["consents"]},
    )


def _by_key(entry: tuple[tuple[str, ...], object]) -> tuple[str, ...]:
    return entry[0]


def _trait_document(name: str, trait: Trait) -> Document:
    return {"name": name, "value": trait.value, "at": trait.at, "id": trait.id, "source": trait.source}


def _activity_document(key: tuple[str, str], each: Activity) -> Document:
    return {
        "type": key[0],
        "channel": key[1],
        "count": each.count,
        "first_at": each.first_at,
        "last_at": each.last_at,
        "decayed": list(each.decayed),
    }


def _orders_document(orders: Orders) -> Document:
    first = first_day(orders.days)
    return {
        "count": orders.count,
        "first_at": orders.first_at,
        "last_at": orders.last_at,
        "first_day": first,
        "days": f"{orders.days >> first:x}",
        "totals": [
            {"currency": currency, "count": total.count, "revenue": decimal_text(total.revenue)}
            for currency, total in sorted(orders.totals.items())
        ],
    }


def _orders_from(document: Mapping[str, Any]) -> Orders:
    return Orders(
        count=document["count"],
        first_at=document["first_at"],
        last_at=document["last_at"],
        days=int(document["days"], 16) << document["first_day"],
        totals={each["currency"]: Total(each["count"], Decimal(each["revenue"])) for each in document["totals"]},
    )


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
