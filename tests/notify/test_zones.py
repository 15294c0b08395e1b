"""Where a person may be, by what is known of them; from there on, by which clocks it must be day."""

from typing import Any

import pytest

from fidelio_notify.domain.gates.zones import zones_of, zones_of_country
from fidelio_shared.contracts.ingest import Identifier
from support.gate_cases import BY_MAIL, NOON, a_card

OTHERWISE = ("Europe/Paris", "Europe/London")


def _country(value: object) -> dict[str, Any]:
    return {"name": "country", "value": value, "at": NOON, "id": "0" * 32, "source": "shop.example"}


def _phone(number: str) -> Identifier:
    return Identifier(kind="phone", value=number)


@pytest.mark.parametrize(
    ("known", "zones"),
    [
        ({"time_zone": "Asia/Tokyo", "traits": (_country("FR"),)}, ("Asia/Tokyo",)),
        ({"time_zone": "Mars/Olympus", "traits": (_country("FR"),)}, ("Europe/Paris",)),
        ({"traits": (_country("fr"),), "identifiers": (_phone("+819012345678"),)}, ("Europe/Paris",)),
        ({"traits": (_country("Portugal"),)}, ("Europe/Lisbon", "Atlantic/Madeira", "Atlantic/Azores")),
        ({"traits": (_country("Atlantis"),), "identifiers": (_phone("+33612345678"),)}, ("Europe/Paris",)),
        ({"traits": (_country(33),), "identifiers": (_phone("+33612345678"),)}, ("Europe/Paris",)),
        ({"identifiers": (_phone("+819012345678"), _phone("+33612345678"))}, ("Europe/Paris", "Asia/Tokyo")),
        ({"identifiers": (_phone("+80012345678"), BY_MAIL)}, OTHERWISE),
        ({"identifiers": (_phone("0612345678"),)}, OTHERWISE),
        ({"identifiers": (_phone("+"),)}, OTHERWISE),
        ({"identifiers": ()}, OTHERWISE),
    ],
)
def test_the_surest_that_is_known_tells_where_a_person_may_be(known: dict[str, Any], zones: tuple[str, ...]) -> None:
    person = {"time_zone": None, "identifiers": (), "traits": ()} | known
    assert zones_of(a_card(person=person), OTHERWISE) == zones


@pytest.mark.parametrize(
    ("number", "inside", "outside"),
    [
        ("+12125550123", {"America/New_York", "America/Los_Angeles", "Pacific/Honolulu"}, {"America/Toronto"}),
        ("+14165550123", {"America/Toronto", "America/Vancouver"}, {"America/New_York"}),
        ("+77012345678", {"Asia/Almaty"}, {"Europe/Moscow"}),
        ("+1999", {"America/New_York", "America/Toronto", "America/Jamaica", "Pacific/Guam"}, {"Europe/Paris"}),
    ],
)
def test_a_number_tells_the_country_and_one_of_no_country_all_that_share_its_code(
    number: str, inside: set[str], outside: set[str]
) -> None:
    zones = set(zones_of(a_card(person={"time_zone": None, "identifiers": (_phone(number),)}), OTHERWISE))
    assert (inside - zones, outside & zones) == (set(), set())


def test_a_country_has_all_of_its_zones() -> None:
    zones = zones_of_country("US")
    assert {"America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"} <= set(zones)
    assert {"America/Anchorage", "Pacific/Honolulu"} <= set(zones)
