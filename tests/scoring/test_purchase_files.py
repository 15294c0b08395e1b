"""Purchase logs as shops export them: what is read, what is left out and counted, and how a bad line is named."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fidelio_scoring.training.history import HistoryError, Order, digest_of, logs_of
from fidelio_scoring.training.purchase_fields import FieldError, amount_of, instant_of
from fidelio_scoring.training.purchase_files import Columns, Counts, read_history, read_purchases

FIRST = datetime(1997, 1, 1, tzinfo=UTC)
TEN = datetime(1997, 1, 12, 10, tzinfo=UTC)


def test_csv_and_ndjson_give_the_same_history(tmp_path: Path) -> None:
    table, lines = tmp_path / "orders.csv", tmp_path / "orders.ndjson"
    table.write_text('customer,at,amount\nann,1997-01-01,11.77\n"bob, jr",1997-01-12T10:00:00.123456+02:00,\n')
    lines.write_text(
        '{"customer": "ann", "at": "1997-01-01T00:00:00Z", "amount": "11.77"}\n\n'
        '{"customer": "bob, jr", "time": "1997-01-12T08:00:00.123Z"}\n'
    )
    expected = (
        Order("ann", datetime(1997, 1, 1, tzinfo=UTC), 11.77),
        Order("bob, jr", datetime(1997, 1, 12, 8, 0, 0, 123_000, tzinfo=UTC), None),
    )
    assert read_history(table) == read_history(lines) == expected


@pytest.mark.parametrize(
    "text",
    [
        "customer,time,amount\nann,1997-01-01,1234.5\n",
        "\ufeffcustomer;time;amount\r\nann;1997-01-01;1.234,50\r\n",
        "amount\tcustomer\ttime\n€ 1,234.50\tann\t19970101\n",
        '\ncustomer,time,note,amount\n\n"ann","1997/01/01","two\nlines, one note","1234,5"\n,,,\n',
        "customer|time|amount\nann|852076800|1 234.50\n",
        "customer,time,amount\nann,852076800000,1234.50\nann,1997-01-01 00:00:00 UTC,1234.5\n",
    ],
)
def test_the_same_purchase_is_read_in_many_notations(tmp_path: Path, text: str) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(text, encoding="utf-8")
    assert read_history(path) == (Order("ann", FIRST, 1234.5),)


def test_columns_may_have_any_names(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("Customer ID,Order Date,at,Total\nann,1997-01-01,nowhere,3\n")
    assert read_history_with(path, Columns("Customer ID", "Order Date", "Total")) == (Order("ann", FIRST, 3.0),)


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    rows = ["ann,1997-01-01,5", "ann,1997-01-01,5", "ann,1997-01-12 10:00:00,0", "ann,1997-01-12T10:00Z,-5"]
    rows += ["ann,never,5", "ann,1997-01-01", "ann,1997-01-12T10:00:00+00:00,", "bob,1997-01-01,-1"]
    path.write_text("\n".join(["customer,time,amount", *rows]))
    read = read_purchases(path, allowed_bad=10)
    assert read.orders == (Order("ann", FIRST, 5.0), Order("ann", TEN, 0.0), Order("ann", TEN, None))
    assert read.returns == (Order("ann", TEN, -5.0), Order("bob", FIRST, -1.0))
    assert read.counts == Counts(rows=8, returns=2, repeated=1, bad=2, free=1, without_amount=1, without_zone=1)
    expected = "expected an instant like 1997-01-31T10:00:00Z or a day like 1997-01-31"
    assert read.bad_rows == (
        f"orders.csv:6: time is a text of 5 characters, {expected}",
        "orders.csv:7: 2 fields, the header has 3; correct the line",
    )


def test_only_the_first_bad_rows_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("customer,time\nann,1997-01-01\n" + "ann,never\n" * 50)
    read = read_purchases(path, allowed_bad=50)
    assert (read.counts.bad, len(read.bad_rows)) == (50, 10)
    with pytest.raises(HistoryError, match=r"^orders.csv:52: .*--skip-bad-rows"):
        read_purchases(path, allowed_bad=49)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("h.txt", "", "h.txt: expected .csv, .tsv, .ndjson, .jsonl; rename or convert"),
        (
            "h.csv",
            "",
            r"h.csv:1: no column customer \(--customer\) and time \(--time\); the first line must be a header",
        ),
        ("h.csv", "customer,at\n", "h.csv holds no purchases; give"),
        ("h.csv", "customer,at,amount\nann,1997-01-01,-1\n", r"h.csv holds no purchases \(1 returns in 1 rows\)"),
        ("h.csv", "customer,at\nann,1997-01-01\nbob\n", "h.csv:3: 1 fields, the header has 2"),
        (
            "h.csv",
            "who,at\nann,1997-01-01\n",
            r"h.csv:1: no column customer \(--customer\); the header has who, at: name yours",
        ),
        ("h.csv", "ann@x.org,1997-01-01\n", r"h.csv:1: no column .*; the first line must be a header"),
        ("h.csv", "customer,at,at\nann,1997-01-01,1\n", "h.csv:1: the header has a column twice"),
        ("h.csv", "customer,at\n ,1997-01-01\n", "h.csv:2: customer is empty, .*correct line or header"),
        ("h.csv", "customer,at\nann,\n", "h.csv:2: at is empty, expected an instant"),
        ("h.csv", "customer,at\nann,01/02/1997\n", "h.csv:2: at is '01/02/1997': day or month first"),
        ("h.csv", "customer,at\nann,1969-01-01\n", "h.csv:2: at is '1969-01-01', not between 1970 and"),
        ("h.csv", "customer,at\nann,9997-01-01\n", "h.csv:2: at is '9997-01-01', not between 1970 and"),
        ("h.csv", "customer,at\nann,1997-02-30\n", "h.csv:2: at is '1997-02-30', expected an instant"),
        ("h.csv", "customer,at,amount\nann,1997-01-01,ten\n", "h.csv:2: amount is a text of 3 characters, expected"),
        ("h.csv", "customer,at,amount\nann,1997-01-01,nan\n", "h.csv:2: amount is a text of 3 characters, expected"),
        ("h.csv", 'customer,at,amount\nann,1997-01-01,"1,234"\n', "h.csv:2: amount is '1,234': a decimal comma, or"),
        ("h.csv", "customer,at\n" + "a" * 5000, "h.csv:2: more than 4096 characters"),
        ("h.csv", 'customer,at\n"ann,1997-01-01\n' + "b,1997-01-01\n" * 99, "h.csv:2: a row of 100 lines; is a quote"),
        ("h.ndjson", '{"customer": "ann"}\n', "h.ndjson:1: time is empty, expected an instant"),
        ("h.ndjson", "\n{\n", "h.ndjson:2: not JSON"),
        ("h.ndjson", "[1]\n", "h.ndjson:1: not an object"),
        ("h.jsonl", '{"customer": true, "at": "1997-01-01"}\n', "h.jsonl:1: customer is a bool, expected a name"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(HistoryError, match=f"^{message}"):
        read_history(path)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1,234,567", 1_234_567), ("1.234.567", 1_234_567), ("-1.234.567,5", -1_234_567.5), ("12,5 €", 12.5), ("$0", 0)],
)
def test_thousands_and_decimals_are_told_apart(text: str, amount: float) -> None:
    assert amount_of(text) == amount


@pytest.mark.parametrize("text", ["1,234", "1.2,3,4", "ten", "nan", "1e400", "--1", "€"])
def test_an_amount_that_could_be_another_is_refused(text: str) -> None:
    with pytest.raises(FieldError):
        amount_of(text)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_bytes("customer,time\nZoé,1997-01-01\n".encode("latin-1"))
    with pytest.raises(HistoryError, match=r"^h.csv: not UTF-8 after line 0; save the file as UTF-8"):
        read_history(path)


def test_an_error_repeats_nothing_that_could_be_personal() -> None:
    for read in (instant_of, amount_of):
        with pytest.raises(FieldError) as refused:
            read("ann@example.org")
        assert "ann" not in str(refused.value)


def test_the_digest_is_of_the_purchases_and_not_of_their_layout() -> None:
    orders = [Order("ann", FIRST, 5.0), Order("bob", TEN, None), Order("ann", TEN, 1.0)]
    assert digest_of(logs_of(orders)) == digest_of(logs_of(reversed(orders)))
    changed = [*orders[:2], Order("ann", TEN, 1.5)]
    assert digest_of(logs_of(orders)) != digest_of(logs_of(changed))


def read_history_with(path: Path, columns: Columns) -> tuple[Order, ...]:
    return read_purchases(path, columns).orders
