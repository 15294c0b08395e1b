"""The committed examples are kept for ever: what was once written can be read, and is written the same again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from fidelio_ingest.domain.normalising import normalise
from fidelio_notify.decoding import decode_news
from fidelio_profile.decoding import decode_interaction, decode_outcome, decode_timeline
from fidelio_scoring.decoding import decode_evidence
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.identity import shipped_identity_rules
from fidelio_shared.contracts.messages import MESSAGES, Message
from fidelio_shared.contracts.operations import DeadLetterHeaders
from fidelio_shared.messaging.records import Incoming
from support.settling import ARecord
from support.submissions import a_raw, door_rules

CONTRACTS = Path(__file__).parents[2] / "deploy" / "contracts"
RULES = shipped_identity_rules()
EXAMPLES = CONTRACTS / "examples"
SENT = {each.file: each for each in MESSAGES if each.is_sent and each.value is not None}
WRITTEN = [path for file in SENT for path in sorted((EXAMPLES / file).glob("*.json"))]
TOLD = sorted((EXAMPLES / "channels").glob("*.json"))
TOLD_ON = {"consent_changed": "web", "survey_answered": "survey", "page_viewed": "web"}
REFUSED = sorted((EXAMPLES / "dead-letters").glob("*.json"))


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def written_in(path: Path) -> bytes:
    """Canonical JSON, and the line break that a text file ends with."""
    return path.read_bytes().removesuffix(b"\n")


def schema_of(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((CONTRACTS / "schemas" / f"{name}.json").read_text()))


def errors(schema: Draft202012Validator, value: object) -> list[str]:
    return [error.message for error in schema.iter_errors(value)]


def read_and_written_again(message: Message, value: bytes) -> bytes:
    adapter: TypeAdapter[Any] = TypeAdapter(message.value)
    return encode(adapter.validate_json(value))


def as_it_was(now: Any, then: Any) -> Any:
    """Without the fields that were added since, as long as they say nothing."""
    if isinstance(now, dict) and isinstance(then, dict):
        return {
            key: as_it_was(each, then.get(key)) for key, each in now.items() if key in then or each not in (None, [], 0)
        }
    if isinstance(now, list) and isinstance(then, list) and len(now) == len(then):
        return [as_it_was(*each) for each in zip(now, then, strict=True)]
    return now


def rewritten(path: Path, value: bytes) -> bytes:
    now = read_and_written_again(SENT[path.parent.name], value)
    return encode(as_it_was(json.loads(now), json.loads(written_in(path))))


@pytest.mark.parametrize("path", WRITTEN, ids=name_of)
def test_an_example_is_read_and_written_again_to_the_same_bytes(path: Path) -> None:
    assert rewritten(path, written_in(path)) == written_in(path)


@pytest.mark.parametrize("file", SENT)
def test_a_field_is_added_with_an_example(file: str) -> None:
    same = [
        each.stem
        for each in sorted((EXAMPLES / file).glob("*.json"))
        if read_and_written_again(SENT[file], written_in(each)) == written_in(each)
    ]
    assert same


@pytest.mark.parametrize("path", WRITTEN, ids=name_of)
def test_an_example_obeys_its_schema_and_an_empty_one_does_not(path: Path) -> None:
    schema = schema_of(path.parent.name)

    assert errors(schema, json.loads(written_in(path))) == []
    assert not schema.is_valid({})


@pytest.mark.parametrize("path", WRITTEN, ids=name_of)
def test_a_field_that_a_later_version_adds_is_passed_over(path: Path) -> None:
    extended = encode({**json.loads(written_in(path)), "a field of the future": 1})

    assert rewritten(path, extended) == written_in(path)


READERS: tuple[tuple[str, str, Callable[[Incoming], object]], ...] = (
    ("interactions", "*", decode_interaction),
    ("timeline", "interaction*", decode_timeline),
    ("timeline", "refold", decode_timeline),
    ("profiles", "*", decode_evidence),
    ("profiles", "*", decode_news),
    ("scores", "*", decode_news),
    ("segments", "*", decode_news),
    ("scores", "*", decode_outcome),
    ("segments", "*", decode_outcome),
    ("notifications", "*", decode_outcome),
)


@pytest.mark.parametrize(("topic", "which", "decode"), READERS)
def test_every_service_reads_the_examples_of_its_topics(
    topic: str, which: str, decode: Callable[[Incoming], object]
) -> None:
    found = [decode(ARecord(written_in(path), topic=topic)) for path in (EXAMPLES / topic).glob(f"{which}.json")]

    assert found != []
    assert None not in found


def test_an_example_that_changed_would_be_noticed() -> None:
    path = EXAMPLES / "profiles" / "fourth_interaction.json"
    for old, new in ((b'"revision":4', b'"revision":4.5'), (b'"orders"', b'"Orders"'), (b".123Z", b".1239Z")):
        changed = written_in(path).replace(old, new)
        assert changed != written_in(path)
        assert not is_read_and_written_the_same(SENT["profiles"], changed)


def is_read_and_written_the_same(message: Message, value: bytes) -> bool:
    try:
        return read_and_written_again(message, value) == value
    except ValidationError:
        return False


def test_there_is_an_example_of_every_topic_and_of_every_kind_of_record_on_it() -> None:
    assert {path.parent.name for path in (*WRITTEN, *TOLD, *REFUSED)} == {each.file for each in MESSAGES}
    for topic, field, kinds in (
        ("timeline", "kind", {"interaction", "retire", "absorb", "split", "erase", "refold"}),
        ("identities", "kind", {"linked", "met", "merged", "demoted", "split", "erased"}),
        ("notifications", "step", {"decided", "deferred", "failed", "sent", "suppressed"}),
    ):
        found = [json.loads(written_in(path)) for path in WRITTEN if path.parent.name == topic]
        assert {each[field] for each in found} == kinds


@pytest.mark.parametrize("path", TOLD, ids=name_of)
def test_what_a_channel_said_once_is_the_same_interaction_for_ever(path: Path) -> None:
    """Id and digest above all: a copy that comes after an upgrade must be recognised."""
    event = json.loads(path.read_bytes())
    headers = {"content-type": "application/cloudevents+json"} if "specversion" in event else {}
    raw = a_raw(path.read_bytes(), channel=TOLD_ON.get(path.stem, "store"), headers=headers)

    assert encode(normalise(raw, door_rules())) == written_in(EXAMPLES / "interactions" / path.name)


@pytest.mark.parametrize("path", TOLD, ids=name_of)
def test_what_a_channel_says_obeys_the_schema_of_submissions(path: Path) -> None:
    event = json.loads(path.read_bytes())
    if "specversion" in event:
        event = {**event["data"], **{name: event[name] for name in ("id", "source", "type")}}

    assert errors(schema_of("channels"), event) == []


@pytest.mark.parametrize("path", REFUSED, ids=name_of)
def test_the_headers_of_a_dead_letter_are_read_and_written_again(path: Path) -> None:
    read = DeadLetterHeaders.model_validate_json(written_in(path))

    assert encode(read.model_dump(mode="json", exclude_none=True)) == written_in(path)
    assert [
        error.message for error in schema_of("dead-letters.headers").iter_errors(json.loads(written_in(path)))
    ] == []
