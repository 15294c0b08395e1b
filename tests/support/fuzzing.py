"""An operation asked in many ways, each answer held against its description."""

from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

EXAMPLES = 25


def ask(
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    known: Mapping[str, Any],
    *,
    key: str,
    examples: int = EXAMPLES,
) -> set[int]:
    """The statuses of many answers, each of which kept to the description.

    Not all that has the right form must be accepted: only cursors that a page gave, one of three ways to search.
    """
    statuses: set[int] = set()
    opened = {"X-API-Key": key}

    @given(case=operation.as_strategy(generation_mode=mode, headers=opened, **known))
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def keeps_to_its_description(case: Case) -> None:
        statuses.add(case.call_and_validate(headers=opened, excluded_checks=[positive_data_acceptance]).status_code)

    keeps_to_its_description()
    return statuses
