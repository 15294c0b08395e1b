"""What a folded profile means, said a second time: from all of its interactions at once, without join or order."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from math import fsum
from typing import TypeVar

from fidelio_profile.domain.documents import Document
from fidelio_shared.contracts.canonical import decimal_text, instant
from fidelio_shared.contracts.ids import hash16
from fidelio_shared.contracts.ingest import Consent, Interaction

K = TypeVar("K", bound=tuple[str, ...])

_DAY_SECONDS = 86_400


def meaning(interactions: Iterable[Interaction]) -> Document:
    """The state's document, of whichever copies and order."""
    every = list({each.id: each for each in interactions}.values())
    return {
        "interactions": len(every),
        "first_at": instant(min(each.occurred_at for each in every)),
        "last_at": instant(max(each.occurred_at for each in every)),
        "identifiers": [
            {"kind": kind, "value": value}
            for kind, value in _kept(64, {(one.kind, one.value) for each in every for one in each.identifiers})
        ],
        "accounts": [name for (name,) in _kept(32, {(each.account_id,) for each in every if each.account_id})],
        "traits": _traits(every),
        "activity": _activity(every),
        "orders": _orders([each for each in every if each.type == "order.placed"]),
        "consents": _consents(every),
    }


def _kept(most: int, keys: set[K]) -> list[K]:
    return sorted(sorted(keys, key=lambda key: hash16(*key))[:most])


def _traits(every: Sequence[Interaction]) -> list[Document]:
    found = []
    for (name,) in _kept(128, {(name,) for each in every for name in each.traits}):
        last = max((each for each in every if name in each.traits), key=lambda each: (each.occurred_at, each.id))
        at = instant(last.occurred_at)
        found.append({"name": name, "value": last.traits[name], "at": at, "id": last.id, "source": last.source})
    return found


def _activity(every: Sequence[Interaction]) -> list[Document]:
    moments = defaultdict(list)
    for each in every:
        moments[each.type, each.channel].append(each.occurred_at)
    return [
        {
            "type": key[0],
            "channel": key[1],
            "count": len(moments[key]),
            "first_at": instant(min(moments[key])),
            "last_at": instant(max(moments[key])),
            "decayed": [_decayed(moments[key], half_life) for half_life in (7, 30, 90)],
        }
        for key in _kept(128, set(moments))
    ]


def _decayed(moments: Sequence[datetime], half_life_days: int) -> float:
    last = max(moments)
    return fsum(2.0 ** -((last - each).total_seconds() / _DAY_SECONDS / half_life_days) for each in moments)


def _orders(orders: Sequence[Interaction]) -> Document | None:
    if not orders:
        return None
    days = {(each.occurred_at - datetime(1970, 1, 1, tzinfo=UTC)).days for each in orders}
    revenues = defaultdict(list)
    for each in orders:
        if each.amount:
            revenues[each.amount.currency].append(each.amount.value)
    return {
        "count": len(orders),
        "first_at": instant(min(each.occurred_at for each in orders)),
        "last_at": instant(max(each.occurred_at for each in orders)),
        "first_day": min(days),
        "days": f"{sum(1 << day - min(days) for day in days):x}",
        "totals": [
            {"currency": name, "count": len(values), "revenue": decimal_text(sum(values, Decimal(0)))}
            for name, values in sorted(revenues.items())[:32]
        ],
    }


def _consents(every: Sequence[Interaction]) -> list[Document]:
    given: dict[tuple[str, str], list[tuple[Interaction, Consent]]] = defaultdict(list)
    for each in every:
        if each.consent and each.type == "consent.changed":
            given[each.consent.purpose, each.consent.channel].append((each, each.consent))
    return [_consent(*max(given[key], key=_weight)) for key in _kept(64, set(given))]


def _weight(given: tuple[Interaction, Consent]) -> tuple[datetime, bool, str]:
    interaction, consent = given
    return interaction.occurred_at, consent.status == "denied", interaction.id


def _consent(interaction: Interaction, consent: Consent) -> Document:
    return {
        "purpose": consent.purpose,
        "channel": consent.channel,
        "status": consent.status,
        "at": instant(interaction.occurred_at),
        "id": interaction.id,
        "lawful_basis": consent.lawful_basis,
        "policy_version": consent.policy_version,
        "evidence": consent.evidence,
        "expires_at": instant(consent.expires_at) if consent.expires_at else None,
    }
