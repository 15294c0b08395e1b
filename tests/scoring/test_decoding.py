"""What scoring reads of a snapshot, and what is none."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import TypeAdapter

from fidelio_scoring.decoding import decode_evidence
from fidelio_scoring.domain.facts import Facts, Total
from fidelio_shared.messaging.errors import Rejected
from support.settling import ARecord

EXAMPLES = Path(__file__).parents[2] / "deploy" / "contracts" / "examples" / "profiles"
DEALINGS = (EXAMPLES / "dealings.json").read_bytes()


def test_facts_are_what_the_snapshot_says() -> None:
    """As another library reads them."""
    evidence = decode_evidence(ARecord(DEALINGS))
    assert evidence
    assert evidence.facts == TypeAdapter(Facts).validate_python(orjson.loads(DEALINGS)["state"])


def _changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    said = orjson.loads(DEALINGS)
    change(said)
    return orjson.dumps(said)


NO_SNAPSHOTS = {
    "nothing": b"",
    "null": b"null",
    "cut off": DEALINGS[:-100],
    "not UTF-8": DEALINGS.replace(b'"survey"', b'"\xff"').replace(b'"order.placed"', b'"\xff"'),
    "too deep": DEALINGS[:-1] + b',"more":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "no revision": _changed(lambda said: said.pop("revision")),
    "a cause of no kind": _changed(lambda said: said["cause"].update(kind="whim")),
    "an instant that is none": _changed(lambda said: said["state"].update(last_at="lately")),
    "money that is no number": _changed(lambda said: said["state"]["orders"]["totals"][0].update(revenue="much")),
    "money without end": _changed(lambda said: said["state"]["orders"]["totals"][0].update(revenue="Infinity")),
}


@pytest.mark.parametrize("value", NO_SNAPSHOTS.values(), ids=NO_SNAPSHOTS.keys())
def test_what_is_no_snapshot_is_refused_without_repeating_it(value: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        decode_evidence(ARecord(value))
    assert (refused.value.reason, str(refused.value)) == (
        "schema",
        "not a profile by its contract; see its JSON Schema",
    )


def test_a_sum_of_money_is_finite() -> None:
    with pytest.raises(ValueError, match="finite"):
        Total("EUR", 1, Decimal("NaN"))
