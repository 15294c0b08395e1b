"""Segments of lives drawn by lot, against a scan over all that ever happened."""

import pytest

from fidelio_scoring.domain.segments.definitions import check_kept
from fidelio_shared.contracts.recent import MOST_RECENT
from support.segment_lots import SUBJECTS
from support.segment_scan import FILES, definitions, violations

FEW, MANY = range(200), range(200, 1200)


def test_profiles_keep_what_the_segments_drawn_by_lot_need() -> None:
    for seed in range(FILES):
        check_kept(definitions(seed, *SUBJECTS), MOST_RECENT)


def test_memberships_and_next_changes_are_what_a_scan_finds() -> None:
    assert [each for seed in FEW for each in violations(seed, *SUBJECTS)] == []


@pytest.mark.parametrize("subject", SUBJECTS)
def test_so_they_are_where_all_conditions_have_one_subject(subject: str) -> None:
    assert [each for seed in range(25) for each in violations(seed, subject)] == []


@pytest.mark.long
def test_memberships_and_next_changes_are_what_a_scan_finds_a_thousand_times() -> None:
    assert [each for seed in MANY for each in violations(seed, *SUBJECTS)] == []
