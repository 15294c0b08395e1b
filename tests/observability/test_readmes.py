"""The tables of the services' READMEs say what the code says: every setting, every metric, and nothing else."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from fidelio_ingest.metrics import make_metrics as ingest_metrics
from fidelio_ingest.settings import IngestSettings
from fidelio_notify.metrics import make_metrics as notify_metrics
from fidelio_notify.settings import NotifySettings
from fidelio_profile.metrics import make_metrics as profile_metrics
from fidelio_profile.settings import ProfileSettings
from fidelio_scoring.metrics import make_metrics as scoring_metrics
from fidelio_scoring.settings import ScoringSettings
from fidelio_shared.observability.metrics import make_step_metrics

SERVICES = Path(__file__).parents[2] / "services"
METRICS: dict[str, Callable[[CollectorRegistry], object]] = {
    "ingest": ingest_metrics,
    "profile": profile_metrics,
    "scoring": scoring_metrics,
    "notify": notify_metrics,
}
SETTINGS: dict[str, type[BaseModel]] = {
    "ingest": IngestSettings,
    "profile": ProfileSettings,
    "scoring": ScoringSettings,
    "notify": NotifySettings,
}
ROW = re.compile(r"^\| `(?P<name>[^`]+)` \| (?P<second>[^|]*) \| ")


def table(text: str, heading: str) -> dict[str, str]:
    """First and second column of the table below the heading."""
    section = text.split(f"\n## {heading}\n")[1].split("\n## ", maxsplit=1)[0]
    rows = [found for line in section.splitlines() if (found := ROW.match(line))]
    return {row["name"]: row["second"].strip("`") for row in rows}


def settings_of(model: type[BaseModel], prefix: str = "FIDELIO_") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, field in model.model_fields.items():
        variable = f"{prefix}{name.upper()}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= settings_of(field.annotation, f"{variable}__")
        else:
            found[variable] = shown_default(field)
    return found


def shown_default(field: FieldInfo) -> str:
    default: Any = field.default
    if field.is_required():
        return "required"
    if default is None:
        return "none"
    return default.get_secret_value() if isinstance(default, SecretStr) else str(default)


def metrics_of(service: str) -> dict[str, str]:
    registry = CollectorRegistry()
    make_step_metrics(service, registry)
    METRICS[service](registry)
    found = [each for each in registry._collector_to_names if isinstance(each, MetricWrapperBase)]
    return {
        f"{each._name}_total" if each._type == "counter" else each._name: ", ".join(each._labelnames) or "–"
        for each in found
    }


@pytest.mark.parametrize("service", METRICS)
def test_the_metrics_of_a_service_are_those_of_its_readme(service: str) -> None:
    text = (SERVICES / service / "README.md").read_text()

    assert table(text, "Metrics") == metrics_of(service)


@pytest.mark.parametrize("service", SETTINGS)
def test_the_settings_of_a_service_and_their_defaults_are_those_of_its_readme(service: str) -> None:
    text = (SERVICES / service / "README.md").read_text()

    assert table(text, "Settings") == settings_of(SETTINGS[service])


@pytest.mark.parametrize("service", METRICS)
def test_every_metric_has_its_service_for_a_first_name(service: str) -> None:
    assert all(name.startswith(f"{service}_") for name in metrics_of(service))


def test_a_table_with_a_row_too_many_or_too_few_would_be_noticed() -> None:
    text = (SERVICES / "ingest" / "README.md").read_text()
    row = next(line for line in text.splitlines() if line.startswith("| `ingest_retries_total`"))

    assert table(text.replace(f"{row}\n", ""), "Metrics") != metrics_of("ingest")
    assert table(text.replace(row, f"{row}\n| `ingest_more_total` | – | more |"), "Metrics") != metrics_of("ingest")
