"""Read once, in `__main__`."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.messaging.settings import BATCH_RECORDS, KafkaSettings


class ScoringSettings(BaseSettings):
    """`clock_skew_ms`: how far the broker's clock may run ahead of this one. `model_file`: else the shipped one."""

    model_config = SettingsConfigDict(
        env_prefix="FIDELIO_", env_nested_delimiter="__", frozen=True, extra="ignore", protected_namespaces=()
    )

    kafka: KafkaSettings = KafkaSettings()
    mongo_uri: SecretStr = SecretStr("mongodb://127.0.0.1:27017/?replicaSet=rs0")
    scoring_database: str = "scoring"
    clock: ClockKind = "wall"
    clock_skew_ms: int = 100
    channels_file: Path | None = None
    model_file: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8103
    ordinal: int | None = None
    batch_records: int = BATCH_RECORDS
