"""Read once, in `__main__`."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.messaging.settings import KafkaSettings


class IngestSettings(BaseSettings):
    """`api_key` has no default: a door without a key stays shut. `ordinal`: this process's number, from 0."""

    model_config = SettingsConfigDict(env_prefix="FIDELIO_", env_nested_delimiter="__", frozen=True, extra="ignore")

    kafka: KafkaSettings = KafkaSettings()
    api_key: SecretStr
    clock: ClockKind = "wall"
    channels_file: Path | None = None
    identity_rules_file: Path | None = None
    retention_file: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8101
    ordinal: int | None = None
