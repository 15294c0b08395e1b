"""Which identifiers tell who somebody is, read from one declared file."""

import re
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from fidelio_shared.contracts.ingest import Identifier, Name

Form = Literal["email", "phone", "lower", "exact"]
Count = Annotated[int, Field(ge=1, le=100)]
_LONGEST_PATTERN = 200


class _Rules(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KindRule(_Rules):
    """`most`: how many one profile holds. `people`: of how many known people a weak one may be the thing."""

    strength: Literal["strong", "weak"]
    most: Count
    people: Count = 1
    form: Form = "exact"


class BlockedValues(_Rules):
    """Compared whole and without case; patterns are regular expressions."""

    values: frozenset[str] = frozenset()
    patterns: tuple[Annotated[str, Field(max_length=_LONGEST_PATTERN)], ...] = ()

    @field_validator("values")
    @classmethod
    def _without_case(cls, values: frozenset[str]) -> frozenset[str]:
        return frozenset(each.casefold() for each in values)

    @field_validator("patterns")
    @classmethod
    def _that_compile(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for number, each in enumerate(patterns, start=1):
            try:
                re.compile(each)
            except re.error as error:
                raise ValueError(f"pattern {number} is no regular expression: {error}") from error
        return patterns

    @cached_property
    def _expressions(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(each, re.IGNORECASE) for each in self.patterns)

    def match(self, value: str) -> bool:
        return value.casefold() in self.values or any(each.fullmatch(value) for each in self._expressions)


class IdentityRules(_Rules):
    """`kinds`: strongest first."""

    version: int
    kinds: Annotated[Mapping[Name, KindRule], Field(min_length=1, max_length=32)]
    blocked: BlockedValues = BlockedValues()

    @cached_property
    def rank(self) -> Mapping[str, int]:
        return {kind: place for place, kind in enumerate(self.kinds)}

    def is_strong(self, kind: str) -> bool:
        rule = self.kinds.get(kind)
        return rule is not None and rule.strength == "strong"

    def linking(self, identifiers: Iterable[Identifier]) -> tuple[Identifier, ...]:
        """Those that may find a person, strongest first."""
        rank = self.rank
        found = [each for each in identifiers if each.kind in rank]
        return tuple(sorted(found, key=lambda each: (rank[each.kind], each.value)))


class IdentityRulesError(ValueError):
    """The file cannot be used; says where and why."""


def read_identity_rules(path: Path | None) -> IdentityRules:
    """The file at `path`, or the shipped one."""
    return _parse(path.read_text(), str(path)) if path else shipped_identity_rules()


@cache
def shipped_identity_rules() -> IdentityRules:
    name = "identity_rules.yaml"
    return _parse(files("fidelio_shared.contracts").joinpath(name).read_text(), name)


def _parse(text: str, name: str) -> IdentityRules:
    try:
        return IdentityRules.model_validate(yaml.safe_load(text))
    except (ValidationError, yaml.YAMLError) as error:
        raise IdentityRulesError(f"{name}: {error}") from error
