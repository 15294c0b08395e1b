"""Read once, in `__main__`."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.messaging.settings import BATCH_RECORDS, KafkaSettings


class ScoringSettings(BaseSettings):
    """`clock_skew_ms`: how far the broker's clock may run ahead of this one.

    `model_file`, `segments_file`: else the shipped ones; whatever `use` put into the database comes before either.
    `shadow_model_file`: a model on trial, whose scores go to `shadow-scores` and into metrics.
    `api_key`: without one there is no HTTP API, only the pages of the process. `access_days`: how long it is known who
    looked at whom. `adoptions_per_second`: how many profiles are scored anew a second, by each process, after model or
    definitions have changed.
    """

    model_config = SettingsConfigDict(
        env_prefix="FIDELIO_", env_nested_delimiter="__", frozen=True, extra="ignore", protected_namespaces=()
    )

    kafka: KafkaSettings = KafkaSettings()
    mongo_uri: SecretStr = SecretStr("mongodb://127.0.0.1:27017/?replicaSet=rs0")
    scoring_database: str = "scoring"
    api_key: SecretStr | None = None
    access_days: int = Field(default=730, ge=1, le=36_500)
    clock: ClockKind = "wall"
    clock_skew_ms: int = 100
    channels_file: Path | None = None
    model_file: Path | None = None
    segments_file: Path | None = None
    shadow_model_file: Path | None = None
    adoptions_per_second: int = Field(default=1_000, ge=1)
    host: str = "127.0.0.1"
    port: int = 8103
    ordinal: int | None = None
    batch_records: int = BATCH_RECORDS
