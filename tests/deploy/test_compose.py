"""docker-compose.yml and what it mounts, held against the code: nothing is named there that is not here."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from fidelio_deploy.services import MAIL, SERVICES
from fidelio_shared.contracts.operations import DEAD_LETTER_REASONS
from support.service_tables import SERVICE_NAMES, series_of, settings_of

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()
ALERTS: list[dict[str, Any]] = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"][0]["rules"]
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana/fidelio.json").read_text())
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
SERIES = {"up"}.union(*map(series_of, SERVICE_NAMES))
WORDS = {"sum", "max", "rate", "increase", "deriv", "changes", "histogram_quantile", "and", "by"}
PORT = 8100


def fidelio(name: str) -> dict[str, Any]:
    return dict(COMPOSE["services"][name])


def distribution(name: str) -> str:
    """The service whose image and settings a process uses."""
    return str(fidelio(name)["command"][0].removeprefix("fidelio-"))


def unknown_metrics(query: str) -> set[str]:
    """Whatever a query asks for that no service has; a pattern must hit all four services."""
    patterns = set(re.findall(r'__name__=~"([^"]+)"', query))
    missing = {each for each in patterns if len([name for name in SERIES if re.fullmatch(each, name)]) != 4}
    plain = re.sub(r"\{[^}]*\}|\[[^]]*\]|by \([^)]*\)", " ", query)
    return missing | (set(re.findall(r"[a-zA-Z_]\w+", plain)) - WORDS - SERIES)


@pytest.mark.parametrize("service", SERVICES, ids=lambda each: each.name)
def test_every_service_process_runs_as_without_docker(service: Any) -> None:
    assert fidelio(service.name)["command"] == list(service.command)
    assert fidelio(service.name)["image"] == service.command[0]
    assert fidelio(service.name)["build"]["args"] == {"SERVICE": distribution(service.name)}


def test_nothing_else_runs_but_infrastructure() -> None:
    infrastructure = {"kafka", "mongo", "setup", MAIL, "prometheus", "grafana"}

    assert COMPOSE["services"].keys() == {each.name for each in SERVICES} | infrastructure


@pytest.mark.parametrize("name", [each.name for each in SERVICES])
def test_a_process_is_told_nothing_that_it_does_not_read(name: str) -> None:
    assert fidelio(name)["environment"].keys() <= settings_of(distribution(name)).keys()


@pytest.mark.parametrize("name", ["ingest", "profile"])
def test_the_key_of_the_http_interfaces_comes_from_whoever_starts_it(name: str) -> None:
    assert fidelio(name)["environment"]["FIDELIO_API_KEY"].startswith("${FIDELIO_API_KEY:?")


def test_databases_and_processes_live_by_the_same_clock() -> None:
    clocks = {name: fidelio(name)["environment"]["FIDELIO_CLOCK"] for name in ("setup", *(s.name for s in SERVICES))}

    assert set(clocks.values()) == {"wall"}


def test_everything_is_published_on_this_machine_only() -> None:
    published = [port for each in COMPOSE["services"].values() for port in each.get("ports", ())]

    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_processes_start_when_topics_and_databases_are_there() -> None:
    for service in SERVICES:
        assert fidelio(service.name)["depends_on"] == {"setup": {"condition": "service_completed_successfully"}}
    assert fidelio("setup")["depends_on"] == {
        "kafka": {"condition": "service_healthy"},
        "mongo": {"condition": "service_healthy"},
    }


def test_a_batch_in_hand_is_finished_before_a_container_is_killed() -> None:
    assert {fidelio(each.name)["stop_grace_period"] for each in SERVICES} == {"45s"}


def test_mongod_reaps_transactions_of_killed_processes_within_seconds() -> None:
    assert "transactionLifetimeLimitSeconds=5" in fidelio("mongo")["command"]


def test_kafka_creates_no_topics_by_itself_and_takes_a_dead_letter_of_four_mebibytes() -> None:
    environment = fidelio("kafka")["environment"]

    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert environment["KAFKA_MESSAGE_MAX_BYTES"] == 4 * 1024 * 1024


def test_images_are_named_by_a_version() -> None:
    images = [each["image"] for each in COMPOSE["services"].values() if not each["image"].startswith("fidelio-")]

    assert sorted(images) == sorted(set(images))
    assert all(re.fullmatch(r"[a-z]+(/[a-z]+)?:v?\d[\d.]*", image) for image in images)


def test_the_image_runs_as_somebody_else_than_root_and_says_whether_it_is_alive() -> None:
    stages = DOCKERFILE.split("\nFROM ")
    final = stages[-1]

    assert "ARG SERVICE\n" in final
    assert "USER fidelio\n" in final
    assert re.search(r'HEALTHCHECK (?!.*start-interval).*\\\n  CMD \["python", .*/live', final)
    assert f"FIDELIO_PORT={PORT} " in final


def test_prometheus_reads_every_process() -> None:
    config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())

    (job,) = config["scrape_configs"]
    assert job["static_configs"][0]["targets"] == [f"{each.name}:{PORT}" for each in SERVICES]
    assert [(ROOT / "deploy/prometheus" / name).exists() for name in config["rule_files"]] == [True]


@pytest.mark.parametrize("query", QUERIES)
def test_the_dashboard_asks_for_metrics_that_exist(query: str) -> None:
    assert unknown_metrics(query) == set()


@pytest.mark.parametrize("alert", ALERTS, ids=lambda each: each["alert"])
def test_an_alert_asks_for_metrics_that_exist_and_says_what_to_do(alert: dict[str, Any]) -> None:
    assert unknown_metrics(alert["expr"]) == set()
    assert alert["annotations"].keys() == {"summary", "action"}
    assert alert["labels"]["severity"] in {"warning", "critical"}


def test_an_invented_metric_would_be_noticed() -> None:
    assert unknown_metrics("sum by (step) (rate(scoring_invented_total[1m]))") == {"scoring_invented_total"}
    assert unknown_metrics('max({__name__=~"(ingest|profile)_lag_records"})') == {"(ingest|profile)_lag_records"}


def test_reasons_that_alerts_name_are_reasons_of_dead_letters() -> None:
    named = {reason for alert in ALERTS for reason in re.findall(r'reason="([^"]+)"', alert["expr"])}

    assert named == {"bug"}
    assert named <= set(DEAD_LETTER_REASONS)


def test_the_dashboard_shows_what_operators_ask_for() -> None:
    assert {panel["title"] for panel in DASHBOARD["panels"]} >= {
        "Throughput",
        "Lag",
        "Latency, 99th percentile",
        "Watermark age",
        "Dead letters by reason",
        "Duplicates",
        "Retries",
        "Waiting",
    }


def test_grafana_finds_the_data_source_that_the_dashboard_names() -> None:
    folder = ROOT / "deploy/grafana/provisioning"
    (source,) = yaml.safe_load((folder / "datasources/prometheus.yml").read_text())["datasources"]
    (provider,) = yaml.safe_load((folder / "dashboards/fidelio.yml").read_text())["providers"]
    mounted = [volume.split(":")[1] for volume in fidelio("grafana")["volumes"]]

    assert {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]} == {source["uid"]}
    assert f"{provider['options']['path']}/fidelio.json" in mounted
