"""The settings of the server, read from the environment once at start."""

import base64
import binascii
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from jimpitan_server.domain.errors import Misconfigured
from jimpitan_server.domain.rupiah import ENTRY_IDR_MAX
from jimpitan_server.services.totals import GiftRange

MASTER_KEY_LENGTH = 32
# A random key of 32 bytes has fewer distinct bytes than this less than once in 10^15 draws.
DISTINCT_BYTES_MIN = 16

Seconds = Annotated[int, Field(ge=1, le=86_400)]


class Settings(BaseSettings):
    """Every setting is an environment variable with the prefix JIMPITAN_."""

    model_config = SettingsConfigDict(
        env_prefix="JIMPITAN_", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    database_url: str = Field(
        "sqlite+aiosqlite:///./jimpitan.db",
        description="Where the database is: sqlite+aiosqlite:///FILE or postgresql+asyncpg://…",
    )
    master_key: SecretStr = Field(
        description="Base64 of 32 random bytes that protect every key kept in the database;"
        " required, never in a file beside the database"
    )
    host: str = Field("127.0.0.1", description="Address to listen on")
    port: Annotated[int, Field(ge=0, le=65_535)] = Field(8000, description="Port to listen on")
    https: bool = Field(
        False, description="True when people reach the server by https: cookies become Secure"
    )
    proxies_trusted: str = Field(
        "127.0.0.1",
        description="Addresses of reverse proxies whose X-Forwarded headers are believed",
    )
    programme_name: str = Field(
        "Jimpitan", min_length=1, max_length=80, description="Name shown on every page"
    )
    timezone: str = Field(
        "Asia/Jakarta",
        description="Zone in which times are shown: Asia/Jakarta, Asia/Makassar, Asia/Jayapura",
    )
    gift_typical_idr: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        1000, description="What one deposit is taken for in the estimate by sensors"
    )
    gift_low_idr: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        500, description="Lower bound of one deposit in the estimate by sensors"
    )
    gift_high_idr: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        2000, description="Upper bound of one deposit in the estimate by sensors"
    )
    stale_after_s: Seconds = Field(
        900, description="A box not heard of for this long is not counted as reporting"
    )
    gap_patience_s: Annotated[int, Field(ge=60, le=30 * 86_400)] = Field(
        86_400, description="How long missing records are waited for before the head passes them"
    )
    maintenance_every_s: Seconds = Field(
        60, description="How often old gaps, sessions and commands are looked through"
    )
    quarantine_kept_max: Annotated[int, Field(ge=1, le=10_000)] = Field(
        50, description="Refused messages kept per box and day; more are only counted"
    )
    session_hours: Annotated[int, Field(ge=1, le=24 * 31)] = Field(
        12, description="How long a login lasts, in hours"
    )
    phone_days: Annotated[int, Field(ge=1, le=366)] = Field(
        180, description="How long a collector's enrolled phone stays logged in, in days"
    )
    viewers_max: Annotated[int, Field(ge=1, le=100_000)] = Field(
        2000, description="Live viewers of the public board one process serves at a time"
    )
    scan_overdue_days: Annotated[int, Field(ge=1, le=365)] = Field(
        14, description="After how many days without a scan the sticker of a box is overdue"
    )

    witness_demanded: bool = Field(
        True,
        description="Whether a second person must confirm each count with a PIN; a count without"
        " one is kept all the same, and is a discrepancy",
    )
    public_url: Annotated[str, Field(pattern=r"^https?://[^\s/]+(/[^\s]*)?$")] | None = Field(
        None,
        description="Where people reach this server, for links on paper; without it the address"
        " by which it was asked",
    )
    approval_above_idr: Annotated[int, Field(ge=0, le=ENTRY_IDR_MAX)] = Field(
        100_000,
        description="Above this sum at stake a second person must approve how a discrepancy ended",
    )
    bank_closed_days: tuple[date, ...] = Field(
        (),
        max_length=400,
        description="Days on which banks are closed beside weekends and the known holidays, as a"
        ' JSON list: ["2027-03-12"]',
    )
    seals_folder: Path | None = Field(
        None,
        description="Folder outside the database in which the seal of each day is published;"
        " without one seals can only be fetched from /seals.json",
    )
    backup_folder: Path | None = Field(
        None,
        description="Folder, on another disk, in which the running server makes backups; without"
        " one it makes none",
    )
    backup_every_hours: Annotated[int, Field(ge=1, le=24 * 31)] = Field(
        24, description="How many hours after a backup the next one is made"
    )
    backups_kept: Annotated[int, Field(ge=1, le=1000)] = Field(
        14, description="How many backups are kept; older ones are removed"
    )
    publisher_key: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")] | None = Field(
        None,
        description="Hex of the Ed25519 public key of who publishes firmware; without one no"
        " release is taken in",
    )
    metrics_token: SecretStr | None = Field(
        None, description="Bearer token for /metrics; without one only this machine may read it"
    )

    alert_smtp_host: str | None = Field(
        None, description="Mail server that sends alerts; without one no alert goes by e-mail"
    )
    alert_smtp_port: Annotated[int, Field(ge=1, le=65_535)] = Field(
        587, description="Its port: 587 with starttls, 465 with tls"
    )
    alert_smtp_tls: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="How the way to the mail server is protected; none only on this machine",
    )
    alert_smtp_user: str | None = Field(None, description="Who logs in at the mail server")
    alert_smtp_password: SecretStr | None = Field(None, description="With which password")
    alert_smtp_from: str | None = Field(None, description="Address from which alerts come")
    alert_telegram_token: SecretStr | None = Field(
        None, description="Token of the Telegram bot that sends alerts; without one none goes so"
    )
    alert_telegram_url: str = Field(
        "https://api.telegram.org", description="Where the Telegram Bot API is"
    )
    alert_whatsapp_token: SecretStr | None = Field(
        None, description="Access token of the WhatsApp Cloud API; without one none goes so"
    )
    alert_whatsapp_phone_id: Annotated[str, Field(pattern=r"^[0-9]{5,32}$")] | None = Field(
        None, description="Id of the WhatsApp number that sends alerts"
    )
    alert_whatsapp_template: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,512}$")] = Field(
        "jimpitan_peringatan",
        description="Name of the approved template, whose body has two parts: what, and where",
    )
    alert_whatsapp_url: str = Field(
        "https://graph.facebook.com/v23.0", description="Where the WhatsApp Cloud API is"
    )
    alert_push_contact: Annotated[str, Field(pattern=r"^(mailto:|https://)\S+$")] | None = Field(
        None,
        description="mailto: or https: address under which push services reach who runs this"
        " server; without one no alert goes as a notification of the browser",
    )
    alert_push_hosts: tuple[str, ...] = Field(
        (
            "fcm.googleapis.com",
            "updates.push.services.mozilla.com",
            "web.push.apple.com",
            "notify.windows.com",
        ),
        max_length=20,
        description="Push services that are believed, with everything below their names, as a"
        " JSON list",
    )

    @field_validator("master_key")
    @classmethod
    def _is_random(cls, value: SecretStr) -> SecretStr:
        try:
            secret = base64.b64decode(value.get_secret_value(), validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("is not base64") from None
        if len(secret) != MASTER_KEY_LENGTH:
            raise ValueError("must be base64 of exactly 32 bytes")
        if len(set(secret)) < DISTINCT_BYTES_MIN or secret.isascii():
            raise ValueError("is a placeholder, not 32 random bytes")
        return value

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("is not the name of a time zone") from None
        return value

    def master_secret(self) -> bytes:
        """Return the 32 bytes of the master key."""
        return base64.b64decode(self.master_key.get_secret_value())

    def gift(self) -> GiftRange:
        """Return what one deposit may be worth."""
        return GiftRange(
            typical_idr=self.gift_typical_idr,
            low_idr=self.gift_low_idr,
            high_idr=self.gift_high_idr,
        )

    def scan_patience(self) -> timedelta:
        """Return how long the sticker of a box may go without a scan."""
        return timedelta(days=self.scan_overdue_days)

    def publisher(self) -> bytes | None:
        """Return the 32 bytes of the publisher's public key, if one is set."""
        return None if self.publisher_key is None else bytes.fromhex(self.publisher_key)


def load_settings() -> Settings:
    """Read the environment; raise `Misconfigured` with one sentence per wrong setting."""
    try:
        return Settings()
    except ValidationError as error:
        sentences = [_sentence(str(item["loc"][0]), item) for item in error.errors()]
        raise Misconfigured(" ".join(sentences)) from None


def _sentence(name: str, error: object) -> str:
    variable = f"JIMPITAN_{name.upper()}"
    kind = error["type"] if isinstance(error, dict) else ""
    message = error["msg"] if isinstance(error, dict) else ""
    if kind == "missing" and name == "master_key":
        return (
            f"{variable} is not set: make one with"
            ' python3 -c "import base64, os; print(base64.b64encode(os.urandom(32)).decode())"'
            " and keep a copy of it away from the database."
        )
    return f"{variable} {str(message).removeprefix('Value error, ')}."
