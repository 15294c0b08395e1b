"""Where customers unsubscribe: looking changes nothing, one click does all, and nobody learns anything of them."""

from collections.abc import AsyncIterator
from html.parser import HTMLParser
from typing import Any

import httpx
import orjson
import pytest

from fidelio_notify.api.failures import MOST, PERIOD_SECONDS, Failures
from fidelio_notify.api.unsubscribe_page import language_of
from fidelio_notify.domain.unsubscribing import Unsubscription, make_token
from fidelio_notify.domain.unwanted import Unwanted
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.contracts.profile import ConsentState
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.storage.mongo import Database
from support.agents import NOON, TASK
from support.desk import ANN, ANNS, TOKEN_KEY, Around, a_decision, a_person, a_token
from support.news import BOB
from support.profile_steps import RecordingPublisher

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
DENIED = ConsentState(purpose="marketing", channel="email", status="denied", at=NOON, id=TASK.id)
UNSUBSCRIBED = {ANNS.value: Unwanted("unsubscribed", NOON, TASK.id)}


@pytest.fixture
async def around(database: Database) -> Around:
    around = Around(database)
    await around.know(a_person())
    return around


@pytest.fixture
async def customer(around: Around) -> AsyncIterator[httpx.AsyncClient]:
    async with around.client(key=None) as client:
        yield client


class Page(HTMLParser):
    """What a reader of the page meets: its language, its words in their order, its form."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags[-1][0] != "style":
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def told(around: Around) -> list[Any]:
    return [orjson.loads(each.value or b"") for each in around.publisher.records]


async def test_looking_at_the_page_changes_nothing(around: Around, customer: httpx.AsyncClient) -> None:
    for _ in range(3):
        assert (await customer.get(f"/unsubscribe/{a_token()}")).status_code == 200
    assert told(around) == []
    assert await around.unwanted.of([ANNS]) == {}


async def test_one_click_denies_the_consent_and_lists_the_address(around: Around, customer: httpx.AsyncClient) -> None:
    answer = await customer.post(f"/unsubscribe/{a_token()}", data=ONE_CLICK, follow_redirects=False)
    assert answer.status_code == 200
    (said,) = told(around)
    assert {name: said[name] for name in ("type", "occurred_at", "identifiers", "consent", "reference")} == {
        "type": "consent.changed",
        "occurred_at": "2026-03-01T12:00:00.000Z",
        "identifiers": [{"kind": "email", "value": "ann@example.org"}],
        "consent": {
            "purpose": "marketing",
            "channel": "email",
            "status": "denied",
            "evidence": f"decision {TASK.id}",
        },
        "reference": {"kind": "decision", "id": TASK.id},
    }
    assert [each.topic for each in around.publisher.records] == ["channels.email"]
    assert await around.unwanted.of([ANNS]) == UNSUBSCRIBED


@pytest.mark.parametrize("content", [b"", b"List-Unsubscribe=One-Click", b"x" * 100_000])
async def test_whatever_is_sent_with_it_a_token_is_enough(
    content: bytes, around: Around, customer: httpx.AsyncClient
) -> None:
    assert (await customer.post(f"/unsubscribe/{a_token()}", content=content)).status_code == 200
    assert await around.unwanted.of([ANNS]) == UNSUBSCRIBED


async def test_said_again_it_changes_nothing_more(around: Around, customer: httpx.AsyncClient) -> None:
    first = await customer.post(f"/unsubscribe/{a_token()}")
    await around.know(a_person(consents=(DENIED,), revision=8))
    again = await customer.post(f"/unsubscribe/{a_token()}")
    assert (again.status_code, again.text) == (200, first.text)
    assert len(told(around)) == 1
    assert await around.unwanted.of([ANNS]) == UNSUBSCRIBED


@pytest.mark.parametrize(
    ("purpose", "channel", "says_it_again"),
    [("marketing", "any", False), ("news", "email", True), ("marketing", "sms", True)],
)
async def test_a_refusal_of_something_else_is_not_this_one(
    purpose: str, channel: str, says_it_again: bool, around: Around, customer: httpx.AsyncClient
) -> None:
    denied = DENIED.model_copy(update={"purpose": purpose, "channel": channel})
    await around.know(a_person(consents=(denied,), revision=8))
    await customer.post(f"/unsubscribe/{a_token()}")
    assert [each["type"] for each in told(around)] == (["consent.changed"] if says_it_again else [])
    assert await around.unwanted.of([ANNS]) == UNSUBSCRIBED


async def test_who_was_erased_is_answered_and_leaves_no_trace(around: Around, customer: httpx.AsyncClient) -> None:
    await around.know(a_person(revision=8).model_copy(update={"erased_at": NOON}))
    answers = [await customer.get(f"/unsubscribe/{a_token()}"), await customer.post(f"/unsubscribe/{a_token()}")]
    assert [each.status_code for each in answers] == [200, 200]
    assert told(around) == []
    assert await around.database.unwanted.find({"key": {"$gt": ""}}).to_list() == []


async def test_the_address_that_the_message_went_to_is_listed_whatever_the_person_is_called_now(
    around: Around, customer: httpx.AsyncClient
) -> None:
    sent = a_decision(1, is_sent=True, to="ann@old.example")
    await around.decide(sent)
    await customer.post(f"/unsubscribe/{a_token(decision=sent.id)}")
    old = Identifier(kind="email", value="ann@old.example")
    assert await around.unwanted.of([ANNS, old]) == {old.value: Unwanted("unsubscribed", NOON, sent.id)}


async def test_who_became_part_of_somebody_unsubscribes_as_that_person(
    around: Around, customer: httpx.AsyncClient
) -> None:
    await around.know(a_person(BOB).model_copy(update={"merged_into": ANN}))
    await customer.post(f"/unsubscribe/{a_token(profile=BOB)}")
    assert [each["identifiers"] for each in told(around)] == [[{"kind": "email", "value": "ann@example.org"}]]


class NoKafka(RecordingPublisher):
    async def publish_all(self, records: object) -> None:
        raise Unavailable("kafka")


async def test_where_the_consent_cannot_be_told_nothing_is_sent_all_the_same(database: Database) -> None:
    around = Around(database, publisher=NoKafka())
    await around.know(a_person())
    async with around.client(key=None) as customer:
        assert (await customer.post(f"/unsubscribe/{a_token()}")).status_code == 503
    assert await around.unwanted.of([ANNS]) == UNSUBSCRIBED


FORGED = [
    a_token(key=b"a key that somebody else made up"),
    a_token()[:-1] + ("A" if a_token()[-1] != "A" else "Q"),
    a_token()[:-8],
    "x",
    "é",
    "%00",
    "A" * 4_000,
]


@pytest.mark.parametrize("token", FORGED)
async def test_a_token_that_was_never_given_does_nothing(
    token: str, around: Around, customer: httpx.AsyncClient
) -> None:
    answers = [await customer.get(f"/unsubscribe/{token}"), await customer.post(f"/unsubscribe/{token}")]
    assert [each.status_code for each in answers] == [404, 404]
    assert told(around) == []


async def test_wrong_tokens_are_bounded_and_right_ones_are_not(around: Around, customer: httpx.AsyncClient) -> None:
    statuses = [(await customer.get("/unsubscribe/x")).status_code for _ in range(MOST + 1)]
    assert statuses == [404] * MOST + [429]
    assert (await customer.post(f"/unsubscribe/{a_token()}")).status_code == 200
    refused = await customer.post("/unsubscribe/x")
    assert 1 <= int(refused.headers["Retry-After"]) <= PERIOD_SECONDS


def test_after_a_while_wrong_requests_are_answered_again() -> None:
    times = [1_000.0] * (MOST + 1) + [1_000.0 + PERIOD_SECONDS]
    failures = Failures(clock=iter(times).__next__)
    for _ in range(MOST):
        failures.count()
    with pytest.raises(Exception, match="429"):
        failures.count()
    failures.count()


@pytest.mark.parametrize(("language", "title"), [("fr", "Se désabonner"), ("en", "Unsubscribe")])
async def test_the_page_asks_in_the_persons_language_with_one_button(
    language: str, title: str, around: Around, customer: httpx.AsyncClient
) -> None:
    await around.know(a_person(language=language, revision=8))
    answer = await customer.get(f"/unsubscribe/{a_token()}")
    page = Page(answer)
    assert page.all("html") == [{"lang": language}]
    assert page.words[:2] == [title, title]
    assert page.all("form") == [{"method": "post"}]
    assert page.all("button") == [{"type": "submit"}]
    assert page.all("input") == [{"type": "hidden", "name": "List-Unsubscribe", "value": "One-Click"}]
    assert "marketing" in answer.text


async def test_the_page_loads_nothing_and_tells_nothing(customer: httpx.AsyncClient) -> None:
    for answer in (await customer.get(f"/unsubscribe/{a_token()}"), await customer.post(f"/unsubscribe/{a_token()}")):
        page = Page(answer)
        assert not any(page.all(tag) for tag in ("script", "link", "img", "iframe", "a"))
        assert "ann@" not in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_what_a_purpose_is_called_is_no_markup(around: Around, customer: httpx.AsyncClient) -> None:
    token = make_token(TOKEN_KEY, Unsubscription(TASK.id, ANN, "<b>{x}</b>", "<i>"))
    for answer in (await customer.get(f"/unsubscribe/{token}"), await customer.post(f"/unsubscribe/{token}")):
        assert answer.status_code == 200
        assert not Page(answer).all("b") + Page(answer).all("i")


@pytest.mark.parametrize(
    ("person", "accepted", "expected"),
    [
        ("fr", "en", "fr"),
        ("fr-CA", "", "fr"),
        ("fr_BE", "en", "fr"),
        ("EN", "fr", "en"),
        ("de", "fr-FR,fr;q=0.9", "fr"),
        (None, "de, fr;q=0.4, en;q=0.5", "en"),
        (None, "en;q=0.1, fr;q=x", "fr"),
        (None, "", "en"),
        (None, ";;q=,,;q=nan", "en"),
    ],
)
def test_the_language_is_the_persons_then_the_browsers(person: str | None, accepted: str, expected: str) -> None:
    assert language_of(person, accepted) == expected
