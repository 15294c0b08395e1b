"""In which time zones a person may be."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files

from phonenumbers import NumberParseException, parse, region_code_for_number, region_codes_for_country_code

from fidelio_notify.domain.cards import Card
from fidelio_shared.declarations.lengths import is_time_zone


def zones_of(card: Card, otherwise: tuple[str, ...]) -> tuple[str, ...]:
    """Their own; else all of the country that they named; else all of the countries of their phone numbers; else
    `otherwise`. A mobile number tells the country, not where in it somebody lives."""
    told = card.person.time_zone
    if told is not None and is_time_zone(told):
        return (told,)
    return _of_named_country(card) or _of_numbers(card) or otherwise


def _of_named_country(card: Card) -> tuple[str, ...]:
    named = card.trait("country")
    return zones_of_country(named.value) if named and isinstance(named.value, str) else ()


def _of_numbers(card: Card) -> tuple[str, ...]:
    """People with numbers of two countries may be in either."""
    found = (zone for phone in card.addresses("sms") for zone in zones_of_phone(phone))
    return tuple(dict.fromkeys(found))


def zones_of_country(name: str) -> tuple[str, ...]:
    """By its code in ISO 3166 (`FR`) or its English name there; empty where it is none of these."""
    folded = name.strip().casefold()
    return _zones_by_country().get(_countries().get(folded, folded.upper()), ())


def zones_of_phone(phone: str) -> tuple[str, ...]:
    """Of the country that the number belongs to, of all that share its calling code where it belongs to none; empty
    where there is none. Not remembered: a number is personal."""
    try:
        number = parse(phone)
    except NumberParseException:
        return ()
    told = region_code_for_number(number)
    countries = (told,) if told else region_codes_for_country_code(number.country_code or 0)
    return tuple(dict.fromkeys(zone for each in countries for zone in _zones_by_country().get(each, ())))


@lru_cache(maxsize=1)
def _zones_by_country() -> Mapping[str, tuple[str, ...]]:
    zones: dict[str, list[str]] = defaultdict(list)
    for countries, _, zone, *_ in _rows("zone1970.tab"):
        for country in countries.split(","):
            zones[country].append(zone)
    return {country: tuple(each) for country, each in zones.items()}


@lru_cache(maxsize=1)
def _countries() -> Mapping[str, str]:
    return {name.casefold(): code for code, name in _rows("iso3166.tab")}


def _rows(table: str) -> Iterator[list[str]]:
    text = files("tzdata").joinpath("zoneinfo", table).read_text(encoding="utf-8")
    return (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
