"""Somebody is forgotten everywhere, others are not, and who comes back by their own doing starts fresh."""

from pathlib import Path

import pytest

from fidelio_deploy.stack import Stack
from fidelio_shared.contracts.ids import hash16, interaction_id
from fidelio_shared.contracts.topics import ERASURES
from support.canary import CANARY, PHONE, places_of_canary
from support.shop import SOURCE, Shop, customer, until
from support.topics import read_topic

TABLET = {"kind": "device_id", "value": "family-tablet"}
EMAIL = {"kind": "email", "value": f"{CANARY}@shop.example".lower()}


@pytest.fixture(scope="module")
def shop(stack: Stack) -> Shop:
    return Shop(stack)


@pytest.fixture(scope="module")
def logs(stack: Stack) -> Path:
    return Path(stack.supervisor._logs)


def lives_with_us(shop: Shop) -> str:
    """Somebody who bought, consented, complained, was merged from two profiles, and shares a tablet."""
    person, phone = customer(CANARY), {"kind": "phone", "value": PHONE}
    shop.orders(
        f"o-1 {CANARY}", person, traits={"first_name": CANARY, CANARY: "yes"}, account_id=CANARY, data={"note": CANARY}
    )
    shop.says("v-1", "page.viewed", {**EMAIL, "value": f"{CANARY}@shop.example"}, TABLET, channel="web")
    shop.says("t-1", "ticket.opened", person, channel="support", reference={"kind": "ticket", "id": CANARY})
    consent = {"purpose": "marketing", "channel": "email", "status": "granted", "evidence": CANARY}
    shop.says("c-1", "consent.changed", person, channel="web", consent=consent)
    until(lambda: shop.knows(person, interactions=3) and shop.knows(EMAIL, interactions=1))
    shop.orders("o-2", person, EMAIL, phone)
    return until(lambda: shop.knows(person, interactions=5))


async def test_nothing_is_left_of_somebody_who_was_erased(stack: Stack, shop: Shop, logs: Path) -> None:
    profile = lives_with_us(shop)
    child = customer("child")
    shop.says("v-2", "page.viewed", child, TABLET, channel="web")
    until(lambda: shop.knows(child, interactions=1))
    before = await places_of_canary(stack, logs)
    assert {
        "profile.profiles",
        "profile.timeline",
        "profile.identities",
        "profile.heads",
        "profile.routes",
    } <= before.keys()
    assert {"profiles", "notify.contacts"} <= before.keys()
    assert {"raw", "lower", "phone"} <= set().union(*before.values())

    request = shop.erases(profile)
    until(lambda: shop.is_erased(request))

    assert await places_of_canary(stack, logs) == {}
    assert shop.http.get(f"{shop.profile}/profiles/{profile}").status_code == 410
    assert [
        each.key for each in await read_topic(stack.addresses.kafka, ERASURES.name) if b'"receipt"' in each.value
    ] == [profile.encode()]
    assert_others_and_the_future(shop, child, profile)


def assert_others_and_the_future(shop: Shop, child: dict[str, str], profile: str) -> None:
    """The tablet still works for the family; an export brings nobody back; an order of their own does, afresh."""
    shop.says("v-3", "page.viewed", child, TABLET, channel="web")
    until(lambda: shop.knows(child, interactions=2))
    shop.says("v-4", "page.viewed", TABLET, channel="web")
    assert until(lambda: shop.knows(TABLET, interactions=3)) == shop.knows(child, interactions=3)
    shop.orders(f"o-1 {CANARY}", customer(CANARY), occurred_at="2026-01-01T10:00:00Z")
    shop.says("p-1", "profile.updated", customer(CANARY), traits={"first_name": CANARY})
    shop.says("v-5", "page.viewed", child, channel="web")
    until(lambda: shop.knows(child, interactions=4))
    assert shop.finds(customer(CANARY)) is None
    shop.orders("o-3", customer(CANARY))
    assert until(lambda: shop.knows(customer(CANARY), interactions=1)) != profile


def test_a_permitted_interaction_asks_for_it_and_a_device_does_not(shop: Shop) -> None:
    person, tablet = customer("ben"), {"kind": "device_id", "value": "bens"}
    shop.orders("b-1", person, tablet)
    until(lambda: shop.knows(person, interactions=1))
    shop.says("b-2", "erasure.requested", tablet, channel="support")
    until(lambda: shop.knows(person, interactions=2))
    shop.says("b-3", "erasure.requested", person, channel="support")
    until(lambda: shop.finds(person) is None)
    until(lambda: shop.is_erased(hash16("erase", interaction_id(SOURCE, "b-3"))))
    assert shop.http.get(f"{shop.profile}/erasures/{hash16('erase', interaction_id(SOURCE, 'b-2'))}").status_code == 404
