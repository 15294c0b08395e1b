"""Whose is an interaction: once decided, for every copy and however batches are cut."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import Phase, find, given, settings

from fidelio_profile.domain import assignment
from fidelio_profile.domain.assignment import Assigned, Route, assign
from fidelio_profile.domain.people import MOST_ABSORBED, Demotion, Head, Link, Review, identity_key
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.ids import ProfileId, hash16, profile_id
from fidelio_shared.contracts.ingest import Identifier, Interaction
from support.assignment_cases import Said, said
from support.assignment_check import violations
from support.assignment_mutants import MUTANTS, Mutant
from support.effort import CI, LONG
from support.identity_directory import Directory
from support.identity_rules import NARROW_RULES
from support.interactions import NOON, an_interaction, customer, device, email

SEARCH = settings(CI, phases=(Phase.generate,), max_examples=2_000)
COOKIE = Identifier(kind="anonymous_id", value="cookie")
ANN, BOB = customer("ann"), customer("bob")
MAIL, OTHER_MAIL, THIRD_MAIL = email("ann@example.org"), email("ann@example.com"), email("ann@example.net")
PHONE = Identifier(kind="phone", value="+33123456789")
TABLET = device("tablet")


class World:
    """A directory that takes one interaction at a time, a second later each."""

    def __init__(self) -> None:
        self.directory, self.said = Directory(), 0

    def hears(self, *identifiers: Identifier) -> Route:
        self.said += 1
        at = NOON + timedelta(seconds=self.said)
        (route,) = self.decides(an_interaction(self.said, identifiers=identifiers, received_at=at))
        return route

    def decides(self, *interactions: Interaction) -> list[Route]:
        return [route for _, route in self.assigns(*interactions).routes]

    def assigns(self, *interactions: Interaction) -> Assigned:
        assigned = assign(self.directory.known(interactions), interactions, NARROW_RULES)
        assert self.directory.refusals(assigned) == []
        self.directory.store(assigned)
        return assigned

    def owner(self, identifier: Identifier) -> ProfileId:
        return self.directory.links[identity_key(identifier)].profile


def test_somebody_new_gets_a_profile_and_all_identifiers() -> None:
    first = an_interaction(1, identifiers=[TABLET, customer("42"), MAIL])
    created, at = profile_id(first.id), instant(NOON)
    route = Route(first.id, first.digest, created, linked=(customer("42"), MAIL, TABLET))
    keys = ("customer_id:42", "email:ann@example.org", "device_id:tablet")
    assert assign(Directory().known([first]), [first], NARROW_RULES) == Assigned(
        routes=((first, route),),
        conflicts=(),
        lost=(),
        new_routes=(route,),
        new_links=dict.fromkeys(keys, Link(created, first.id, at)),
        changed_links={},
        moved={},
        new_heads={created: Head(created, at, version=0, keys=frozenset(keys))},
        changed_heads={},
        reviews=(),
    )


def test_who_is_known_is_found_and_nothing_changes() -> None:
    world = World()
    known = world.hears(ANN)
    again = an_interaction(2, identifiers=[ANN])
    assigned = world.assigns(again)
    route = Route(again.id, again.digest, known.profile)
    assert assigned == Assigned(((again, route),), (), (), (route,), {}, {}, {}, {}, {}, ())
    assert not assigned.changes_identity


def test_a_new_identifier_is_attached_to_who_is_known() -> None:
    world = World()
    known = world.hears(ANN)
    route = world.hears(ANN, MAIL)
    assert (route.profile, route.linked) == (known.profile, (MAIL,))
    assert world.hears(MAIL).profile == known.profile


def test_two_profiles_that_strong_identifiers_join_become_the_older_one() -> None:
    world = World()
    by_mail, by_phone = world.hears(MAIL), world.hears(PHONE, TABLET)
    route = world.hears(PHONE, MAIL, ANN)
    assert route == Route(route.interaction, route.digest, by_mail.profile, (ANN,), (by_phone.profile,))
    assert {world.owner(each) for each in (ANN, MAIL, PHONE, TABLET)} == {by_mail.profile}
    heads = world.directory.heads
    assert heads[by_phone.profile].merged_into == by_mail.profile
    assert heads[by_phone.profile].keys == frozenset()
    assert heads[by_mail.profile].names == {by_mail.profile, by_phone.profile}


def test_of_two_that_were_born_at_one_instant_the_smaller_id_stays() -> None:
    world = World()
    one, other = world.decides(an_interaction(1, identifiers=[MAIL]), an_interaction(2, identifiers=[PHONE]))
    assert world.hears(MAIL, PHONE).profile == min(one.profile, other.profile)


def test_a_batch_sees_whom_it_merged() -> None:
    world = World()
    by_mail, by_phone = world.hears(MAIL), world.hears(PHONE, TABLET)
    joins = an_interaction(3, identifiers=[MAIL, PHONE])
    assigned = world.assigns(
        joins, an_interaction(4, identifiers=[TABLET]), an_interaction(5, identifiers=[ANN, PHONE])
    )
    assert [route.profile for _, route in assigned.routes] == [by_mail.profile] * 3
    assert [route.retires for _, route in assigned.routes] == [(by_phone.profile,), (), ()]
    assert world.directory.heads[by_mail.profile].absorbed == {by_phone.profile}


def test_merges_in_a_chain_end_in_the_oldest() -> None:
    world = World()
    oldest, middle, youngest = world.hears(ANN), world.hears(MAIL), world.hears(PHONE)
    later, last = world.hears(MAIL, PHONE), world.hears(ANN, PHONE)
    assert (later.profile, later.retires) == (middle.profile, (youngest.profile,))
    assert (last.profile, last.retires) == (oldest.profile, (middle.profile,))
    assert world.directory.heads[oldest.profile].absorbed == {middle.profile, youngest.profile}
    assert list(world.directory.disagreements()) == []


def test_a_description_finds_nobody() -> None:
    world = World()
    name = Identifier(kind="described.name", value="Ann")
    known, other = world.hears(customer("1"), name), world.hears(customer("2"), name)
    assert other.profile != known.profile
    assert world.directory.links.keys() == {"customer_id:1", "customer_id:2"}


@pytest.mark.parametrize("weak", [COOKIE, TABLET])
def test_who_logs_in_takes_over_the_anonymous_past(weak: Identifier) -> None:
    world = World()
    visitor = world.hears(weak)
    assert not world.directory.heads[visitor.profile].is_identified(NARROW_RULES)
    login = world.hears(weak, ANN)
    assert login == Route(login.interaction, login.digest, visitor.profile, linked=(ANN,))
    assert world.directory.heads[visitor.profile].is_identified(NARROW_RULES)


def test_who_logs_in_takes_over_every_anonymous_past() -> None:
    world = World()
    by_cookie, on_tablet = world.hears(COOKIE), world.hears(TABLET)
    login = world.hears(COOKIE, TABLET, ANN)
    assert (login.profile, login.retires) == (by_cookie.profile, (on_tablet.profile,))


def test_a_second_person_on_the_family_tablet_gets_a_profile_and_the_tablet_stays() -> None:
    world = World()
    mother = world.hears(TABLET, ANN)
    child = world.hears(TABLET, BOB)
    assert child == Route(child.interaction, child.digest, profile_id(child.interaction), linked=(BOB,))
    assert world.hears(TABLET).profile == mother.profile
    assert world.directory.links[identity_key(TABLET)].seen_with == {child.profile}


def test_who_says_nothing_but_a_device_lands_on_the_devices_profile() -> None:
    world = World()
    owner = world.hears(TABLET, ANN)
    route = world.hears(TABLET, COOKIE)
    assert route == Route(route.interaction, route.digest, owner.profile, linked=(COOKIE,))


def test_two_devices_alone_bring_nobody_together() -> None:
    world = World()
    one, other = world.hears(TABLET), world.hears(COOKIE)
    route = world.hears(COOKIE, TABLET)
    assert route == Route(route.interaction, route.digest, one.profile)
    assert world.owner(COOKIE) == other.profile


def test_a_device_of_too_many_people_is_shared_and_finds_nobody_any_more() -> None:
    world = World()
    owner, second = world.hears(TABLET, ANN), world.hears(TABLET, BOB)
    third = world.hears(TABLET, customer("eve"))
    assert second.demoted == ()
    assert third.demoted == (Demotion(TABLET, "shared", "device_id", owner.profile),)
    lost = an_interaction(9, identifiers=[TABLET])
    assert world.assigns(lost) == Assigned((), (), (lost,), (), {}, {}, {}, {}, {}, ())
    stranger = world.hears(TABLET, COOKIE)
    assert (stranger.profile, stranger.linked) == (profile_id(stranger.interaction), (COOKIE,))
    assert world.directory.reviews == {}


def test_whoever_became_one_person_counts_once_for_a_device() -> None:
    world = World()
    older, owner = world.hears(MAIL), world.hears(TABLET, ANN)
    bob = world.hears(TABLET, BOB)
    world.hears(BOB, MAIL)
    again = world.hears(TABLET, MAIL)
    assert again == Route(again.interaction, again.digest, older.profile)
    assert world.directory.links[identity_key(TABLET)].seen_with == {bob.profile}
    assert world.owner(TABLET) == owner.profile


def test_one_customer_number_too_many_is_set_aside_and_people_are_asked() -> None:
    world = World()
    ann, bob = world.hears(ANN, MAIL), world.hears(BOB, OTHER_MAIL)
    route = world.hears(ANN, OTHER_MAIL, COOKIE)
    cookie = Demotion(COOKIE, "limit", "customer_id", None)
    address = Demotion(OTHER_MAIL, "limit", "customer_id", bob.profile)
    assert route == Route(route.interaction, route.digest, ann.profile, demoted=(cookie, address))
    review = Review(ann.profile, address, route.interaction, instant(NOON + timedelta(seconds=3)))
    assert world.directory.reviews == {review.id: review}


def test_a_new_identifier_beyond_the_limit_is_nobodys_for_now() -> None:
    world = World()
    ann = world.hears(ANN, MAIL, OTHER_MAIL)
    route = world.hears(ANN, THIRD_MAIL)
    assert route.demoted == (Demotion(THIRD_MAIL, "limit", "email", None),)
    assert world.hears(THIRD_MAIL).profile != ann.profile


def test_a_persons_own_identifier_is_not_set_aside_with_the_one_too_many() -> None:
    world = World()
    ann = world.hears(ANN, MAIL, OTHER_MAIL, PHONE)
    route = world.hears(ANN, THIRD_MAIL, PHONE)
    assert route.profile == ann.profile
    assert route.demoted == (Demotion(THIRD_MAIL, "limit", "email", None),)


def test_a_doubt_is_asked_again_with_each_repetition_so_that_none_is_lost() -> None:
    world = World()
    world.hears(ANN, MAIL)
    world.hears(BOB)
    doubtful = an_interaction(9, identifiers=[BOB, MAIL])
    assert world.assigns(doubtful).reviews == world.assigns(doubtful).reviews != ()


def test_who_was_separated_is_not_brought_together_again() -> None:
    world = World()
    ann = world.hears(ANN, MAIL)
    assert world.directory.separate(MAIL, hash16("separated"), NOON) is not None
    new = world.owner(MAIL)
    older, route = world.hears(PHONE, MAIL), world.hears(ANN, MAIL)
    assert (older.profile, route.profile) == (new, ann.profile)
    assert route.demoted == (Demotion(MAIL, "apart", "", new),)


def test_nobody_becomes_part_of_a_profile_that_has_absorbed_as_many_as_there_may_be() -> None:
    world = World()
    crowd, other = world.hears(ANN), world.hears(MAIL)
    absorbed = frozenset(ProfileId(hash16("absorbed", number)) for number in range(MOST_ABSORBED - 1))
    heads = world.directory.heads
    heads[crowd.profile] = replace(heads[crowd.profile], absorbed=absorbed)
    assert world.hears(ANN, MAIL).demoted == (Demotion(MAIL, "limit", "profile", other.profile),)


def test_a_repeated_id_takes_the_stored_destination_and_changes_nothing() -> None:
    world = World()
    first = an_interaction(1, identifiers=[TABLET, MAIL])
    (route,) = world.decides(first)
    world.hears(ANN, TABLET)
    assert world.assigns(first, first) == Assigned(((first, route), (first, route)), (), (), (), {}, {}, {}, {}, {}, ())


def test_a_copy_that_names_somebody_else_links_nobody() -> None:
    world = World()
    first = an_interaction(1, identifiers=[ANN])
    copy = first.model_copy(update={"identifiers": (ANN, email("eve@example.org")), "digest": "2:other"})
    (route,) = world.decides(first)
    assert world.decides(copy) == [route]
    assert world.directory.links.keys() == {"customer_id:ann"}


def test_the_same_id_for_something_else_is_a_conflict() -> None:
    world = World()
    first, other = an_interaction(1, digest="1:aa"), an_interaction(1, digest="1:bb")
    (route,) = world.decides(first)
    assert world.assigns(other, first) == Assigned(((first, route),), (other,), (), (), {}, {}, {}, {}, {}, ())


def test_a_conflict_within_a_batch_is_seen_too() -> None:
    first, other = an_interaction(1, digest="1:aa"), an_interaction(1, digest="1:bb")
    assigned = World().assigns(first, other)
    assert [interaction.digest for interaction, _ in assigned.routes] == ["1:aa"]
    assert assigned.conflicts == (other,)


def test_digests_of_different_versions_cannot_contradict() -> None:
    world = World()
    (route,) = world.decides(an_interaction(1, digest="1:aa"))
    assert world.decides(an_interaction(1, digest="2:bb"), an_interaction(1, digest="11:cc")) == [route, route]


def test_heads_that_a_decision_rests_on_are_written_with_the_version_that_was_read() -> None:
    world = World()
    ann, bob = world.hears(ANN), world.hears(BOB, MAIL, TABLET)
    assigned = world.assigns(an_interaction(9, identifiers=[ANN, PHONE, TABLET]))
    assert {profile: head.version for profile, head in assigned.changed_heads.items()} == {
        ann.profile: 1,
        bob.profile: 1,
    }


@settings(CI, max_examples=500)
@given(said())
def test_a_batch_decides_what_one_by_one_would(case: Said) -> None:
    assert violations(partial(assign, rules=NARROW_RULES), case) == []


@pytest.mark.long
@LONG
@given(said())
def test_a_batch_decides_what_one_by_one_would_at_length(case: Said) -> None:
    assert violations(partial(assign, rules=NARROW_RULES), case) == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.text)
def test_a_wrong_assignment_is_found_out(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutant.owner, mutant.name, mutant.replacement)

    def is_found_out(case: Said) -> bool:
        return violations(partial(assignment.assign, rules=NARROW_RULES), case) != []

    find(said(), is_found_out, settings=SEARCH)
