"""`fidelio-deadletters` on a real Kafka, with the real ingest judging what is replayed."""

import asyncio
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from typer.testing import CliRunner, Result

from fidelio_deploy.ports import free_port
from fidelio_deploy.services import on_path
from fidelio_shared.contracts.ids import interaction_id
from fidelio_shared.messaging.batch import Refusal
from fidelio_shared.messaging.dead_letters import dead_letters
from fidelio_shared.messaging.deadletters_command import main
from fidelio_shared.messaging.errors import Rejected
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.records import Headers
from fidelio_shared.messaging.settings import KafkaSettings
from support.running_ingest import all_is_ingested, running_ingest
from support.settling import ARecord
from support.submissions import CANARY, SOURCE, a_telling_submission, as_json
from support.topics import Record, read_topic

CHANNELS_OF_TOMORROW = """
chat: {types: ["conversation.*", "gift.sent"]}
"""
LETTERS_FROM = "channels.push"


@dataclass(frozen=True, slots=True)
class Command:
    bootstrap: str

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, list(arguments), env={"FIDELIO_KAFKA__BOOTSTRAP_SERVERS": self.bootstrap})

    def rows(self, *arguments: str) -> list[list[str]]:
        """Of a listing: topic, offset, reason and state."""
        lines = self("list", *arguments).output.splitlines()
        assert lines[0].split() == ["time", "topic", "partition", "offset", "reason", "state", "error"]
        return [[each[1], each[3], each[4], each[5]] for each in (line.split() for line in lines[1:])]


@pytest.fixture
def command(own_kafka: str) -> Command:
    return Command(own_kafka)


async def send(bootstrap: str, topic: str, value: bytes, headers: Headers = ()) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        await producer.send_and_wait(topic, value, key=b"a key", partition=0, headers=list(headers))
    finally:
        await producer.stop()


async def write_letters(bootstrap: str, *refused: tuple[ARecord, str]) -> None:
    refusals = [Refusal(record, Rejected(reason, "a plain reason; do this")) for record, reason in refused]
    publisher = Publisher(KafkaSettings(bootstrap_servers=bootstrap), ordinal=None)
    try:
        await publisher.publish_all(dead_letters(refusals, service="test"))
    finally:
        await publisher.stop()


def on_topic(bootstrap: str, topic: str) -> list[Record]:
    return asyncio.run(read_topic(bootstrap, topic))


def test_what_was_refused_is_replayed_once_the_rules_permit_it(command: Command, tmp_path: Path) -> None:
    said = a_telling_submission(
        id="gift 1", type="gift.sent", occurred_at="2020-03-01T09:30:00Z", sent_at="2020-03-01T10:00:00Z"
    )
    asyncio.run(send(command.bootstrap, "channels.chat", as_json(said), [("x-note", b"\xff"), ("x-null", None)]))
    tomorrow = tmp_path / "channels.yaml"
    tomorrow.write_text(CHANNELS_OF_TOMORROW)
    these = ("--topic", "channels.chat", "--reason", "not_permitted")

    with running_ingest(command.bootstrap, tmp_path):
        asyncio.run(all_is_ingested(command.bootstrap))
        assert command.rows(*these) == [["channels.chat", "0", "not_permitted", "open"]]

        first = command("replay", *these)
        asyncio.run(all_is_ingested(command.bootstrap))
    assert (first.exit_code, first.output) == (0, "replayed 1, skipped 0 replayed before, refused 0\n")
    assert command.rows(*these) == [
        ["channels.chat", "0", "not_permitted", "replayed"],
        ["channels.chat", "1", "not_permitted", "open"],
    ]

    with running_ingest(command.bootstrap, tmp_path, FIDELIO_CHANNELS_FILE=str(tomorrow)):
        second = command("replay", *these)
        asyncio.run(all_is_ingested(command.bootstrap))
    third = command("replay", *these)

    assert (second.exit_code, second.output) == (0, "replayed 1, skipped 1 replayed before, refused 0\n")
    assert (third.exit_code, third.output) == (0, "replayed 0, skipped 2 replayed before, refused 0\n")
    assert_each_replay_is_the_original(on_topic(command.bootstrap, "channels.chat"))
    assert_one_interaction_occurred_half_an_hour_before_it_first_came(command.bootstrap)


def assert_each_replay_is_the_original(sent: list[Record]) -> None:
    original, *replays = sent
    assert len(replays) == 2
    for each in replays:
        assert (each.key, each.value) == (original.key, original.value)
        assert each.headers[: len(original.headers)] == original.headers
        assert each.header("fidelio-first-appended") == str(original.timestamp)
    assert len({each.header("fidelio-replayed-from") for each in replays}) == 2


def assert_one_interaction_occurred_half_an_hour_before_it_first_came(bootstrap: str) -> None:
    wanted = interaction_id(SOURCE, "gift 1")
    values = [json.loads(each.value or b"") for each in on_topic(bootstrap, "interactions")]
    (found,) = (each for each in values if each["id"] == wanted)
    original = on_topic(bootstrap, "channels.chat")[0]

    assert found["occurred_at"] == instant_text(original.timestamp - 30 * 60_000)


def instant_text(milliseconds: int) -> str:
    from fidelio_shared.contracts.canonical import from_milliseconds

    return from_milliseconds(milliseconds)


def test_a_dead_letter_that_was_written_twice_is_listed_and_replayed_once(command: Command) -> None:
    topic = "channels.survey"
    letter = (ARecord(b"again", topic=topic, offset=900), "bug")
    asyncio.run(write_letters(command.bootstrap, letter, letter))
    asyncio.run(write_letters(command.bootstrap, letter))

    assert len(command.rows("--topic", topic)) == 1
    assert command("replay", "--topic", topic).output == "replayed 1, skipped 2 replayed before, refused 0\n"
    assert [each.value for each in on_topic(command.bootstrap, topic)] == [b"again"]


def test_one_position_is_replayed_alone(command: Command) -> None:
    topic = "channels.sms"
    letters = [(ARecord(b"%d" % offset, topic=topic, offset=offset), "schema") for offset in range(3)]
    asyncio.run(write_letters(command.bootstrap, *letters))

    result = command("replay", "--topic", topic, "--partition", "0", "--offset", "1")

    assert (result.exit_code, result.output) == (0, "replayed 1, skipped 0 replayed before, refused 0\n")
    assert [each.value for each in on_topic(command.bootstrap, topic)] == [b"1"]


def test_a_tombstone_is_replayed_as_a_tombstone(command: Command) -> None:
    topic = "channels.social"
    asyncio.run(write_letters(command.bootstrap, (ARecord(None, topic=topic, key=None), "tombstone")))

    command("replay", "--topic", topic)

    assert [(each.key, each.value) for each in on_topic(command.bootstrap, topic)] == [(None, None)]


def test_what_cannot_be_replayed_is_told_and_the_rest_is_replayed(command: Command) -> None:
    topic = "channels.phone"
    asyncio.run(
        write_letters(
            command.bootstrap,
            (ARecord(b"x" * 3_200_000, topic=topic, offset=1), "too_large"),
            (ARecord(b"whole", topic=topic, offset=2), "too_large"),
        )
    )

    result = command("replay", "--topic", topic)

    assert result.exit_code == 1
    assert result.stderr == (
        f"{topic}/0/1: not replayed: it was too large to be kept whole; only its source can send it again\n"
    )
    assert result.stdout == "replayed 1, skipped 0 replayed before, refused 1\n"
    assert [each.value for each in on_topic(command.bootstrap, topic)] == [b"whole"]


def test_the_latest_so_many_are_listed_without_their_contents(command: Command) -> None:
    personal = f'{{"email":"{CANARY}"}}'.encode()
    letters = [(ARecord(personal, topic=LETTERS_FROM, offset=offset), "schema") for offset in range(5)]
    for letter in letters:
        asyncio.run(write_letters(command.bootstrap, letter))

    result = command("list", "--topic", LETTERS_FROM, "--limit", "2")

    assert result.exit_code == 0
    assert CANARY not in result.output
    assert command.rows("--topic", LETTERS_FROM, "--limit", "2") == [
        [LETTERS_FROM, "3", "schema", "open"],
        [LETTERS_FROM, "4", "schema", "open"],
    ]


def test_contents_are_shown_where_asked_and_cannot_steer_the_terminal(command: Command) -> None:
    headers = (("x\x1b[2J", b"\x1b]0;title\x07"), ("n", None))
    hostile = ARecord(b"\x1b[31m\xff\r\nred", topic="channels.app", key="clé\u202e".encode(), headers=headers)
    asyncio.run(write_letters(command.bootstrap, (hostile, "not_json")))

    shown = command("list", "--topic", "channels.app", "--show").output.splitlines()

    assert shown[2:] == [
        "    key: clé\\u202e",
        "    x\\u001b[2J: \\u001b]0;title\\u0007",
        "    n: (none)",
        "    value: \\u001b[31m\\xff\\u000d\\u000ared",
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("replay",), "say which: --reason, or --topic with --partition and --offset"),
        (("replay", "--reason", "ugly"), "--reason is one of bad_header, beyond_limits"),
        (("replay", "--offset", "7"), "--offset needs --partition, and --partition needs --topic"),
        (("list", "--partition", "7"), "--offset needs --partition, and --partition needs --topic"),
        (("list", "--limit", "0"), "--limit"),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused(command: Command, arguments: tuple[str, ...], told: str) -> None:
    result = command(*arguments)

    assert result.exit_code == 2
    assert told in " ".join(result.output.replace("│", " ").split())


def test_a_replay_of_nothing_fails(command: Command) -> None:
    result = command("replay", "--topic", "channels.nowhere")

    assert (result.exit_code, result.output) == (1, "replayed 0, skipped 0 replayed before, refused 0\n")


def test_the_installed_command_explains_itself() -> None:
    said = subprocess.run(on_path("fidelio-deadletters", "--help"), capture_output=True, text=True, check=True).stdout

    assert "list" in said
    assert "replay" in said


@pytest.mark.parametrize("arguments", [("list",), ("replay", "--reason", "bug")])
def test_without_kafka_it_fails_in_one_line(arguments: tuple[str, ...]) -> None:
    result = Command(f"127.0.0.1:{free_port()}")(*arguments)

    assert (result.exit_code, result.stderr) == (1, "kafka does not answer; waiting for it\n")


def test_a_setting_that_is_wrong_is_named() -> None:
    result = CliRunner().invoke(main, ["list"], env={"FIDELIO_KAFKA__SECURITY_PROTOCOL": "TLS"})

    assert result.exit_code == 2
    assert result.output.startswith("FIDELIO_KAFKA__SECURITY_PROTOCOL: Input should be")
