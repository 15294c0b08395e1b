"""`fidelio-contracts`: the published documents, written from the code or checked against it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from fidelio_shared.contracts.asyncapi import asyncapi_document
from fidelio_shared.contracts.channels import read_channels
from fidelio_shared.contracts.messages import MESSAGES
from fidelio_shared.contracts.schemas import dead_letter_headers_schema, record_headers_schema, value_schema

main = typer.Typer(no_args_is_help=True, help="JSON Schemas and the AsyncAPI document of Fidelio's topics.")
Directory = Annotated[Path, typer.Option(help="Where the documents are.")]
DEFAULT_DIRECTORY = Path("deploy/contracts")


def documents() -> Mapping[str, str]:
    """Every document's text by its path."""
    schemas = {each.file: value_schema(each) for each in MESSAGES if each.value is not None}
    schemas |= {"record.headers": record_headers_schema(), "dead-letters.headers": dead_letter_headers_schema()}
    texts = {f"schemas/{name}.json": _json(schema) for name, schema in schemas.items()}
    return {"asyncapi.yaml": _yaml(asyncapi_document(read_channels(None))), **texts}


def drift(directory: Path) -> list[str]:
    """What differs between the directory and the code, one line each."""
    wanted = documents()
    found = {path: (directory / path).read_text() for path in _written(directory)}
    return sorted(
        [f"{path} is missing" for path in wanted.keys() - found.keys()]
        + [f"{path} is not generated any more" for path in found.keys() - wanted.keys()]
        + [f"{path} differs" for path in wanted.keys() & found.keys() if wanted[path] != found[path]]
    )


@main.command()
def write(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Write the documents anew; those that are not generated any more go."""
    wanted = documents()
    for path in _written(directory) - wanted.keys():
        (directory / path).unlink()
    for path, text in wanted.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text)


@main.command()
def check(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Fail where the documents are not those that the code generates."""
    if differences := drift(directory):
        typer.echo("\n".join([*differences, "the contracts changed: run fidelio-contracts write"]), err=True)
        raise typer.Exit(1)


def _written(directory: Path) -> set[str]:
    found = [*directory.glob("asyncapi.yaml"), *directory.glob("schemas/*.json")]
    return {path.relative_to(directory).as_posix() for path in found}


def _json(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _yaml(document: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=120)


if __name__ == "__main__":
    main()
