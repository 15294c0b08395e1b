"""The tables of the services' READMEs say what the code says: every setting, every metric, and nothing else."""

import re
from pathlib import Path

import pytest

from support.service_tables import SERVICE_NAMES, metrics_of, settings_of

SERVICES = Path(__file__).parents[2] / "services"
ROW = re.compile(r"^\| `(?P<name>[^`]+)` \| (?P<second>[^|]*) \| ")


def readme(service: str) -> str:
    return (SERVICES / service / "README.md").read_text()


def table(text: str, heading: str) -> dict[str, str]:
    """First and second column of the table below the heading."""
    section = text.split(f"\n## {heading}\n")[1].split("\n## ", maxsplit=1)[0]
    rows = [found for line in section.splitlines() if (found := ROW.match(line))]
    return {row["name"]: row["second"].strip("`") for row in rows}


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_the_metrics_of_a_service_are_those_of_its_readme(service: str) -> None:
    assert table(readme(service), "Metrics") == metrics_of(service)


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_the_settings_of_a_service_and_their_defaults_are_those_of_its_readme(service: str) -> None:
    assert table(readme(service), "Settings") == settings_of(service)


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_every_metric_has_its_service_for_a_first_name(service: str) -> None:
    assert all(name.startswith(f"{service}_") for name in metrics_of(service))


def test_a_row_too_many_or_too_few_would_be_noticed() -> None:
    text = readme("ingest")
    row = next(line for line in text.splitlines() if line.startswith("| `ingest_retries_total`"))

    assert table(text.replace(f"{row}\n", ""), "Metrics") != metrics_of("ingest")
    assert table(text.replace(row, f"{row}\n| `ingest_more_total` | – | more |"), "Metrics") != metrics_of("ingest")
