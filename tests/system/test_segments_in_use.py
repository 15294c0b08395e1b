"""Other definitions on a running stack: tried, put into use, adopted by everybody, told over HTTP and taken back."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from fidelio_deploy.stack import Stack
from fidelio_shared.contracts.topics import SEGMENTS
from support.scoring_commands import Done, run_on
from support.shop import Shop, customer, until
from support.topics import read_topic

DEFINITIONS = """
schema: 1
name: ours
version: 1
segments:
  - name: buyers
    kind: value
    labels: {en: Buyers, fr: Clients}
    description: {en: They bought., fr: Ils ont acheté.}
    when: {orders: {at_least: 1}}
"""
PEOPLE = 5


@pytest.mark.long
def test_other_definitions_are_tried_used_adopted_and_taken_back(stack: Stack, tmp_path: Path) -> None:
    """Takes half a minute, most of it the stack's."""
    shop, file = Shop(stack), tmp_path / "ours.yaml"
    file.write_text(DEFINITIONS, encoding="utf-8")
    people = [customer(f"c-{number}") for number in range(PEOPLE)]
    for number, person in enumerate(people):
        shop.orders(f"o-{number}", person)
    profiles = sorted([until(lambda each=each: shop.knows(each, interactions=1)) for each in people])
    api = httpx.Client(base_url=stack.addresses.scoring, headers={"X-API-Key": stack.addresses.api_key})
    until(lambda: _count(api, "new") == PEOPLE)

    def command(*arguments: str) -> Done:
        return asyncio.run(run_on(stack.addresses.mongo, "scoring", *arguments))

    tried = command("segments", "dry-run", str(file))
    assert tried.told[1].split() == ["buyers", "0", "5", "5", "0"]
    assert command("segments", "use", str(file)).code == 0
    assert command("adopted", "--wait").told[-1] == "profiles scored by other rules: 0"
    answer: Any = api.get("/segments/buyers/members").json()
    assert [each["profile"] for each in answer["members"]] == profiles
    assert api.get("/segments/new/count").status_code == 404
    said = [orjson.loads(each.value or b"") for each in asyncio.run(read_topic(stack.addresses.kafka, SEGMENTS.name))]
    told = [each for each in said if each["cause"]["kind"] == "definition"]
    assert sorted(each["profile"] for each in told) == profiles
    assert {(*each["entered"], each["definition"]) for each in told} == {
        ("buyers", api.get("/segments").json()["version"])
    }
    assert command("segments", "use", "--shipped").code == 0
    assert command("adopted", "--wait").code == 0
    assert _count(api, "new") == PEOPLE


def _count(api: httpx.Client, segment: str) -> int:
    answer = api.get(f"/segments/{segment}/count")
    return int(answer.json()["members"]) if answer.status_code == 200 else 0
