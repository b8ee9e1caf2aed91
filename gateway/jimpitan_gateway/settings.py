"""What an operator can set, from environment variables that begin with JIMPITAN_GATEWAY_."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Each field is read from JIMPITAN_GATEWAY_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="JIMPITAN_GATEWAY_", extra="ignore")

    name: str = Field("gateway", description="MQTT client id and login of this gateway.")
    broker_host: str = Field("127.0.0.1", description="Host of the MQTT broker.")
    broker_port: int = Field(1883, description="Port of the MQTT broker.")
    broker_password: SecretStr | None = Field(
        None, description="Password at the broker; without it the gateway logs in as nobody."
    )
    broker_ca: Path | None = Field(None, description="CA certificate of a TLS broker.")
    server_url: str = Field("http://127.0.0.1:8000", description="Address of the server.")
    server_token: SecretStr | None = Field(
        None, description="Token from `jimpitan-server gateway add`; required to run."
    )
    publisher_key: str = Field(
        "", description="Publisher's public key, 64 hex digits; without it no update is carried."
    )
    spool: Path = Field(Path("spool.db"), description="SQLite file of the spool.")
    metrics_port: int = Field(0, description="Port of /metrics on loopback; 0 switches it off.")
    batch_messages_max: int = Field(500, ge=1, le=500, description="Messages in one relay batch.")
    commit_messages_max: int = Field(500, ge=1, description="Messages in one spool commit.")
    queue_messages_max: int = Field(10_000, ge=1, description="Messages awaiting a commit.")
