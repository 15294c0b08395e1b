"""What is said of a person, corrected, and understood."""

from datetime import timedelta

import pytest

from fidelio_profile.domain.documents import state_document, state_from
from fidelio_profile.domain.state import join_all, lift
from fidelio_profile.domain.traits import Trait
from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.ingest import Interaction, Scalar
from support.interactions import NOON, an_interaction

DAY = timedelta(days=1)


def corrected(number: int, **named: object) -> Interaction:
    return an_interaction(number, type="profile.corrected", **named)


def city(*interactions: Interaction) -> Scalar:
    """The same in both orders."""
    trait, other = (join_all(map(lift, each)).traits.value["city",] for each in (interactions, interactions[::-1]))
    assert trait == other
    return trait.value


def test_a_correction_outlives_the_next_synchronisation() -> None:
    synchronised = an_interaction(2, traits={"city": "Paris"}, occurred_at=NOON + DAY)
    assert city(corrected(1, traits={"city": "Lyon"}), synchronised) == "Lyon"


def test_a_late_correction_replaces_what_is_newer() -> None:
    assert city(an_interaction(1, traits={"city": "Paris"}), corrected(2, traits={"city": "Lyon"})) == "Lyon"


def test_of_two_corrections_the_later_holds() -> None:
    later = corrected(2, traits={"city": "Nice"}, occurred_at=NOON + DAY)
    assert city(corrected(1, traits={"city": "Lyon"}), later) == "Nice"


def test_a_correction_may_say_that_nothing_is_known() -> None:
    assert city(an_interaction(1, traits={"city": "Paris"}), corrected(2, traits={"city": None})) is None


def test_only_what_was_corrected_is_pinned() -> None:
    traits = join_all([lift(corrected(1, traits={"city": "Lyon"})), lift(an_interaction(2, traits={"title": "Dr"}))])
    assert traits.traits.value == {
        ("city",): Trait("Lyon", instant(NOON), an_interaction(1).id, "shop.example", is_pinned=True),
        ("title",): Trait("Dr", instant(NOON), an_interaction(2).id, "shop.example"),
    }


def test_a_value_that_is_too_long_ends_the_one_before_it() -> None:
    longer = an_interaction(2, traits={"city": "x" * 129}, occurred_at=NOON + DAY)
    assert city(an_interaction(1, traits={"city": "Lyon"}), longer) is None


def understood(**traits: Scalar) -> tuple[str | None, str | None]:
    document = state_document(lift(an_interaction(traits=traits)))
    return document["language"], document["time_zone"]


@pytest.mark.parametrize(
    ("told", "language"),
    [
        ("fr", "fr"),
        ("FR", "fr"),
        ("fr_CA", "fr-CA"),
        ("pt-br", "pt-BR"),
        ("zh_hant_tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        (" de ", "de"),
        ("français", None),
        ("fr-", None),
        ("f", None),
        ("", None),
        (None, None),
        (33, None),
        (True, None),
    ],
)
@pytest.mark.parametrize("name", ["language", "locale"])
def test_a_language_is_a_tag_in_one_form_or_unknown(name: str, told: Scalar, language: str | None) -> None:
    assert understood(**{name: told}) == (language, None)


@pytest.mark.parametrize(
    ("told", "time_zone"),
    [("Europe/Paris", "Europe/Paris"), ("UTC", "UTC"), ("Paris", None), ("../etc/passwd", None), (2, None)],
)
@pytest.mark.parametrize("name", ["time_zone", "timezone"])
def test_a_time_zone_is_one_of_ianas_or_unknown(name: str, told: Scalar, time_zone: str | None) -> None:
    assert understood(**{name: told}) == (None, time_zone)


def test_what_makes_no_sense_does_not_hide_what_does() -> None:
    sensible = an_interaction(1, traits={"locale": "en-GB", "timezone": "Europe/London"})
    nonsense = an_interaction(2, traits={"language": "klingon!", "time_zone": "Mars"}, occurred_at=NOON + DAY)
    document = state_document(join_all([lift(sensible), lift(nonsense)]))
    assert (document["language"], document["time_zone"]) == ("en-GB", "Europe/London")


def test_a_state_of_version_1_is_read_with_what_it_has() -> None:
    now = state_document(lift(an_interaction(traits={"language": "fr"})))
    newer = {"language", "time_zone", "recent", "returned", "refunded", "ratings", "tickets", "has_more_tickets"}
    newer |= {"subscriptions", "has_more_subscriptions", "preferred"}
    then = {name: each for name, each in now.items() if name not in newer}
    then["traits"] = [{name: each for name, each in now["traits"][0].items() if name != "is_pinned"}]
    assert encode(state_document(state_from(then))) == encode(now)
