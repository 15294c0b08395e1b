"""How a process reaches Kafka."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

STATIC_SESSION_TIMEOUT_MS = 45_000
DYNAMIC_SESSION_TIMEOUT_MS = 10_000
BATCH_RECORDS = 1_000
"""More make a record cheaper and let it wait for longer: measured, decision 0008."""


class KafkaSettings(BaseModel):
    """`ordinal` of the process, in its own settings, makes it a static member of its consumer groups.

    `fetch_wait_ms`: how long a fetch waits for more than a few records. At a low rate most of what a record costs is
    its batch; a replayed history, which has no use for waiting, sets it low.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bootstrap_servers: str = "127.0.0.1:9092"
    fetch_wait_ms: Annotated[int, Field(ge=1, le=1_000)] = 100
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    ssl_ca_file: str | None = None
