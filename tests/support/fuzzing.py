"""An operation asked in many ways, each answer held against its description."""

from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
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
    lists = [each.name for each in operation.query if _takes_a_list(each.definition["schema"])]

    @given(case=operation.as_strategy(generation_mode=mode, headers=opened, **known))
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def keeps_to_its_description(case: Case) -> None:
        assume(all(case.query.get(name) is None or isinstance(case.query[name], list) for name in lists))
        statuses.add(case.call_and_validate(headers=opened, excluded_checks=[positive_data_acceptance]).status_code)

    keeps_to_its_description()
    return statuses


def _takes_a_list(schema: Mapping[str, Any]) -> bool:
    """A single value, given for such a parameter, looks in a query exactly as a list of one does."""
    return any(each.get("type") == "array" for each in (schema, *schema.get("anyOf", ())))
