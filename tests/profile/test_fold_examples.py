"""The fold's rules, one at a time."""

from fidelio_profile.domain.documents import state_document
from fidelio_profile.domain.fold import fold
from fidelio_profile.domain.profile import Profile
from fidelio_profile.domain.revisions import Foldable, Folded, Revision, Stored
from fidelio_profile.domain.state import join_all, lift
from fidelio_profile.verifying import differences
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.profile import Cause
from support.interactions import NOON, a_profile_id, a_refold, an_interaction, recorded

ANN, BOB = a_profile_id("ann"), a_profile_id("bob")


def stored(
    *, revision: int = 0, interactions: tuple[Interaction, ...] = (), seen: tuple[Interaction, ...] = ()
) -> Stored:
    """Ann's profile, folded from these interactions, which are also her timeline; `seen` says which of them return."""
    profile = Profile(ANN, revision, join_all(map(lift, interactions)) if interactions else None)
    return Stored(
        profiles={ANN: profile} if interactions else {},
        seen=frozenset(each.id for each in seen),
        timelines={ANN: interactions},
    )


NOTHING = Stored({}, frozenset(), {})


def test_an_unknown_persons_first_interaction_is_revision_1_and_its_cause() -> None:
    first = an_interaction(1, channel="store", historical=True)
    assert fold(NOTHING, [recorded(first, ANN)]) == Folded(
        revisions=(
            Revision(
                Profile(ANN, 1, lift(first)),
                Cause(
                    kind="interaction",
                    id=first.id,
                    type="page.viewed",
                    channel="store",
                    occurred_at=NOON,
                    received_at=NOON,
                    historical=True,
                ),
            ),
        ),
        accepted=(recorded(first, ANN),),
        duplicates=0,
    )


def test_every_accepted_interaction_is_a_revision_of_its_own() -> None:
    records: list[Foldable] = [recorded(an_interaction(n), ANN if n != 2 else BOB) for n in range(4)]
    folded = fold(NOTHING, records)
    assert [(each.profile.id, each.profile.revision) for each in folded.revisions] == [
        (ANN, 1),
        (ANN, 2),
        (BOB, 1),
        (ANN, 3),
    ]
    assert _last_revisions(folded) == {ANN: 3, BOB: 1}


def test_a_stored_profile_goes_on_where_it_stood() -> None:
    known, new = an_interaction(1), an_interaction(2)
    (revision,) = fold(stored(revision=7, interactions=(known,)), [recorded(new, ANN)]).revisions
    assert revision.profile == Profile(ANN, 8, join_all([lift(known), lift(new)]))


def test_an_interaction_repeated_in_the_batch_counts_once() -> None:
    record = recorded(an_interaction(1), ANN)
    folded = fold(NOTHING, [record, record, record])
    assert (folded.accepted, folded.duplicates, _last_revisions(folded)) == ((record,), 2, {ANN: 1})


def test_an_interaction_that_is_stored_already_changes_nothing() -> None:
    known = an_interaction(1)
    folded = fold(stored(revision=1, interactions=(known,), seen=(known,)), [recorded(known, ANN)])
    assert folded == Folded((), (), 1)


def test_a_repair_folds_what_is_stored_and_what_the_batch_has_added() -> None:
    kept, new, later = (an_interaction(n) for n in (1, 2, 3))
    spoiled = Stored({ANN: Profile(ANN, 4, lift(an_interaction(9)))}, frozenset(), {ANN: (kept,)})
    folded = fold(spoiled, [recorded(new, ANN), a_refold(1, ANN), recorded(later, ANN)])
    assert _last_revisions(folded) == {ANN: 7}
    assert [each.cause.kind for each in folded.revisions] == ["interaction", "refold", "interaction"]
    assert _differences_from(folded, kept, new, later) == []


def test_a_repair_fires_no_playbook() -> None:
    (revision,) = fold(stored(revision=1, interactions=(an_interaction(1),)), [a_refold(1, ANN)]).revisions
    assert revision.cause == Cause(
        kind="refold",
        id=a_refold(1, ANN).id,
        type="profile.refolded",
        channel="operations",
        occurred_at=NOON,
        received_at=NOON,
        historical=True,
    )


def test_a_repair_of_nobody_is_no_revision_and_may_be_asked_for_again() -> None:
    known = recorded(an_interaction(1), ANN)
    folded = fold(stored(), [a_refold(1, ANN), known, a_refold(1, ANN)])
    assert folded.accepted == (known, a_refold(1, ANN))
    assert (_last_revisions(folded), folded.duplicates) == ({ANN: 2}, 0)


def _differences_from(folded: Folded, *interactions: Interaction) -> list[str]:
    state = folded.profiles[ANN].profile.state
    assert state
    return differences(state_document(state), state_document(join_all(map(lift, interactions))))


def _last_revisions(folded: Folded) -> dict[ProfileId, int]:
    return {profile: each.profile.revision for profile, each in folded.profiles.items()}
