"""Read once, in `__main__`."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from fidelio_notify.domain.addresses import Reach
from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.messaging.settings import BATCH_RECORDS, KafkaSettings


class MessengerSettings(BaseModel):
    """A provider that is spoken to over HTTP. `kind`: `generic`, or `twilio`, for which `account` and `sender` are.
    `callback_secrets`: with which a generic one signs what it says at /callbacks/<channel>."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["generic", "twilio"] = "generic"
    url: str
    token: SecretStr
    account: str | None = None
    sender: str | None = None
    callback_secrets: Annotated[tuple[SecretStr, ...], Field(max_length=4)] = ()


class NotifySettings(BaseSettings):
    """On the stream clock only providers on loopback are accepted: a replay must never reach a customer.

    `suppression_key`: the secret under which addresses that are not to be written to are known again, unsubscribe
    links are signed, and people are held out by chance; `former_suppression_keys`: those before, newest first.
    `public_url`: where customers reach the unsubscribe page. `survey_url`: of the survey tool; the decision's id is
    added, so that an answer tells what it answers. `lease_seconds`: an attempt that has no end by then has none.
    """

    model_config = SettingsConfigDict(env_prefix="FIDELIO_", env_nested_delimiter="__", frozen=True, extra="ignore")

    kafka: KafkaSettings = KafkaSettings()
    mongo_uri: SecretStr = SecretStr("mongodb://127.0.0.1:27017/?replicaSet=rs0")
    notify_database: str = "notify"
    clock: ClockKind = "wall"
    clock_skew_ms: int = 100
    channels_file: Path | None = None
    playbooks_file: Path | None = None
    playbooks_need_approval: bool = False
    templates: Path | None = None
    suppression_key: SecretStr | None = None
    former_suppression_keys: Annotated[tuple[SecretStr, ...], Field(max_length=8)] = ()
    public_url: str | None = None
    survey_url: str | None = None
    company: str | None = None
    agent: str | None = None
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 1025
    smtp_sender: str = "care@fidelio.example"
    smtp_sender_name: str = ""
    smtp_unsubscribe_mailbox: str | None = None
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls: Literal["none", "starttls", "implicit"] = "none"
    sms: MessengerSettings | None = None
    push: MessengerSettings | None = None
    chat: MessengerSettings | None = None
    provider_timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 30.0
    lease_seconds: Annotated[float, Field(gt=0, le=3600)] = 300.0
    webhook_ports: tuple[int, ...] = (443,)
    webhook_local_ports: tuple[int, ...] = ()
    api_key: SecretStr | None = None
    access_days: Annotated[int, Field(ge=1, le=36_500)] = 730
    host: str = "127.0.0.1"
    port: int = 8104
    ordinal: int | None = None
    batch_records: int = BATCH_RECORDS

    @model_validator(mode="after")
    def _check_lease(self) -> Self:
        if self.lease_seconds < 2 * self.provider_timeout_seconds:
            raise ValueError("FIDELIO_LEASE_SECONDS is shorter than two of FIDELIO_PROVIDER_TIMEOUT_SECONDS; raise it")
        return self

    @property
    def webhook_reach(self) -> Reach:
        return Reach(frozenset(self.webhook_ports), frozenset(self.webhook_local_ports))

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.lease_seconds)
