"""Reading the fields of a model file: every refusal names the field by its path and says what to do."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

RETRAIN = "train the model again or take the file from its source"
LARGEST = 1e300


class ModelError(ValueError):
    """A model file that must not be used; the message says what is wrong, where, and what to do."""


def parse_object(text: str) -> dict[str, object]:
    """Refuses what JSON alone would let through: NaN, infinities and a key given twice."""
    try:
        content: object = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_repetition)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ModelError(f"the model file is not JSON ({error}); {RETRAIN}") from error
    return section(content, "the model file")


def section(value: object, where: str, keys: Sequence[str] = ()) -> dict[str, object]:
    """An object with exactly `keys`; without `keys`, any object."""
    if not isinstance(value, dict):
        raise ModelError(f"{where} is {_shown(value)}, expected an object; {RETRAIN}")
    missing, unknown = [key for key in keys if key not in value], [key for key in value if key not in keys]
    if missing:
        raise ModelError(f"{where} lacks {missing[0]}; {RETRAIN}")
    if keys and unknown:
        raise ModelError(f"{where} has an unknown key {unknown[0]}; remove it or use the version that wrote it")
    return value


def items(value: object, where: str, *, at_least: int) -> list[object]:
    if not isinstance(value, list) or len(value) < at_least:
        raise ModelError(f"{where} is {_shown(value)}, expected a list of at least {at_least}; {RETRAIN}")
    return value


def text_of(value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise ModelError(f"{where} is {_shown(value)}, expected a text; {RETRAIN}")
    return value


def number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LARGEST:
        raise ModelError(f"{where} is {_shown(value)}, expected a finite number; {RETRAIN}")
    return float(value)


def positive(value: object, where: str) -> float:
    if number(value, where) <= 0:
        raise ModelError(f"{where} is {_shown(value)}, expected a number above 0; {RETRAIN}")
    return number(value, where)


def not_negative(value: object, where: str) -> float:
    if number(value, where) < 0:
        raise ModelError(f"{where} is {_shown(value)}: with it silence would lower the risk; train with weights >= 0")
    return number(value, where)


def not_positive(value: object, where: str) -> float:
    if number(value, where) > 0:
        raise ModelError(f"{where} is {_shown(value)}: with it more use would raise the risk; train with weights <= 0")
    return number(value, where)


def chance(value: object, where: str) -> float:
    if not 0 < number(value, where) < 1:
        raise ModelError(f"{where} is {_shown(value)}, expected a number between 0 and 1; correct the thresholds")
    return number(value, where)


def count(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ModelError(f"{where} is {_shown(value)}, expected a whole number of at least 1; {RETRAIN}")
    return value


def instant(value: object, where: str) -> datetime:
    try:
        parsed = datetime.fromisoformat(text_of(value, where))
    except ValueError as error:
        raise ModelError(
            f"{where} is {_shown(value)}, expected an instant as 1998-01-01T00:00:00Z; {RETRAIN}"
        ) from error
    if parsed.tzinfo is None:
        raise ModelError(f"{where} is {_shown(value)}, without a time zone; add Z for UTC")
    return parsed.astimezone(UTC)


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _no_constant(name: str) -> float:
    raise ModelError(f"the model file contains {name}, expected finite numbers; {RETRAIN}")


def _no_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise ModelError(f"the model file gives {repeated} twice; keep one")
    return content
