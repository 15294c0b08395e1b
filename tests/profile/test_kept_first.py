"""However much else a profile is told, no objection and no correction is displaced."""

import pytest

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


@pytest.mark.parametrize("is_first", [True, False])
def test_no_number_of_other_traits_displaces_a_correction(is_first: bool) -> None:
    others = [lift(an_interaction(number, traits={f"trait {number}": number})) for number in range(200)]
    named = {f"trait {number}": "right" for number in range(40)}
    corrections = [lift(an_interaction(500, type="profile.corrected", traits=named))]
    kept = join_all([*corrections, *others] if is_first else [*others, *corrections]).traits.value
    assert {name: kept[name,].value for name in named} == named
    assert len(kept) == 48
