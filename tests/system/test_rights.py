"""A person corrects what is known, objects to profiling, unsubscribes, and takes everything with them."""

from html.parser import HTMLParser
from typing import Any

import pytest
from pydantic import SecretStr

from fidelio_deploy.services import LOCAL_SUPPRESSION_KEY
from fidelio_deploy.stack import Stack
from fidelio_notify.domain.unsubscribing import Unsubscription, make_token
from fidelio_notify.keys import read_keys
from fidelio_notify.settings import NotifySettings
from fidelio_shared.contracts.ids import ProfileId, hash16
from support.shop import Shop, customer, until


@pytest.fixture(scope="module")
def shop(stack: Stack) -> Shop:
    return Shop(stack)


def lives(shop: Shop, name: str) -> str:
    """Bought once, and is in a segment."""
    shop.orders(f"{name}-1", customer(name), traits={"city": "Lyon"})
    profile = until(lambda: shop.knows(customer(name), interactions=1))
    until(lambda: shop.outcomes(profile)["segments"])
    return profile


def city(shop: Shop, name: str) -> object:
    found = shop.finds(customer(name))
    assert found is not None
    return next(each["value"] for each in found["state"]["traits"] if each["name"] == "city")


def memberships(shop: Shop, profile: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shop.outcomes(profile)["segments"]["memberships"]
    return found


def test_a_correction_survives_the_next_synchronisation_and_yields_to_another_correction(shop: Shop) -> None:
    profile = lives(shop, "ann")
    shop.asks(profile, "corrections", traits={"city": "Paris"}, evidence="letter of 1 March")
    shop.says("ann-crm", "profile.updated", customer("ann"), traits={"city": "Lyon"})
    until(lambda: shop.knows(customer("ann"), interactions=3))
    assert city(shop, "ann") == "Paris"
    shop.asks(profile, "corrections", traits={"city": "Nice"})
    assert city(shop, "ann") == "Nice"


def test_whoever_objects_to_profiling_leaves_every_segment_until_they_take_it_back(shop: Shop) -> None:
    profile = lives(shop, "ben")
    shop.asks(profile, "objections", right="profiling")
    until(lambda: not memberships(shop, profile))
    shop.orders("ben-2", customer("ben"))
    until(lambda: shop.knows(customer("ben"), interactions=3))
    shop.asks(profile, "objections", right="profiling", objects=False)
    until(lambda: memberships(shop, profile))
    assert shop.outcomes(profile)["scores"]["cause"]["type"] == "consent.changed"


def test_whoever_unsubscribes_by_one_click_has_denied_and_is_on_the_list(shop: Shop, stack: Stack) -> None:
    address = {"kind": "email", "value": "uma@example.org"}
    consent = {"purpose": "marketing", "channel": "email", "status": "granted", "evidence": "form 7"}
    shop.says("uma-1", "consent.changed", customer("uma"), address, consent=consent)
    profile = until(lambda: shop.knows(customer("uma"), interactions=1))
    page = f"{stack.addresses.notify}/unsubscribe/{token_for(profile)}"
    until(lambda: "Unsubscribe" in shop.http.get(page, headers={"Accept-Language": "en"}).text)
    assert consents(shop, "uma") == ["granted"]

    def is_listed() -> bool:
        shop.http.post(page, data={"List-Unsubscribe": "One-Click"}).raise_for_status()
        told = shop.http.post(f"{stack.addresses.notify}/unwanted/checks", json={"address": address["value"]}).json()
        return bool(told["is_listed"])

    until(is_listed)  # notify may not have heard of her before
    until(lambda: consents(shop, "uma") == ["denied"])


def token_for(profile: str) -> str:
    """As it stands in a message to them."""
    links = read_keys(NotifySettings(suppression_key=SecretStr(LOCAL_SUPPRESSION_KEY))).links
    return make_token(links[0], Unsubscription(hash16("test", "uma"), ProfileId(profile), "marketing", "email"))


def consents(shop: Shop, name: str) -> list[str]:
    found = shop.finds(customer(name))
    assert found is not None
    return [each["status"] for each in found["state"]["consents"]]


def test_a_person_takes_everything_with_them_that_is_known(shop: Shop) -> None:
    profile = lives(shop, "eve")
    shop.http.get(f"{shop.profile}/profiles/{profile}", headers={"X-Purpose": "a call"})
    export = shop.http.get(f"{shop.profile}/profiles/{profile}/export").json()
    assert export.keys() == {"identity", "profile", "interactions", "outcomes", "requests", "accesses"}
    assert [each["source_id"] for each in export["interactions"]] == ["eve-1"]
    assert export["identity"][0]["identifiers"][0]["identifier"] == customer("eve")
    assert export["profile"][0]["state"]["traits"][0]["source"] == "shop.example"
    assert export["outcomes"][0]["segments"]["memberships"] == memberships(shop, profile)
    seen = {(each["who"], each["what"], each["purpose"]) for each in export["accesses"]}
    assert {("bootstrap", "/profiles/{profile}", "a call"), ("bootstrap", "/profiles/{profile}/export", None)} <= seen


def test_the_page_to_read_shows_what_was_said_and_runs_nothing_of_it(shop: Shop) -> None:
    shop.orders("mal-1", customer("mal"), traits={"city": "<script>alert(1)</script>"})
    profile = until(lambda: shop.knows(customer("mal"), interactions=1))
    answer = shop.http.get(f"{shop.profile}/profiles/{profile}/export", params={"format": "html"})
    page = Page()
    page.feed(answer.text)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script>alert(1)</script>" in page.text
    assert "script" not in page.tags


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data
