"""The contact card, from the whole profile."""

from datetime import datetime, timedelta

import pytest

from fidelio_notify.domain.contacts import Consent, Contact, ReachablePerson, contact_from
from fidelio_profile.domain.fold import fold
from fidelio_profile.domain.revisions import Stored
from fidelio_profile.records import snapshot_records
from fidelio_shared.contracts.ingest import Interaction
from support.interactions import NOON, a_consent_change, an_interaction, customer, email, recorded


def a_card(*interactions: Interaction) -> Contact:
    """As it comes from what profile really publishes of these interactions."""
    folded = fold(Stored({}, frozenset(), {}), [recorded(each) for each in interactions])
    last = snapshot_records(folded, epoch=3)[-1]
    return contact_from(ReachablePerson.model_validate_json(last.value or b""))


def test_a_card_holds_what_is_needed_to_write_to_somebody() -> None:
    consent = {
        "purpose": "marketing",
        "channel": "email",
        "status": "granted",
        "evidence": "form 7",
        "expires_at": "2027-03-01T00:00:00Z",
    }
    given = an_interaction(1, type="consent.changed", consent=consent)
    told = an_interaction(
        2, identifiers=[customer("42"), email("ann@example.org")], traits={"first_name": "Ann", "language": "fr"}
    )
    assert a_card(given, told) == Contact(
        profile=recorded(told).profile,
        epoch=3,
        revision=2,
        email="ann@example.org",
        name="Ann",
        language="fr",
        consents=(
            Consent(
                purpose="marketing",
                channel="email",
                is_granted=True,
                evidence="form 7",
                interaction=given.id,
                expires_at=datetime.fromisoformat("2027-03-01T00:00:00Z"),
            ),
        ),
    )


def test_of_somebody_of_whom_little_is_known_the_card_says_little() -> None:
    card = a_card(an_interaction(1))
    assert (card.email, card.name, card.language, card.consents) == (None, None, "en", ())


def test_of_several_addresses_the_first_in_the_alphabet_is_used_whatever_came_first() -> None:
    one, other = (
        an_interaction(1, identifiers=[email("b@example.org")]),
        an_interaction(2, identifiers=[email("a@example.org")]),
    )
    assert a_card(one, other).email == a_card(other, one).email == "a@example.org"


@pytest.mark.parametrize(
    ("said", "language"),
    [("fr", "fr"), ("FR", "fr"), ("fr-CA", "fr"), ("en-GB", "en"), ("de", "en"), ("", "en"), (None, "en"), (7, "en")],
)
def test_a_language_that_is_not_spoken_becomes_english(said: object, language: str) -> None:
    assert a_card(an_interaction(1, traits={"language": said})).language == language


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Ann", "Ann"),
        ("  Ann\tMary ", "Ann Mary"),
        ("Ann\r\n\r\nYour account is closed", "Ann Your account is closed"),
        ("   ", None),
        ("", None),
        (None, None),
        (42, None),
        (True, None),
        ("x" * 100, "x" * 64),
    ],
)
def test_a_name_is_one_line_of_text(said: object, name: str | None) -> None:
    assert a_card(an_interaction(1, traits={"first_name": said})).name == name


def test_at_the_same_instant_a_refusal_wins_in_any_order() -> None:
    grant, refusal = a_consent_change(1, "granted"), a_consent_change(2, "denied")
    for card in (a_card(grant, refusal), a_card(refusal, grant)):
        assert [each.is_granted for each in card.consents] == [False]


def test_a_refusal_that_comes_late_does_not_undo_a_newer_grant() -> None:
    grant, refusal = a_consent_change(1, "granted"), a_consent_change(2, "denied", occurred_at=NOON - timedelta(days=1))
    assert [each.is_granted for each in a_card(grant, refusal).consents] == [True]
