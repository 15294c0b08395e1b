"""What a folded profile means, said a second time: from all of its interactions at once, without join or order."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from math import fsum
from operator import itemgetter
from statistics import mean, pstdev

from fidelio_profile.domain.documents import Document
from fidelio_shared.contracts.canonical import decimal_text, instant
from fidelio_shared.contracts.ingest import Consent, Interaction
from support.fold_meaning_dealings import dealings, kept

_DAY_SECONDS = 86_400


def meaning(interactions: Iterable[Interaction]) -> Document:
    """The state's document, of whichever copies and order; of texts that are short enough to be kept."""
    every = list({each.id: each for each in interactions}.values())
    return {
        "interactions": len(every),
        "first_at": instant(min(each.occurred_at for each in every)),
        "last_at": instant(max(each.occurred_at for each in every)),
        "identifiers": [
            {"kind": kind, "value": value}
            for kind, value in _identifiers({(one.kind, one.value) for each in every for one in each.identifiers})
        ],
        "accounts": [name for (name,) in kept(8, {(each.account_id,) for each in every if each.account_id})],
        "traits": _traits(every),
        "language": _first_known(every, ("language", "locale"), _LANGUAGES),
        "time_zone": _first_known(every, ("time_zone", "timezone"), _TIME_ZONES),
        "activity": _activity(every),
        "orders": _orders([each for each in every if each.type == "order.placed"]),
        "returned": _totals([each for each in every if each.type == "order.returned"]),
        "refunded": _totals([each for each in every if each.type == "refund.issued"]),
        "consents": _consents(every),
        **dealings(every),
    }


_LANGUAGES = {"fr": "fr", "FR_ca": "fr-CA", "en-us": "en-US", "zh-hant-TW": "zh-Hant-TW"}
_TIME_ZONES = {"Europe/Paris": "Europe/Paris", "UTC": "UTC"}


def _identifiers(keys: set[tuple[str, str]]) -> list[tuple[str, str]]:
    strong = {key for key in keys if key[0] != "device_id"}
    kept_strong = kept(24, strong)
    return sorted([*kept_strong, *kept(24 - len(kept_strong), keys - strong)])


def _traits(every: Sequence[Interaction]) -> list[Document]:
    found = []
    names = {(name,) for each in every for name in each.traits}
    corrected = {(name,) for each in every if each.type == "profile.corrected" for name in each.traits}
    first = kept(48, {key for key in names if not key[0].startswith("trait ")} | corrected)
    for (name,) in sorted([*first, *kept(48 - len(first), names - {*first})]):
        last = max((each for each in every if name in each.traits), key=_standing)
        told = {"name": name, "value": last.traits[name], "at": instant(last.occurred_at)}
        is_pinned = last.type == "profile.corrected"
        found.append(told | {"id": last.id, "source": last.source, "is_pinned": is_pinned})
    return found


def _standing(interaction: Interaction) -> tuple[bool, datetime, str]:
    return interaction.type == "profile.corrected", interaction.occurred_at, interaction.id


def _first_known(every: Sequence[Interaction], names: Sequence[str], known: Mapping[str, str]) -> str | None:
    """The last value of each name, in the order in which they hold; the first of them that is known."""
    lasts = [
        (max((each for each in every if name in each.traits), key=_standing, default=None), name) for name in names
    ]
    told = [(_standing(each), str(each.traits[name])) for each, name in lasts if each]
    told.sort(key=itemgetter(0), reverse=True)
    return next((known[value] for _, value in told if value in known), None)


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
        for key in _kept_activities(set(moments))
    ]


def _kept_activities(keys: set[tuple[str, str]]) -> list[tuple[str, str]]:
    named = ("page.viewed", "consent.changed", "call.ended", "refund.issued", "profile.corrected")
    undeclared = {key for key in keys if key[0] in named}
    declared = kept(48, keys - undeclared)
    return sorted([*declared, *kept(48 - len(declared), undeclared)])


def _decayed(moments: Sequence[datetime], half_life_days: int) -> float:
    last = max(moments)
    return fsum(2.0 ** -((last - each).total_seconds() / _DAY_SECONDS / half_life_days) for each in moments)


def _orders(orders: Sequence[Interaction]) -> Document | None:
    if not orders:
        return None
    days = {(each.occurred_at - datetime(1970, 1, 1, tzinfo=UTC)).days for each in orders}
    gaps = [later - earlier for earlier, later in pairwise(sorted(days))]
    return {
        "count": len(orders),
        "first_at": instant(min(each.occurred_at for each in orders)),
        "last_at": instant(max(each.occurred_at for each in orders)),
        "first_day": min(days),
        "days": f"{sum(1 << day - min(days) for day in days):x}",
        "totals": _totals(orders),
        "mean_gap_days": mean(map(float, gaps)) if gaps else None,
        "gap_variation": pstdev(gaps) / mean(gaps) if len(gaps) > 1 else None,
    }


def _totals(interactions: Sequence[Interaction]) -> list[Document]:
    revenues = defaultdict(list)
    for each in interactions:
        if each.amount:
            revenues[each.amount.currency].append(each.amount.value)
    return [
        {"currency": name, "count": len(values), "revenue": decimal_text(sum(values, Decimal(0)))}
        for name, values in sorted(revenues.items())[:8]
    ]


def _consents(every: Sequence[Interaction]) -> list[Document]:
    given: dict[tuple[str, str], list[tuple[Interaction, Consent]]] = defaultdict(list)
    for each in every:
        if each.consent and each.type == "consent.changed":
            given[each.consent.purpose, each.consent.channel].append((each, each.consent))
    return [_consent(*max(given[key], key=_weight)) for key in kept(20, set(given))]


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
