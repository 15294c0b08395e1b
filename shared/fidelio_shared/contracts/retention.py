"""How long interactions stay on a timeline, read from one declared file."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

_COPIES_COME_WITHIN = timedelta(days=30)
Days = Annotated[int, Field(ge=30, le=7305)]


class Retention(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    default_days: Days
    types: Annotated[Mapping[str, Days], Field(max_length=200)] = {}

    def days(self, interaction_type: str) -> int:
        return self.types.get(interaction_type, self.default_days)

    def oldest(self, interaction_type: str, at: datetime) -> datetime:
        """What happened before it is refused at `at`."""
        return at - timedelta(days=self.days(interaction_type))

    def leaving(self, at: datetime) -> Mapping[str, datetime]:
        """By type, before when what happened leaves the timeline; other types by `default`.

        Later than it is refused: until then a copy may be on its way whose original must be found.
        """
        return {each: self.oldest(each, at) - _COPIES_COME_WITHIN for each in self.types}

    def leaving_by_default(self, at: datetime) -> datetime:
        return at - timedelta(days=self.default_days) - _COPIES_COME_WITHIN


class RetentionError(ValueError):
    """The file cannot be used; says where and why."""


def read_retention(path: Path | None) -> Retention:
    """The file at `path`, or the shipped one."""
    return _parse(path.read_text(), str(path)) if path else shipped_retention()


@cache
def shipped_retention() -> Retention:
    name = "retention.yaml"
    return _parse(files("fidelio_shared.contracts").joinpath(name).read_text(), name)


def _parse(text: str, name: str) -> Retention:
    try:
        return Retention.model_validate(yaml.safe_load(text))
    except (ValidationError, yaml.YAMLError) as error:
        raise RetentionError(f"{name}: {error}") from error
