"""Whose is an interaction: once decided, for every copy and however batches are cut."""

from datetime import timedelta

import pytest
from hypothesis import Phase, find, given, settings

from fidelio_profile.domain import assignment
from fidelio_profile.domain.assignment import MOST_MET, Assigned, Conflict, Head, Route, assign
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.ids import profile_id
from fidelio_shared.contracts.ingest import Identifier, Interaction
from support.assignment_cases import Said, said
from support.assignment_check import Directory, violations
from support.assignment_mutants import MUTANTS, Mutant
from support.effort import CI, LONG
from support.interactions import NOON, an_interaction, customer, device, email

SEARCH = settings(CI, phases=(Phase.generate,), max_examples=500)
COOKIE = Identifier(kind="anonymous_id", value="cookie")


class World:
    """A directory that takes one interaction at a time."""

    def __init__(self) -> None:
        self.directory, self.said = Directory(), 0

    def hears(self, *identifiers: Identifier) -> Route:
        self.said += 1
        (route,) = self.decides(an_interaction(self.said, identifiers=identifiers))
        return route

    def decides(self, *interactions: Interaction) -> list[Route]:
        assigned = self.assigns(*interactions)
        return [route for _, route in assigned.routes]

    def assigns(self, *interactions: Interaction) -> Assigned:
        assigned = assign(self.directory.known(interactions), interactions)
        self.directory.store(assigned)
        return assigned


def test_somebody_new_gets_a_profile_and_all_identifiers() -> None:
    first = an_interaction(1, identifiers=[device("d"), customer("42"), email("ann@example.org")])
    created = profile_id(first.id)
    linked = (customer("42"), email("ann@example.org"), device("d"))
    route = Route(first.id, first.digest, created, linked)
    assert assign(Directory().known([first]), [first]) == Assigned(
        routes=((first, route),),
        conflicts=(),
        new_routes=(route,),
        new_identities={"customer_id:42": created, "email:ann@example.org": created, "device_id:d": created},
        new_heads={created: Head(created, instant(NOON), is_identified=True, version=0)},
        changed_heads={},
    )


def test_who_is_known_is_found_and_nothing_changes() -> None:
    world = World()
    known = world.hears(customer("42"))
    again = an_interaction(2, identifiers=[customer("42")])
    assigned = world.assigns(again)
    route = Route(again.id, again.digest, known.profile)
    assert assigned == Assigned(((again, route),), (), (route,), {}, {}, {})
    assert not assigned.changes_identity


def test_a_new_identifier_is_attached_to_who_is_known() -> None:
    world = World()
    known = world.hears(customer("42"))
    route = world.hears(customer("42"), email("ann@example.org"))
    assert (route.profile, route.linked) == (known.profile, (email("ann@example.org"),))
    assert world.hears(email("ann@example.org")).profile == known.profile


def test_the_strongest_known_identifier_decides() -> None:
    world = World()
    by_email, by_phone = world.hears(email("ann@example.org")), world.hears(Identifier(kind="phone", value="+331"))
    route = world.hears(Identifier(kind="phone", value="+331"), email("ann@example.org"), customer("42"))
    assert route.profile == by_email.profile
    assert route.met == (by_phone.profile,)
    assert world.hears(customer("42")).profile == by_email.profile


def test_a_description_finds_nobody() -> None:
    world = World()
    known = world.hears(customer("1"), Identifier(kind="described.name", value="Ann"))
    other = world.hears(customer("2"), Identifier(kind="described.name", value="Ann"))
    assert other.profile != known.profile
    assert world.directory.identities.keys() == {"customer_id:1", "customer_id:2"}


@pytest.mark.parametrize("weak", [COOKIE, device("d"), Identifier(kind="social_handle", value="@ann")])
def test_who_logs_in_takes_over_the_anonymous_past(weak: Identifier) -> None:
    world = World()
    visitor = world.hears(weak)
    assert not world.directory.heads[visitor.profile].is_identified
    login = world.hears(weak, customer("42"))
    assert (login.profile, login.linked, login.met) == (visitor.profile, (customer("42"),), ())
    assert world.directory.heads[visitor.profile].is_identified


def test_the_first_anonymous_past_is_taken_over_and_the_second_is_met() -> None:
    world = World()
    on_phone, by_cookie = world.hears(device("d")), world.hears(COOKIE)
    login = world.hears(COOKIE, device("d"), customer("42"))
    assert (login.profile, login.met) == (on_phone.profile, (by_cookie.profile,))


def test_a_second_person_on_the_family_tablet_gets_a_profile_and_the_tablet_stays() -> None:
    world = World()
    mother = world.hears(device("tablet"), customer("1"))
    child = world.hears(device("tablet"), customer("2"))
    assert child.profile == profile_id(child.interaction) != mother.profile
    assert (child.linked, child.met) == ((customer("2"),), ())
    assert world.hears(device("tablet")).profile == mother.profile


def test_a_person_who_is_known_meets_nobody_on_the_family_tablet() -> None:
    world = World()
    world.hears(device("tablet"), customer("1"))
    known = world.hears(customer("2"))
    route = world.hears(device("tablet"), customer("2"))
    assert route == Route(route.interaction, route.digest, known.profile)


def test_who_says_nothing_but_a_device_lands_on_the_devices_profile() -> None:
    world = World()
    owner = world.hears(device("tablet"), customer("1"))
    route = world.hears(device("tablet"), COOKIE)
    assert (route.profile, route.linked, route.met) == (owner.profile, (COOKIE,), ())


def test_two_devices_alone_meet_nobody() -> None:
    world = World()
    one, other = world.hears(device("d")), world.hears(COOKIE)
    route = world.hears(device("d"), COOKIE)
    assert (route.profile, route.met) == (one.profile, ())
    assert other.profile != one.profile


def test_two_people_named_together_have_met_once_and_both_know() -> None:
    world = World()
    ann, other = world.hears(customer("42")), world.hears(email("ann@example.org"))
    assert world.hears(customer("42"), email("ann@example.org")).met == (other.profile,)
    assert world.hears(customer("42"), email("ann@example.org")).met == ()
    heads = world.directory.heads
    assert heads[ann.profile].met == {other.profile}
    assert heads[other.profile].met == {ann.profile}


def test_who_has_met_as_many_as_are_kept_meets_nobody_more() -> None:
    """A shared mailbox must not change heads with every message for ever."""
    world = World()
    for number in range(MOST_MET + 1):
        world.hears(email(f"{number}@example.org"))
    everybody = [email(f"{number}@example.org") for number in range(MOST_MET + 1)]
    crowd = world.hears(customer("42"))
    met = [each for one in everybody for each in world.hears(customer("42"), one).met]
    again = [each for one in everybody for each in world.hears(customer("42"), one).met]
    assert len(set(met)) == len(met) == MOST_MET
    assert again == []
    assert world.directory.heads[crowd.profile].met == set(met)


def test_a_repeated_id_takes_the_stored_destination_and_changes_nothing() -> None:
    world = World()
    first = an_interaction(1, identifiers=[device("d"), email("ann@example.org")])
    (route,) = world.decides(first)
    world.hears(customer("42"), device("d"))
    assert world.assigns(first, first) == Assigned(((first, route), (first, route)), (), (), {}, {}, {})


def test_a_copy_that_names_somebody_else_links_nobody() -> None:
    world = World()
    first = an_interaction(1, identifiers=[customer("42")])
    copy = first.model_copy(update={"identifiers": (customer("42"), email("eve@example.org")), "digest": "2:other"})
    (route,) = world.decides(first)
    assert world.decides(copy) == [route]
    assert world.directory.identities == {"customer_id:42": route.profile}


def test_the_same_id_for_something_else_is_a_conflict() -> None:
    world = World()
    first = an_interaction(1, digest="1:aa")
    other = an_interaction(1, digest="1:bb")
    (route,) = world.decides(first)
    assert world.assigns(other, first) == Assigned(((first, route),), (Conflict(other),), (), {}, {}, {})


def test_a_conflict_within_a_batch_is_seen_too() -> None:
    first, other = an_interaction(1, digest="1:aa"), an_interaction(1, digest="1:bb")
    assigned = World().assigns(first, other)
    assert [interaction.digest for interaction, _ in assigned.routes] == ["1:aa"]
    assert assigned.conflicts == (Conflict(other),)


def test_digests_of_different_versions_cannot_contradict() -> None:
    world = World()
    (route,) = world.decides(an_interaction(1, digest="1:aa"))
    assert world.decides(an_interaction(1, digest="2:bb"), an_interaction(1, digest="11:cc")) == [route, route]


def test_a_batch_sees_what_it_decided() -> None:
    visit = an_interaction(1, identifiers=[COOKIE])
    login = an_interaction(2, identifiers=[COOKIE, customer("42")], received_at=NOON + timedelta(seconds=1))
    order = an_interaction(3, identifiers=[customer("42")])
    created = profile_id(visit.id)
    assigned = World().assigns(visit, login, order)
    assert [route.profile for _, route in assigned.routes] == [created] * 3
    assert assigned.new_heads == {created: Head(created, instant(NOON), is_identified=True, version=0)}


def test_heads_that_a_decision_rests_on_are_written_with_the_version_that_was_read() -> None:
    world = World()
    ann, other = world.hears(customer("42")), world.hears(email("ann@example.org"))
    assigned = world.assigns(an_interaction(9, identifiers=[customer("42"), email("ann@example.org")]))
    assert {profile: head.version for profile, head in assigned.changed_heads.items()} == {
        ann.profile: 1,
        other.profile: 1,
    }


@settings(CI, max_examples=500)
@given(said())
def test_a_batch_decides_what_one_by_one_would(case: Said) -> None:
    assert violations(assign, case.interactions, case.starts) == []


@pytest.mark.long
@LONG
@given(said())
def test_a_batch_decides_what_one_by_one_would_at_length(case: Said) -> None:
    assert violations(assign, case.interactions, case.starts) == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.text)
def test_a_wrong_assignment_is_found_out(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutant.owner, mutant.name, mutant.replacement)
    find(said(), lambda case: violations(assignment.assign, case.interactions, case.starts) != [], settings=SEARCH)
