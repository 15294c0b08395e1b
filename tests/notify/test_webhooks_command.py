"""Subscribers are added, listed, given another secret and removed by an operator's command."""

from collections.abc import Iterator

import pytest
import typer
from pymongo import MongoClient
from typer.testing import CliRunner, Result

from fidelio_deploy.mongo import Mongod
from fidelio_deploy.provision import NamedMongo
from fidelio_notify.domain.addresses import Reach
from fidelio_notify.domain.signatures import is_secret
from fidelio_notify.webhooks_command import webhooks_commands
from fidelio_shared.storage.mongo import Database, connect

DATABASE = "webhooks_command"
URL = "https://hooks.example.org/fidelio"


@pytest.fixture
def command(mongod: Mongod | NamedMongo) -> Iterator[typer.Typer]:
    def to_database() -> Database:
        return connect(mongod.uri, DATABASE)

    client: MongoClient[dict[str, object]] = MongoClient(mongod.uri)
    client.drop_database(DATABASE)
    yield webhooks_commands(to_database, Reach)
    client.drop_database(DATABASE)
    client.close()


def run(command: typer.Typer, *words: str) -> Result:
    return CliRunner().invoke(command, words)


def test_a_subscriber_is_added_and_its_secret_shown_this_once(command: typer.Typer) -> None:
    webhook, secret = run(command, "add", URL, "--type", "notification.sent").output.split()

    assert is_secret(secret)
    assert run(command, "list").output.split("  ") == [webhook, URL, "notification.sent", "0 failures\n"]


def test_who_names_no_type_is_told_of_everything(command: typer.Typer) -> None:
    run(command, "add", URL)

    types = run(command, "list").output.split("  ")[2]
    assert types.split(",") == [
        f"notification.{each}" for each in ("decided", "deferred", "failed", "sent", "suppressed")
    ]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("add", "https://10.0.0.1/"), "not on the public internet"),
        (("add", URL, "--type", "order.placed"), "name some of the types"),
        (("remove", "7f"), "no such webhook"),
        (("remove", "all"), "no such webhook"),
        (("change-secret", "7f"), "no such webhook"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line_and_changes_nothing(
    command: typer.Typer, words: tuple[str, ...], why: str
) -> None:
    refused = run(command, *words)

    assert refused.exit_code == 1
    assert why in refused.stderr
    assert run(command, "list").output == ""


def test_a_new_secret_signs_beside_the_one_before_and_ends_the_one_before_that(
    command: typer.Typer, mongod: Mongod | NamedMongo
) -> None:
    webhook, first = run(command, "add", URL).output.split()
    second, third = (run(command, "change-secret", webhook).output.strip() for _ in range(2))

    with MongoClient(mongod.uri) as client:
        (stored,) = client[DATABASE].webhooks.find()
    assert stored["secrets"] == [third, second]
    assert first not in stored["secrets"]


def test_who_is_removed_is_not_listed_any_more(command: typer.Typer) -> None:
    webhook, _ = run(command, "add", URL).output.split()

    assert run(command, "remove", webhook).output == f"removed: {webhook}\n"
    assert run(command, "list").output == ""
