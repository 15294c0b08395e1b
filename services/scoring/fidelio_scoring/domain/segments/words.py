"""What conditions say, in the languages of the people who read it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from fidelio_shared.declarations.words import Words


class Bounds(Protocol):
    @property
    def at_least(self) -> object: ...
    @property
    def at_most(self) -> object: ...
    @property
    def more_than(self) -> object: ...
    @property
    def less_than(self) -> object: ...


ALL = Words("all of", "tout ceci")
ANY = Words("any of", "l’un de ceci")
NOT = Words("not", "pas ceci")
_SIGNS = (("at_least", "≥"), ("at_most", "≤"), ("more_than", ">"), ("less_than", "<"))

MEASURES: Mapping[str, Words] = {
    "orders": Words("orders", "commandes"),
    "purchase_days": Words("days with an order", "jours avec une commande"),
    "mean_gap_days": Words("usual days between orders", "jours habituels entre commandes"),
    "last_gap_days": Words("days before the last order", "jours avant la dernière commande"),
    "revenue": Words("revenue in {}", "chiffre d’affaires en {}"),
    "average_order": Words("average order in {}", "panier moyen en {}"),
    "return_share": Words("share of orders returned", "part des commandes retournées"),
    "interactions": Words("interactions", "interactions"),
    "interactions_of": Words("{} ever", "{} en tout"),
    "interactions_over": Words("{} over {}", "{} par {}"),
    "channels": Words("channels used", "canaux utilisés"),
    "open_tickets": Words("open tickets", "tickets ouverts"),
    "open_complaints": Words("open complaints", "réclamations ouvertes"),
    "reopenings": Words("reopenings of open tickets", "réouvertures de tickets ouverts"),
    "subscriptions": Words("active subscriptions", "abonnements actifs"),
    "subscriptions_to": Words("active subscriptions to {}", "abonnements actifs à {}"),
    "latest_rating": Words("latest {}", "dernier {}"),
    "average_rating": Words("average {}", "{} moyen"),
    "count_of_ratings": Words("{} answers", "réponses {}"),
    "trait_number": Words("{}", "{}"),
    "recency": Words("RFM recency", "récence RFM"),
    "frequency": Words("RFM frequency", "fréquence RFM"),
    "monetary": Words("RFM monetary", "montant RFM"),
    "clv": Words("customer value", "valeur client"),
    "health": Words("health", "santé"),
}
ATTRIBUTES: Mapping[str, Words] = {
    "trait": Words("{}", "{}"),
    "language": Words("language", "langue"),
    "time_zone": Words("time zone", "fuseau horaire"),
    "account": Words("account", "compte"),
    "band": Words("churn risk", "risque de départ"),
}
_FRENCH_BANDS = {"low": "faible", "watch": "à surveiller", "high": "élevé"}
INSTANTS: Mapping[str, Words] = {
    "first_interaction": Words("first contact", "premier contact"),
    "first_order": Words("first order", "première commande"),
    "last_order": Words("last order", "dernière commande"),
    "oldest_open_ticket": Words("oldest open ticket", "plus ancien ticket ouvert"),
    "oldest_open_complaint": Words("oldest open complaint", "plus ancienne réclamation ouverte"),
    "longest_unchanged_subscription": Words("subscription unchanged", "abonnement inchangé"),
    "latest_rating": Words("latest {}", "dernier {}"),
    "latest_over": Words("{} over {}", "{} par {}"),
}


def bounds(range_: Bounds) -> str:
    if range_.at_least is not None and range_.at_least == range_.at_most:
        return f"= {range_.at_least}"
    return " ".join(f"{sign} {bound}" for name, sign in _SIGNS if (bound := getattr(range_, name)) is not None)


def measured(measure: str, of: Sequence[object], said: str) -> Words:
    return _each(MEASURES[measure], of, f" {said}", f" {said}")


def among(attribute: str, of: Sequence[object], values: Iterable[object]) -> Words:
    listed = sorted(map(str, values))
    french = [_FRENCH_BANDS[each] for each in listed] if attribute == "band" else listed
    return _each(ATTRIBUTES[attribute], of, f": {' or '.join(listed)}", f" : {' ou '.join(french)}")


def known(attribute: str, of: Sequence[object]) -> Words:
    return _each(ATTRIBUTES[attribute], of, " known", " : connu")


def past(instant: str, of: Sequence[object], length: Words) -> Words:
    if instant in ("silent_since", "kth_latest"):
        return Words(f"no {of[0]} for {length.en}", f"pas de {of[0]} depuis {length.fr}")
    if instant == "unanswered":
        return Words(f"{of[0]}, then no {of[1]} in {length.en}", f"{of[0]}, puis pas de {of[1]} en {length.fr}")
    return _each(INSTANTS[instant], of, f": {length.en} ago or more", f" : il y a {length.fr} ou plus")


def within(instant: str, of: Sequence[object], length: Words) -> Words:
    if instant == "kth_latest":
        return Words(f"{of[1]} or more {of[0]} in {length.en}", f"{of[1]} {of[0]} ou plus en {length.fr}")
    if instant == "nth_channel":
        return Words(f"{of[0]} or more channels in {length.en}", f"{of[0]} canaux ou plus en {length.fr}")
    return _each(INSTANTS[instant], of, f": under {length.en} ago", f" : il y a moins de {length.fr}")


def followed(first: str, then: str, length: Words) -> Words:
    return Words(f"{first}, then {then} within {length.en}", f"{first}, puis {then} en moins de {length.fr}")


def granted(purpose: str, channel: str) -> Words:
    return Words(f"consent to {purpose} over {channel}", f"consentement à {purpose} par {channel}")


def belongs(label: Words) -> Words:
    return Words(f"in “{label.en}”", f"dans « {label.fr} »")


def _each(words: Words, of: Sequence[object], en: str, fr: str) -> Words:
    return Words(words.en.format(*of) + en, words.fr.format(*of) + fr)
