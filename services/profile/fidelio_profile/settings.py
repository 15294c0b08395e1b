"""Read once, in `__main__`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.messaging.settings import BATCH_RECORDS, KafkaSettings

Step = Literal["resolve", "fold", "outcomes", "api"]
STEPS: tuple[Step, ...] = ("resolve", "fold", "outcomes", "api")


class ProfileSettings(BaseSettings):
    """`mongo_uri` names the replica set; the database is the service's own. `api_key` is needed by the api alone."""

    model_config = SettingsConfigDict(env_prefix="FIDELIO_", env_nested_delimiter="__", frozen=True, extra="ignore")

    kafka: KafkaSettings = KafkaSettings()
    mongo_uri: SecretStr = SecretStr("mongodb://127.0.0.1:27017/?replicaSet=rs0")
    profile_database: str = "profile"
    api_key: SecretStr | None = None
    suppression_key: SecretStr | None = None
    former_suppression_keys: Annotated[tuple[SecretStr, ...], Field(max_length=8)] = ()
    erasure_hold_hours: Annotated[float, Field(ge=0, le=24 * 30)] = 0
    access_days: Annotated[int, Field(ge=1, le=36_500)] = 730
    clock: ClockKind = "wall"
    identity_rules_file: Path | None = None
    retention_file: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8102
    ordinal: int | None = None
    batch_records: int = BATCH_RECORDS
