"""Purchases from the running system: the orders on everybody's timeline, as the profile service streams them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import httpx

from fidelio_scoring.training.history import HistoryError, Order
from fidelio_scoring.training.purchase_files import LONGEST_LINE, PurchaseFile, Reading

ORDER_PLACED = "order.placed"
MOST_MERGED = 100_000
LONGEST_PROFILE = 4_000_000
TIMEOUT_SECONDS = 60
PURPOSE = "training a churn model"


@dataclass(frozen=True, slots=True)
class ProfileApi:
    """`client` knows the address, and bears a key with the scope `read`."""

    client: httpx.Client

    def purchases(self) -> PurchaseFile:
        """A customer is a profile; what came under one that was merged counts for the one that it has become."""
        reading = Reading(name=f"the profile API at {self.client.base_url.host}")
        parameters = {"type": ORDER_PLACED}
        for number, record in enumerate(self._lines("/timeline.ndjson", parameters, LONGEST_LINE * 64), 1):
            reading.take(f"timeline line {number}", _purchase(record))
        read = reading.finished()
        survivors = self._survivors({order.customer for order in (*read.orders, *read.returns)})
        orders, returns = ([_renamed(order, survivors) for order in each] for each in (read.orders, read.returns))
        return replace(read, orders=tuple(orders), returns=tuple(returns))

    def _survivors(self, seen: set[str]) -> Mapping[str, str]:
        living = {str(line.get("profile")) for line in self._lines("/profiles.ndjson", {}, LONGEST_PROFILE)}
        merged = sorted(seen - living)
        if len(merged) > MOST_MERGED:
            raise HistoryError(
                f"{len(merged)} merged profiles, {MOST_MERGED} can be followed; train on an export instead"
            )
        return {each: self._survivor(each) for each in merged}

    def _survivor(self, profile: str) -> str:
        """Of somebody who was erased meanwhile, their own id: no more is known of them."""
        answer = self.client.get(f"/profiles/{profile}")
        if answer.status_code in (404, 410):
            return profile
        _check(answer.status_code, self.client)
        return str(answer.json()["profile"])

    def _lines(self, path: str, parameters: Mapping[str, str], longest: int) -> Iterator[dict[str, object]]:
        with self.client.stream("GET", path, params=dict(parameters)) as answer:
            _check(answer.status_code, self.client)
            for line in answer.iter_lines():
                if len(line) > longest:
                    raise HistoryError(f"{path}: a line of more than {longest} characters; is this a profile service?")
                if line:
                    yield _object(line, path)


def client_of(url: str, key: str) -> httpx.Client:
    headers = {"X-API-Key": key, "X-Purpose": PURPOSE}
    return httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_SECONDS)


def read_profile_api(url: str, key: str) -> PurchaseFile:
    try:
        with client_of(url, key) as client:
            return ProfileApi(client).purchases()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise HistoryError(f"{url}: {type(error).__name__}; does the profile service answer there?") from error


def _purchase(record: Mapping[str, object]) -> dict[str, object]:
    interaction = record.get("interaction")
    if not isinstance(interaction, dict):
        return {}
    amount = interaction.get("amount")
    paid = amount.get("value") if isinstance(amount, dict) else None
    return {"customer": record.get("profile"), "time": interaction.get("occurred_at"), "amount": paid}


def _renamed(order: Order, survivors: Mapping[str, str]) -> Order:
    return replace(order, customer=survivors.get(order.customer, order.customer))


def _object(line: str, path: str) -> dict[str, object]:
    try:
        record: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise HistoryError(f"{path}: a line is not JSON; is this a profile service?") from error
    if not isinstance(record, dict):
        raise HistoryError(f"{path}: a line is not an object; is this a profile service?")
    return record


def _check(status: int, client: httpx.Client) -> None:
    if status in (401, 403):
        raise HistoryError(f"{client.base_url.host} answers {status}; set FIDELIO_API_KEY to a key with the scope read")
    if status != httpx.codes.OK:
        raise HistoryError(f"{client.base_url.host} answers {status}; does the profile service run there? Try again")
