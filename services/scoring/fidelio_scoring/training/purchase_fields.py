"""One field of a purchase log: a time or an amount, in the notations that exports use. Ambiguous ones are refused."""

import re
from datetime import UTC, datetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_YEAR = 2199
_DAY_MONTH = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b.*", re.DOTALL)
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{2})[/.](\d{2})(?!\d)")
_SECONDS = re.compile(r"\d{9,10}(\.\d+)?")
_MILLISECONDS = re.compile(r"\d{12,13}")
_DAY_LENGTH = len("1997-01-01")
# A column that holds something else, such as an address, must not be repeated in an error.
_HARMLESS = re.compile(r"[\d\s:/.,;+'TZ-]{1,40}")
_NUMBER = re.compile(r"[+-]?[\d., '\u00a0\u202f]*\d[\d., '\u00a0\u202f]*")
LARGEST_AMOUNT = 1e15
_CURRENCIES = " \t\u00a0\u202f€$£¥"


class FieldError(ValueError):
    """A field that cannot be read; the message says what it looks like and how to write it."""


def instant_of(value: object) -> tuple[datetime, bool]:
    """UTC, cut to milliseconds; and whether a time of day came without a zone, and was taken for UTC.

    ISO 8601, with or without a zone; days as 1997-01-01, 1997/01/01 or 19970101, midnight UTC; seconds or
    milliseconds since 1970.
    """
    text = str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    try:
        at = _parsed(text)
        is_naive = at.tzinfo is None
        at = at.replace(tzinfo=UTC) if is_naive else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise FieldError(_no_instant(value, text)) from error
    if not EPOCH.year <= at.year <= LAST_YEAR:
        raise FieldError(f"is {shown(value)}, not between 1970 and {LAST_YEAR}; correct the year")
    return at.replace(microsecond=at.microsecond // 1000 * 1000), is_naive and len(text) > _DAY_LENGTH


def amount_of(value: object) -> float | None:
    """None where nothing is given. The last of point and comma is the decimal sign: 1,234.50 as 1.234,50."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise FieldError(f"is {shown(value)}, expected a number or nothing")
    try:
        amount = float(value)
    except (ValueError, OverflowError):
        amount = _written_amount(str(value))
    if not abs(amount) < LARGEST_AMOUNT:
        raise FieldError(f"is {shown(value)}, expected a number or nothing")
    return amount


def shown(value: object) -> str:
    if value is None or value == "":
        return "empty"
    text = str(value)
    if _HARMLESS.fullmatch(text):
        return repr(text)
    return f"a text of {len(text)} characters" if isinstance(value, str) else f"a {type(value).__name__}"


def _parsed(text: str) -> datetime:
    if _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(float(text), UTC)
    if _MILLISECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    if text.endswith((" UTC", " GMT")):
        text = f"{text[:-4]}+00:00"
    return datetime.fromisoformat(text if text[4:5] == "-" else _YEAR_FIRST.sub(r"\1-\2-\3", text, count=1))


def _no_instant(value: object, text: str) -> str:
    if _DAY_MONTH.fullmatch(text):
        return f"is {shown(value)}: day or month first? write the year first, 1997-02-01"
    return f"is {shown(value)}, expected an instant like 1997-01-31T10:00:00Z or a day like 1997-01-31"


def _written_amount(value: str) -> float:
    """With a currency, a decimal comma or thousands marked."""
    text = value.strip(_CURRENCIES)
    if not _NUMBER.fullmatch(text):
        raise FieldError(f"is {shown(value)}, expected a number or nothing")
    text = re.sub(r"[ '\u00a0\u202f]", "", text)
    grouping, decimal = (",", ".") if text.rfind(".") > text.rfind(",") else (".", ",")
    if grouping not in text and text.count(decimal) > 1:
        grouping = decimal
    if text.count(",") == 1 and "." not in text and text[-4:-3] == ",":
        raise FieldError(f"is {shown(value)}: a decimal comma, or thousands? write 1234 or 1.234")
    try:
        return float(text.replace(grouping, "").replace(decimal, "."))
    except ValueError as error:
        raise FieldError(f"is {shown(value)}, expected a number or nothing") from error
