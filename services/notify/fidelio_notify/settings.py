"""Read once, in `__main__`."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.messaging.settings import BATCH_RECORDS, KafkaSettings


class NotifySettings(BaseSettings):
    """On the stream clock only a mail server on loopback is accepted: a replay must never reach a customer."""

    model_config = SettingsConfigDict(env_prefix="FIDELIO_", env_nested_delimiter="__", frozen=True, extra="ignore")

    kafka: KafkaSettings = KafkaSettings()
    mongo_uri: SecretStr = SecretStr("mongodb://127.0.0.1:27017/?replicaSet=rs0")
    notify_database: str = "notify"
    clock: ClockKind = "wall"
    clock_skew_ms: int = 100
    channels_file: Path | None = None
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 1025
    smtp_sender: str = "care@fidelio.example"
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls: bool = False
    host: str = "127.0.0.1"
    port: int = 8104
    ordinal: int | None = None
    batch_records: int = BATCH_RECORDS
