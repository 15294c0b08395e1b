"""The model card: what a model file was made of, so that it can be judged, and made again."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fidelio_scoring.domain.churn import ChurnModel
from fidelio_scoring.training.history import Log, digest_of
from fidelio_scoring.training.purchase_files import PurchaseFile

PACKAGES = ("fidelio-scoring", "numpy", "scipy", "lightgbm", "matplotlib")
MEANT_FOR = "ranking customers by their chance of buying nothing more, to decide whom to contact first"
NOT_MEANT_FOR = "decisions on credit, prices or rights; customers of another shop; a shop whose ways changed since"


def versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def card_path(model_file: Path) -> Path:
    return model_file.with_suffix(".card.json")


def card_of(
    model: ChurnModel, text: str, *, file: PurchaseFile, logs: Mapping[str, Log], seed: int
) -> dict[str, object]:
    """`logs`: what the model was trained on, whose digest is the same for the same purchases in any file."""
    trained_on = model.trained_on
    return {
        "model": model.version,
        "model_sha256": sha256(text.encode()).hexdigest(),
        "meant_for": MEANT_FOR,
        "not_meant_for": NOT_MEANT_FOR,
        "label": trained_on.label,
        "horizon_weeks": model.horizon_weeks,
        "data": {
            "file": file.name,
            "sha256": digest_of(logs),
            "purchases": sum(len(log.instants) for log in logs.values()),
            "customers": len(logs),
            "from": trained_on.first_day.isoformat(),
            "until": trained_on.until.isoformat(),
            **asdict(file.counts),
        },
        "held_out": "two customers in ten, dealt by a hash of name and seed, neither fitted nor calibrated on",
        "evaluation": dict(model.evaluation),
        "seed": seed,
        "versions": versions(),
    }


def write_card(path: Path, card: Mapping[str, object]) -> None:
    path.write_text(json.dumps(card, indent=2, allow_nan=False) + "\n", encoding="utf-8")
