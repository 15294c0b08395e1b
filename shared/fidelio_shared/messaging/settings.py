"""How a process reaches Kafka."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, SecretStr

STATIC_SESSION_TIMEOUT_MS = 45_000
DYNAMIC_SESSION_TIMEOUT_MS = 10_000


class KafkaSettings(BaseModel):
    """`ordinal` of the process, in its own settings, makes it a static member of its consumer groups."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bootstrap_servers: str = "127.0.0.1:9092"
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    ssl_ca_file: str | None = None
