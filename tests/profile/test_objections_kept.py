"""However much else a profile is told, no objection is displaced."""

from fidelio_profile.domain.state import join_all, lift
from fidelio_shared.contracts.rights import RIGHTS
from support.interactions import an_interaction


def consent(number: int, purpose: str) -> object:
    given = {"purpose": purpose, "channel": "any", "status": "denied"}
    return lift(an_interaction(number, type="consent.changed", consent=given))


def test_no_number_of_other_purposes_displaces_an_objection() -> None:
    others = [consent(number, f"purpose {number}") for number in range(200)]
    objections = [consent(500 + number, right) for number, right in enumerate(RIGHTS)]
    for told in ([*others, *objections], [*objections, *others]):
        kept = {purpose for purpose, _ in join_all(told).consents}
        assert set(RIGHTS) <= kept
        assert len(kept) == 20
