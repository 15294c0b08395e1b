"""The CDNOW log: what 23,570 customers of an online music shop bought from January 1997 to June 1998.

Fader and Hardie published it; the wheel `lifetimes` carries it. Read as data: the package is never imported.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from fidelio_deploy.errors import StackError

SOURCE = "cdnow/master"
FILE = "CDNOW_master.txt"
FIRST_YEAR_ENDS = datetime(1997, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
FILE_ENDS = datetime(1998, 6, 30, 23, 59, 59, 999_000, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Purchase:
    """`line`: in the file, from 1; the first is the header. 255 purchases equal another one in all but their line."""

    line: int
    customer: str
    at: datetime
    quantity: int
    dollars: str


def locate_cdnow() -> Path:
    spec = find_spec("lifetimes")
    path = Path(spec.origin).parent / "datasets" / FILE if spec and spec.origin else None
    if path is None or not path.exists():
        raise StackError(f"{FILE} is not installed; run pip install --no-deps lifetimes==0.11.3")
    return path


def read_purchases(path: Path) -> tuple[Purchase, ...]:
    """In the order of the file: by customer. A day becomes its midnight in UTC."""
    lines = path.read_text(encoding="ascii").splitlines()
    return tuple(_purchase(number, line) for number, line in enumerate(lines, start=1) if number > 1 and line.strip())


def _purchase(number: int, line: str) -> Purchase:
    customer, day, quantity, dollars = line.split()
    at = datetime(int(day[:4]), int(day[4:6]), int(day[6:]), tzinfo=UTC)
    return Purchase(number, customer, at, int(quantity), dollars)
