"""The sentences of `reasons`, English and French.

`{days|day|days}` is the number and the noun that goes with it, `{ago}` and `{for}` say how long it has been.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_PLACE = re.compile(r"\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}")
_LENGTHS: Mapping[str, tuple[str, str, str, str]] = {
    "ago": ("today", "{days|day|days} ago", "aujourd'hui", "il y a {days|jour|jours}"),
    "for": ("since today", "for {days|day|days}", "depuis aujourd'hui", "depuis {days|jour|jours}"),
}
"""In English for no whole day and for more, and in French."""


@dataclass(frozen=True, slots=True)
class Template:
    english: str
    french: str

    def en(self, fields: Mapping[str, int]) -> str:
        return _filled(self.english, fields, 0, is_one=lambda number: number == 1)

    def fr(self, fields: Mapping[str, int]) -> str:
        """In French, zero is singular too."""
        return _filled(self.french, fields, 2, is_one=lambda number: number in (0, 1))


def _filled(text: str, fields: Mapping[str, int], language: int, *, is_one: Callable[[int], bool]) -> str:
    def said(place: re.Match[str]) -> str:
        if place[1] in _LENGTHS:
            return _filled(_LENGTHS[place[1]][language + (fields["days"] > 0)], fields, language, is_one=is_one)
        number = fields[place[1]]
        noun = place[2] if is_one(number) else place[3]
        return f"{number} {noun}" if noun else str(number)

    return _PLACE.sub(said, text)


TEMPLATES: Mapping[str, Template] = {
    "silence": Template(
        "no order for {days|day|days}, usually every {gap|day|days}",
        "aucune commande depuis {days|jour|jours}, d'habitude tous les {gap|jour|jours}",
    ),
    "silence_after_one": Template(
        "no second order, {days|day|days} after the first one",
        "pas de deuxième commande, {days|jour|jours} après la première",
    ),
    "open_complaint": Template("complaint open {for}", "réclamation ouverte {for}"),
    "open_ticket": Template("ticket open {for}", "demande en attente {for}"),
    "complaints": Template(
        "{count|complaint|complaints} in the last {within} days",
        "{count|réclamation|réclamations} ces {within} derniers jours",
    ),
    "complaints_once": Template("complained {ago}", "a réclamé {ago}"),
    "tickets": Template(
        "{count|ticket|tickets} in the last {within} days", "{count|demande|demandes} ces {within} derniers jours"
    ),
    "tickets_once": Template("asked for help {ago}", "a demandé de l'aide {ago}"),
    "reopened": Template(
        "{count|ticket|tickets} reopened in the last {within} days",
        "{count|demande rouverte|demandes rouvertes} ces {within} derniers jours",
    ),
    "reopened_once": Template("had to reopen a ticket {ago}", "a dû rouvrir une demande {ago}"),
    "failed_payments": Template(
        "{count|payment|payments} failed in the last {within} days",
        "{count|paiement refusé|paiements refusés} ces {within} derniers jours",
    ),
    "failed_payments_once": Template("a payment failed {ago}", "un paiement a échoué {ago}"),
    "downgrades": Template(
        "{count|downgrade|downgrades} in the last {within} days",
        "{count|passage|passages} à une formule inférieure ces {within} derniers jours",
    ),
    "downgrades_once": Template("downgraded {ago}", "est passé à une formule inférieure {ago}"),
    "unsubscribes": Template(
        "unsubscribed from messages in the last {within} days",
        "s'est désabonné des messages ces {within} derniers jours",
    ),
    "unsubscribes_once": Template("unsubscribed from messages {ago}", "s'est désabonné des messages {ago}"),
    "lost_contact": Template(
        "{count|message|messages} did not arrive in the last {within} days",
        "{count|message non remis|messages non remis} ces {within} derniers jours",
    ),
    "lost_contact_once": Template("a message did not arrive {ago}", "un message n'a pas été remis {ago}"),
    "low_csat": Template("rated us {value} of 5, {ago}", "a donné la note {value} sur 5 {ago}"),
    "low_nps": Template(
        "would not recommend us ({value} of 10), {ago}",
        "ne nous recommanderait pas ({value} sur 10), {ago}",
    ),
    "low_ces": Template(
        "found it hard to get things done ({value} of 7), {ago}",
        "a trouvé la démarche difficile ({value} sur 7), {ago}",
    ),
    "usage": Template("used at {percent} % of the usual lately", "utilisation récente à {percent} % de l'habitude"),
}
