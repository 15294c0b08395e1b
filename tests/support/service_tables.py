"""What the four services can be told and what they measure, asked of the code."""

from collections.abc import Callable
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector
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

_METRICS: dict[str, Callable[[CollectorRegistry], object]] = {
    "ingest": ingest_metrics,
    "profile": profile_metrics,
    "scoring": scoring_metrics,
    "notify": notify_metrics,
}
_SETTINGS: dict[str, type[BaseModel]] = {
    "ingest": IngestSettings,
    "profile": ProfileSettings,
    "scoring": ScoringSettings,
    "notify": NotifySettings,
}
SERVICE_NAMES = tuple(_METRICS)


def settings_of(service: str) -> dict[str, str]:
    """Variables and their defaults."""
    return _variables(_SETTINGS[service], "FIDELIO_")


def metrics_of(service: str) -> dict[str, str]:
    """Names and their labels; a histogram by the name that its series begin with."""
    found = [each for each in _registry(service)._collector_to_names if isinstance(each, MetricWrapperBase)]
    return {
        f"{each._name}_total" if each._type == "counter" else each._name: ", ".join(each._labelnames) or "–"
        for each in found
    }


def series_of(service: str) -> set[str]:
    """The names that a query may use, the process's own among them."""
    registry = _registry(service)
    ProcessCollector(registry=registry)
    plain = {sample.name for family in registry.collect() for sample in family.samples}
    parts = {f"{name}{part}" for name in metrics_of(service) for part in ("_bucket", "_count", "_sum")}
    return plain | metrics_of(service).keys() | parts


def _registry(service: str) -> CollectorRegistry:
    registry = CollectorRegistry()
    make_step_metrics(service, registry)
    _METRICS[service](registry)
    return registry


def _variables(model: type[BaseModel], prefix: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, field in model.model_fields.items():
        variable = f"{prefix}{name.upper()}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= _variables(field.annotation, f"{variable}__")
        else:
            found[variable] = _shown_default(field)
    return found


def _shown_default(field: FieldInfo) -> str:
    default: Any = field.default
    if field.is_required():
        return "required"
    if default is None:
        return "none"
    return default.get_secret_value() if isinstance(default, SecretStr) else str(default)
