"""A bank partner: who may send notifications, how they are signed, and for which account."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from jimpitan_server.domain.bank_profile import SigningProfile, is_notification_path
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.settlement import SETTLEMENTS, Settlement, SettlementTerms
from jimpitan_server.domain.signing import Algorithm, Part, parts_of

DEFAULT_PATH = "/v1.0/qr/qr-mpm-notify"
DEFAULT_TOKEN_PATH = "/v1.0/access-token/b2b"  # noqa: S105  (a path)
TOKEN_PATH_END = "/access-token/b2b"  # noqa: S105
# No acquirer states a tolerance for notifications; token requests are commonly given 15 minutes.
DEFAULT_WINDOW = timedelta(minutes=15)
# SNAP BI: X-PARTNER-ID and X-CLIENT-KEY have at most 36 characters.
PARTNER_ID_LENGTH_MAX = 36
# Two overlap while one takes over from the other; more only cost time for each message.
KEYS_AT_ONCE_MAX = 4
_PATH_LENGTH_MAX = 200


class KeyPurpose(StrEnum):
    """What a key of a partner is for."""

    NOTIFICATION = "notification"
    """Tells whether a notification is the bank's: its public key, or a secret we share."""
    TOKEN = "token"  # noqa: S105  (the name of a purpose)
    """Tells whether a request for an access token is the bank's: its public key."""
    REQUEST_KEY = "request_key"
    """Signs our requests for the bank's token: a private key of ours."""
    REQUEST_SECRET = "request_secret"  # noqa: S105
    """Signs our requests to the bank: a secret we share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerKey:
    """One key and when it counts; `material` is PEM text or a secret, and is never shown."""

    key_id: int
    purpose: KeyPurpose
    material: bytes = field(repr=False)
    valid_from: datetime
    valid_until: datetime | None = None

    def counts_at(self, now: datetime) -> bool:
        """Tell whether what it signs counts at an instant."""
        return self.valid_from <= now and (self.valid_until is None or now < self.valid_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class BankPartner:
    """One acquirer, as it registered us.

    `path` is what it signs, which a proxy before us may have shortened; `url` is the whole
    address, for banks that sign that. `merchant_ids` are the acquirer's names for us; when there
    are any, money for another merchant is not ours. `client_key` is its name at the token door.
    """

    partner_id: str
    account: str
    profile: SigningProfile
    path: str = DEFAULT_PATH
    url: str | None = None
    client_key: str | None = None
    token_path: str = DEFAULT_TOKEN_PATH
    window: timedelta = DEFAULT_WINDOW
    merchant_ids: tuple[str, ...] = ()
    keys: tuple[PartnerKey, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a partner whose messages could never be recognised."""
        for name in (self.partner_id, self.client):
            if not 0 < len(name) <= PARTNER_ID_LENGTH_MAX or not _is_plain(name):
                raise Malformed("A partner id has 1 to 36 printable characters.")
        if not is_notification_path(self.path):
            raise Malformed(
                "A notification path begins with / and ends with /qr-mpm-notify or /qr-mpm-notif."
            )
        if not (self.token_path.startswith("/") and self.token_path.endswith(TOKEN_PATH_END)):
            raise Malformed(f"A token path begins with / and ends with {TOKEN_PATH_END}.")
        for path in (self.path, self.token_path, self.url or ""):
            if len(path) > _PATH_LENGTH_MAX or (path and not _is_plain(path)):
                raise Malformed("A path or address has at most 200 plain characters.")
        if self.profile.needs_url != (self.url is not None):
            raise Malformed(
                f"Profile {self.profile.name} signs"
                + (" the whole address: name it." if self.profile.needs_url else " no address.")
            )
        if self.url is not None and not self.url.endswith(self.path):
            raise Malformed("The address that the bank signs ends with the path.")
        if not timedelta(0) < self.window <= timedelta(days=1):
            raise Malformed("The window of a partner's timestamps is between 0 and 24 hours.")

    @property
    def client(self) -> str:
        """The bank's name at the token door."""
        return self.client_key or self.partner_id

    def answers_at(self, path: str) -> bool:
        """Tell whether a request at `path` may be one to the registered path.

        A reverse proxy may have taken a prefix away, never put one there.
        """
        return self.path.partition("?")[0].endswith(path)

    def gives_tokens_at(self, path: str) -> bool:
        """Tell whether a request for a token at `path` may be one to the registered path."""
        return self.token_path.endswith(path)

    def keys_for(self, purpose: KeyPurpose, now: datetime) -> list[PartnerKey]:
        """Return the keys that count at an instant, the newest first."""
        counting = [one for one in self.keys if one.purpose is purpose and one.counts_at(now)]
        return sorted(counting, key=lambda one: (one.valid_from, one.key_id), reverse=True)[
            :KEYS_AT_ONCE_MAX
        ]

    def signed_values(self, *, token: str, timestamp: str, version: str) -> Mapping[Part, str]:
        """Return the parts of what it signs that are not the body."""
        return {
            Part.PATH: self.path,
            Part.URL: self.url or "",
            Part.TOKEN: token,
            Part.TIMESTAMP: timestamp,
            Part.CLIENT: self.client,
            Part.VERSION: version,
        }

    @property
    def takes_money(self) -> bool:
        """Whether its notifications are money, or only hints that something else must confirm."""
        return self.profile.covers_body


def wanted_keys(profile: SigningProfile) -> tuple[KeyPurpose, ...]:
    """Return which keys a partner with this profile cannot do without."""
    needs_token = profile.needs_token or Part.TOKEN in parts_of(profile.text)
    return (
        (KeyPurpose.NOTIFICATION, KeyPurpose.TOKEN) if needs_token else (KeyPurpose.NOTIFICATION,)
    )


def is_shared_secret(profile: SigningProfile, purpose: KeyPurpose) -> bool:
    """Tell whether a key of this purpose is a secret text, not a PEM key."""
    if purpose is KeyPurpose.NOTIFICATION:
        return profile.algorithm is Algorithm.HMAC_SHA512
    return purpose is KeyPurpose.REQUEST_SECRET


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A bank account of the programme, and how QRIS payments reach it.

    `changes` are the settlement profiles that it got later, by name, each from a day.
    """

    account_id: str
    settlement: Settlement
    changes: tuple[tuple[date, str], ...] = ()

    @property
    def terms(self) -> SettlementTerms:
        """Return the profiles of the account in the order of their days."""
        later = [(start, SETTLEMENTS[name]) for start, name in self.changes]
        return SettlementTerms(((date.min, SETTLEMENTS[self.settlement.value]), *later))
