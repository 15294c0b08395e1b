"""What a purchase history may look like, and how a line that cannot be read is named."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fidelio_scoring.training.history import HistoryError, Order, read_history


def test_csv_and_ndjson_give_the_same_history(tmp_path: Path) -> None:
    table, lines = tmp_path / "orders.csv", tmp_path / "orders.ndjson"
    table.write_text('customer,at,amount\nann,1997-01-01,11.77\n"bob, jr",1997-01-12T10:00:00.123456+02:00,\n')
    lines.write_text(
        '{"customer": "ann", "at": "1997-01-01T00:00:00Z", "amount": "11.77"}\n\n'
        '{"customer": "bob, jr", "at": "1997-01-12T08:00:00.123Z"}\n'
    )
    expected = (
        Order("ann", datetime(1997, 1, 1, tzinfo=UTC), 11.77),
        Order("bob, jr", datetime(1997, 1, 12, 8, 0, 0, 123_000, tzinfo=UTC), None),
    )
    assert read_history(table) == read_history(lines) == expected


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("h.txt", "", "h.txt: expected .csv, .ndjson, .jsonl; rename or convert"),
        ("h.csv", "customer,at\n", "h.csv holds no orders"),
        ("h.csv", "customer,at\nann,1997-01-01\nbob\n", "h.csv:3: 1 fields, the header has 2"),
        ("h.csv", "who,at\nann,1997-01-01\n", "h.csv:2: customer is None, .*correct line or header"),
        ("h.csv", "customer,at\nann,yesterday\n", "h.csv:2: at is 'yesterday', expected an instant"),
        ("h.csv", "customer,at\nann,1997-01-01T10:00\n", "h.csv:2: at is '1997-01-01T10:00', without a time zone"),
        ("h.csv", "customer,at\nann,1969-01-01\n", "h.csv:2: at is '1969-01-01', before 1970"),
        ("h.csv", "customer,at,amount\nann,1997-01-01,ten\n", "h.csv:2: amount is 'ten', expected a number"),
        ("h.csv", "customer,at,amount\nann,1997-01-01,nan\n", "h.csv:2: amount is 'nan', expected a number"),
        ("h.csv", "customer,at\n" + "a" * 5000, "h.csv:2: more than 4096 characters"),
        ("h.ndjson", '{"customer": "ann"}\n', "h.ndjson:1: at is None, expected an instant"),
        ("h.ndjson", "\n{\n", "h.ndjson:2: not JSON"),
        ("h.ndjson", "[1]\n", "h.ndjson:1: not an object"),
        ("h.jsonl", '{"customer": true, "at": "1997-01-01"}\n', "h.jsonl:1: customer is True, expected a name"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(HistoryError, match=f"^{message}"):
        read_history(path)
