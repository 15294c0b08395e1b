"""The CDNOW log: 23,570 customers of an online music shop whose first order was early in 1997, followed to 1998-06-30.

Fader and Hardie published it; the wheel `lifetimes` carries it. Read as data: the package is never imported.
"""

from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from fidelio_scoring.domain.churn import ChurnModel
from fidelio_scoring.domain.model_file import write_model
from fidelio_scoring.training.fit import self_test_examples, train
from fidelio_scoring.training.history import Order

MASTER = "CDNOW_master.txt"
SAMPLE = "CDNOW_sample.txt"
END_OF_1997 = datetime(1997, 12, 31, 23, 59, 59, tzinfo=UTC)


def locate_cdnow(name: str) -> Path:
    spec = find_spec("lifetimes")
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"{name}: run pip install --no-deps lifetimes==0.11.3")
    return Path(spec.origin).parent / "datasets" / name


def read_cdnow(path: Path) -> tuple[Order, ...]:
    """Days become midnight UTC. The 1/10 sample numbers its customers a second time; the first number is kept."""
    lines = [line.split() for line in path.read_text(encoding="ascii").splitlines()]
    return tuple(
        Order(fields[0], datetime.strptime(fields[-3], "%Y%m%d").replace(tzinfo=UTC), float(fields[-1]))
        for fields in lines
        if fields and fields[0].isdigit()
    )


def train_cdnow(out: Path) -> ChurnModel:
    """The model that ships: all of 1997; the first half of 1998 stays unseen, for the back-test."""
    orders, population = read_cdnow(locate_cdnow(MASTER)), "CDNOW, a music shop: first order in January to March 1997"
    model = train(orders, until=END_OF_1997, version=out.stem, population=population, currency="USD")
    out.write_text(write_model(model, self_test_examples(END_OF_1997)), encoding="utf-8")
    return model
