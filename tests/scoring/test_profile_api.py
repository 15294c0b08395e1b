"""Purchases from the running system, as its contract says them."""

import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from fidelio_scoring.training.history import HistoryError, Order
from fidelio_scoring.training.profile_api import ProfileApi, read_profile_api

EXAMPLES = Path(__file__).parents[2] / "deploy" / "contracts" / "examples"
ORDER = json.loads((EXAMPLES / "interactions" / "order_placed.json").read_text(encoding="utf-8"))
ANN, BOB, MERGED, ERASED = ("a" * 32, "b" * 32, "c" * 32, "d" * 32)


def order(profile: str, at: str) -> dict[str, object]:
    return {"profile": profile, "interaction": {**ORDER, "occurred_at": at}}


def service(request: httpx.Request) -> httpx.Response:
    """Merged has become Ann; Erased is gone."""
    if request.headers["X-API-Key"] != "right":
        return httpx.Response(401)
    lines: dict[str, list[object]] = {
        "/timeline.ndjson": [
            order(ANN, "2026-03-01T09:00:00.456Z"),
            order(MERGED, "2026-02-01T09:00:00.000Z"),
            order(ERASED, "2026-01-01T09:00:00.000Z"),
        ],
        "/profiles.ndjson": [{"profile": ANN, "state": {}}, {"profile": BOB, "state": {}}],
    }
    if request.url.path in lines:
        return httpx.Response(200, text="".join(json.dumps(line) + "\n" for line in lines[request.url.path]))
    if request.url.path == f"/profiles/{MERGED}":
        return httpx.Response(200, json={"profile": ANN, "merged_from": MERGED})
    return httpx.Response(410)


def api(key: str) -> ProfileApi:
    transport = httpx.MockTransport(service)
    return ProfileApi(httpx.Client(base_url="http://profile:8102", headers={"X-API-Key": key}, transport=transport))


def test_a_merged_profile_s_orders_count_for_the_one_it_has_become() -> None:
    read = api("right").purchases()
    assert read.orders == (
        Order(ANN, datetime(2026, 3, 1, 9, 0, 0, 456_000, tzinfo=UTC), 12.3),
        Order(ANN, datetime(2026, 2, 1, 9, tzinfo=UTC), 12.3),
        Order(ERASED, datetime(2026, 1, 1, 9, tzinfo=UTC), 12.3),
    )
    assert read.name == "the profile API at profile"


def test_a_wrong_key_says_which_variable_to_set() -> None:
    with pytest.raises(HistoryError, match="profile answers 401; set FIDELIO_API_KEY"):
        api("wrong").purchases()


def test_an_address_where_nobody_answers_is_named() -> None:
    with pytest.raises(HistoryError, match=r"^http://127\.0\.0\.1:1: ConnectError; does the profile service answer"):
        read_profile_api("http://127.0.0.1:1", "right")
