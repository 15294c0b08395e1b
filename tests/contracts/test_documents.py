"""The published documents say what the code does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from faststream.specification.asyncapi.v3_0_0.schema.schema import ApplicationSchema
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.contracts.documents import documents, drift, main
from fidelio_shared.contracts.messages import CHANNELS, MESSAGES
from fidelio_shared.contracts.topics import FIXED_TOPICS

COMMITTED = Path(__file__).parents[2] / "deploy" / "contracts"
SCHEMAS = sorted(path.name for path in (COMMITTED / "schemas").glob("*.json"))
ASYNCAPI: dict[str, Any] = yaml.safe_load((COMMITTED / "asyncapi.yaml").read_text())


def test_the_committed_documents_are_those_that_the_code_generates() -> None:
    """Where they are not: `make contracts`, and look at the difference before it is committed."""
    assert drift(COMMITTED) == []


@pytest.fixture
def written(tmp_path: Path) -> Path:
    assert CliRunner().invoke(main, ["write", "--directory", str(tmp_path)]).exit_code == 0
    return tmp_path


def test_what_was_written_passes_the_check(written: Path) -> None:
    assert CliRunner().invoke(main, ["check", "--directory", str(written)]).exit_code == 0
    assert {path.relative_to(written).as_posix() for path in written.rglob("*") if path.is_file()} == set(documents())


def test_the_check_names_every_document_that_drifted(written: Path) -> None:
    schema = written / "schemas" / "scores.json"
    schema.write_text(schema.read_text().replace("number", "string", 1))
    (written / "schemas" / "clock.json").unlink()
    (written / "schemas" / "moods.json").write_text("{}")

    result = CliRunner().invoke(main, ["check", "--directory", str(written)])

    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "schemas/clock.json is missing",
        "schemas/moods.json is not generated any more",
        "schemas/scores.json differs",
        "the contracts changed: run fidelio-contracts write",
    ]


def test_writing_again_removes_what_is_not_generated_any_more(written: Path) -> None:
    (written / "schemas" / "moods.json").write_text("{}")

    CliRunner().invoke(main, ["write", "--directory", str(written)])

    assert drift(written) == []


def test_every_declared_topic_is_described_once() -> None:
    described = [each.topic for each in MESSAGES]

    assert len(described) == len(set(map(id, described)))
    assert {each.name for each in described} == {each.name for each in (*FIXED_TOPICS, CHANNELS)}
    assert {each["address"] for each in ASYNCAPI["channels"].values()} == {each.name for each in described}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(json.loads((COMMITTED / "schemas" / name).read_text()))


def test_the_asyncapi_document_is_one_by_faststreams_reading() -> None:
    read = ApplicationSchema.model_validate(ASYNCAPI)

    assert read.asyncapi == "3.0.0"
    assert set(read.channels) == set(ASYNCAPI["channels"])


def test_what_is_no_asyncapi_document_is_not_read_as_one() -> None:
    with pytest.raises(ValueError, match="action"):
        ApplicationSchema.model_validate(ASYNCAPI | {"operations": {"x": {"action": "shout"}}})


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def is_found(reference: str) -> bool:
    file, _, place = reference.partition("#")
    if file:
        return (COMMITTED / file).is_file()
    found: object = ASYNCAPI
    for part in place.strip("/").split("/"):
        if not isinstance(found, dict) or part not in found:
            return False
        found = found[part]
    return True


def test_every_reference_leads_somewhere() -> None:
    found = list(references(ASYNCAPI))

    assert [each for each in found if not is_found(each)] == []
    assert {each for each in found if each.startswith("./schemas/")} == {f"./schemas/{name}" for name in SCHEMAS}


@pytest.mark.parametrize("reference", ["#/channels/moods", "./schemas/moods.json", "#/channels/scores/messages/Mood"])
def test_a_reference_that_leads_nowhere_is_noticed(reference: str) -> None:
    assert not is_found(reference)


def test_the_channels_are_those_of_the_shipped_file() -> None:
    assert ASYNCAPI["channels"]["channels"]["parameters"]["channel"]["enum"] == sorted(read_channels(None))
