"""Which channels there are and what each may say, read from one declared file."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from fidelio_shared.contracts.ingest import PRIVILEGED_TYPES


class Channel(BaseModel):
    """`links`: the identifier kinds that find somebody here, of those in the identity rules; None: all of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    types: tuple[str, ...]
    sources: tuple[str, ...] = ("*",)
    links: tuple[str, ...] | None = None
    privileged: tuple[str, ...] = ()
    is_import: bool = Field(default=False, alias="import")

    def permits(self, interaction_type: str) -> bool:
        if interaction_type in PRIVILEGED_TYPES:
            return interaction_type in self.privileged
        return any(fnmatchcase(interaction_type, pattern) for pattern in self.types)

    def knows(self, source: str) -> bool:
        return any(fnmatchcase(source, pattern) for pattern in self.sources)


_CHANNELS = TypeAdapter(dict[str, Channel])


class ChannelsError(ValueError):
    """The channels file cannot be used; says where and why."""


def read_channels(path: Path | None) -> Mapping[str, Channel]:
    """The file at `path`, or the shipped one."""
    text = path.read_text() if path else files("fidelio_shared.contracts").joinpath("channels.yaml").read_text()
    try:
        return _CHANNELS.validate_python(yaml.safe_load(text))
    except (ValidationError, yaml.YAMLError) as error:
        raise ChannelsError(f"{path or 'channels.yaml'}: {error}") from error
