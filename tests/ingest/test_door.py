"""The HTTP door: who may enter, what is published, and what is answered."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from fidelio_ingest.door import MAX_INTERACTIONS, MAX_REQUEST_BYTES, Door
from fidelio_ingest.handlers import interaction_decoder
from fidelio_ingest.metrics import make_metrics
from fidelio_shared.contracts.identity import shipped_identity_rules
from fidelio_shared.messaging.errors import Rejected, Unavailable
from fidelio_shared.messaging.records import Outgoing
from support.incoming import a_record
from support.submissions import CANARY, CHANNELS, a_submission, as_json

KEY = "a key that is long enough"
decode = interaction_decoder(CHANNELS, "wall", shipped_identity_rules())


@dataclass
class RecordingPublisher:
    published: list[Outgoing] = field(default_factory=list)
    is_down: bool = False

    async def publish_all(self, records: Iterable[Outgoing]) -> None:
        if self.is_down:
            raise Unavailable("kafka")
        self.published += records


class Digest(bytes):
    """A comparison by == would end at the first byte that differs, and so tell a guesser how far he is."""

    def __eq__(self, other: object) -> bool:
        raise AssertionError("compared by ==")

    __hash__ = bytes.__hash__


@dataclass
class Visit:
    publisher: RecordingPublisher = field(default_factory=RecordingPublisher)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    async def post(self, body: bytes, *, key: str | None = KEY) -> httpx.Response:
        application = FastAPI()
        digest = Digest(hashlib.sha256(KEY.encode()).digest())
        door = Door(self.publisher, CHANNELS, digest, make_metrics(self.registry))  # type: ignore[arg-type]
        door.open_on(application)
        headers = {} if key is None else {"X-API-Key": key.encode()}
        transport = httpx.ASGITransport(application, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
            return await client.post("/v1/interactions", content=body, headers=headers)

    def counted(self, outcome: str) -> float | None:
        return self.registry.get_sample_value("ingest_door_requests_total", {"outcome": outcome})


def told(channel: object = "store", **named: object) -> dict[str, object]:
    return a_submission(**named) | {"channel": channel}


async def test_one_interaction_is_published_on_its_channel_as_it_was_sent() -> None:
    visit = Visit()

    answer = await visit.post(as_json(told()))

    assert (answer.status_code, answer.json()) == (202, {"accepted": 1})
    (record,) = visit.publisher.published
    assert (record.topic, record.key) == ("channels.store", b"shop.example/orders")
    assert record.headers == (("content-type", b"application/json"),)
    assert json.loads(record.value or b"") == a_submission()
    assert visit.counted("accepted") == 1


async def test_many_interactions_keep_their_order() -> None:
    visit = Visit()
    items = [told(id=str(number)) for number in range(MAX_INTERACTIONS)]

    answer = await visit.post(as_json(items))

    assert answer.json() == {"accepted": MAX_INTERACTIONS}
    assert [json.loads(each.value or b"")["id"] for each in visit.publisher.published] == [each["id"] for each in items]


@pytest.mark.parametrize("key", [None, "", KEY + "x", KEY[:-1], KEY.upper(), "ключ"])
async def test_without_the_key_nothing_is_published(key: str | None) -> None:
    visit = Visit()

    answer = await visit.post(as_json(told()), key=key)

    assert (answer.status_code, answer.json()) == (401, {"detail": "X-API-Key is missing or wrong"})
    assert visit.publisher.published == []
    assert visit.counted("unauthorized") == 1


async def test_without_the_key_not_even_the_body_is_read() -> None:
    answer = await Visit().post(b"x" * (MAX_REQUEST_BYTES + 1), key="wrong")

    assert answer.status_code == 401


def test_a_comparison_by_equality_would_be_noticed() -> None:
    with pytest.raises(AssertionError, match="compared by =="):
        assert bytes(32) == Digest(bytes(32))


@pytest.mark.parametrize(
    ("body", "status", "outcome"),
    [
        pytest.param(b"", 400, "not_json", id="no body"),
        pytest.param(b"{", 400, "not_json", id="half an object"),
        pytest.param(as_json(told()).decode().encode("utf-16"), 400, "not_json", id="UTF-16"),
        pytest.param(b"\xef\xbb\xbf" + as_json(told()), 400, "not_json", id="a byte order mark"),
        pytest.param(as_json(told())[:-1] + b',"x":"\xff"}', 400, "not_json", id="not UTF-8"),
        pytest.param(as_json(told())[:-1] + b',"x":NaN}', 400, "not_json", id="NaN"),
        pytest.param(as_json(told())[:-1] + b',"x":1e400}', 400, "not_json", id="1e400"),
        pytest.param(as_json(told())[:-1] + b',"x":' + b"9" * 5000 + b"}", 400, "not_json", id="5,000 digits"),
        pytest.param(b"[" * 100_000, 400, "not_json", id="100,000 levels"),
        pytest.param(
            as_json(told())[:-1] + b',"x":' + b"[" * 5000 + b"]" * 5000 + b"}", 400, "not_json", id="5,000 levels"
        ),
        pytest.param(b"[]", 400, "count", id="none"),
        pytest.param(as_json([told()] * 501), 400, "count", id="501"),
        pytest.param(as_json(CANARY), 400, "channel", id="a text"),
        pytest.param(as_json([told(), CANARY]), 400, "channel", id="a text beside an interaction"),
        pytest.param(as_json(a_submission()), 400, "channel", id="no channel"),
        pytest.param(as_json(told(CANARY)), 400, "channel", id="an unknown channel"),
        pytest.param(as_json(told(["store"])), 400, "channel", id="a channel that is a list"),
        pytest.param(as_json(told({"$ne": None})), 400, "channel", id="a channel that is a query"),
        pytest.param(b" " * MAX_REQUEST_BYTES + b"{}", 413, "too_large", id="a large request"),
        pytest.param(as_json(told(text="é" * 131_072)), 413, "too_large", id="a large interaction"),
    ],
)
async def test_what_cannot_be_published_is_refused_whole_and_not_repeated(
    body: bytes, status: int, outcome: str
) -> None:
    visit = Visit()

    answer = await visit.post(body)

    assert answer.status_code == status
    assert CANARY not in answer.text
    assert visit.publisher.published == []
    assert visit.counted(outcome) == 1


async def test_while_kafka_does_not_answer_the_sender_is_told_to_send_again() -> None:
    visit = Visit(RecordingPublisher(is_down=True))

    answer = await visit.post(as_json(told()))

    assert (answer.status_code, answer.json()) == (503, {"detail": "Kafka does not answer; send it again"})
    assert visit.counted("unavailable") == 1
    assert visit.counted("accepted") is None


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        pytest.param(b'"data":{"x":18446744073709551616}', "beyond_limits", id="an integer of 65 bits"),
        pytest.param(b'"data":{"x":"\\ud800"}', "not_json", id="a lone surrogate"),
        pytest.param(b'"data":{"x":' + b"[" * 300 + b"]" * 300 + b"}", "beyond_limits", id="300 levels"),
        pytest.param(b'"data":{"a\\u0000":1}', "beyond_limits", id="NUL in a key"),
    ],
)
async def test_the_door_hides_nothing_from_ingest(extra: bytes, reason: str) -> None:
    visit = Visit()

    answer = await visit.post(as_json(told())[:-1] + b"," + extra + b"}")

    assert answer.status_code == 202
    (record,) = visit.publisher.published
    with pytest.raises(Rejected) as refusal:
        decode(a_record(record.value, headers=record.headers))
    assert refusal.value.reason == reason


async def test_through_the_door_an_interaction_is_the_same_as_on_kafka() -> None:
    visit = Visit()
    said = a_submission(
        amount={"value": 12.30, "currency": "EUR"}, traits={"city": "Łódź", "n": 2**62}, data={"x": -0.0}
    )

    await visit.post(as_json(said | {"channel": "store"}))

    (record,) = visit.publisher.published
    assert decode(a_record(record.value, headers=record.headers)) == decode(a_record(as_json(said)))


async def test_a_very_long_source_makes_no_very_long_key() -> None:
    visit = Visit()

    await visit.post(as_json(told(source="s" * 200_000)))

    assert len(visit.publisher.published[0].key or b"") == 512
