"""How hard a property is tried. Without an example database, and always with the same examples: no run is lucky."""

from hypothesis import HealthCheck, settings

_QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)

settings.register_profile(
    "ci", max_examples=100, derandomize=True, database=None, deadline=None, suppress_health_check=_QUIET
)
settings.register_profile("few", settings.get_profile("ci"), max_examples=6)
settings.register_profile("long", settings.get_profile("ci"), max_examples=5_000, derandomize=False)

CI = settings.get_profile("ci")
FEW = settings.get_profile("few")
LONG = settings.get_profile("long")
