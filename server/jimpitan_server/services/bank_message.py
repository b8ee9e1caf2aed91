"""A request at a bank's door, and the answers banks expect: seven digits and a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

HEADER_LENGTH_MAX = 64
SIGNATURE_LENGTH_MAX = 2048
# A token of ours has 43 characters; a foreign one is looked at as far as this.
TOKEN_LENGTH_MAX = 4096
PARTNER_HEADERS = ("X-PARTNER-ID", "X-CLIENT-KEY")
CLIENT_HEADERS = ("X-CLIENT-KEY",)
TOKEN_SERVICE, NOTIFY_SERVICE = "73", "52"


@dataclass(frozen=True, slots=True)
class BankAnswer:
    """An answer in the form banks expect: seven digits, of which three are the HTTP status."""

    code: str
    message: str

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(self.code[:3])


class RefusalReason(StrEnum):
    """Why a request at a bank's door was not taken, as the audit trail keeps it."""

    HEADER = "header"
    """A header is missing or cannot be read."""
    CLIENT = "client"
    """Nobody we know sent it."""
    PATH = "path"
    """It came to another path than the registered one."""
    SIGNATURE = "signature"
    """The signature is of something else, or of somebody else."""
    TOKEN_MISSING = "token_missing"  # noqa: S105  (the name of a reason)
    """No access token came with it."""
    TOKEN = "token"  # noqa: S105
    """Its access token is unknown, foreign or over."""
    WINDOW = "window"
    """Its time is too far from ours."""
    BODY = "body"
    """Its body cannot be read, or lacks what it must have."""
    MERCHANT = "merchant"
    """It is about another merchant's money."""
    EXTERNAL_ID = "external_id"
    """Another body came under its external id that day."""
    TOO_MANY = "too_many"
    """More hints in one day than anybody looks at."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that takes nothing in, and why."""

    answer: BankAnswer
    reason: RefusalReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A request at a bank's door, as it came; `headers` have names in lower case."""

    headers: Mapping[str, str]
    path: str
    body: bytes
    received_at: datetime

    def header(self, names: tuple[str, ...]) -> str:
        """Return the first of these headers that says anything, or nothing."""
        found = (self.headers.get(name.lower(), "") for name in names)
        return next((value for value in found if value), "")

    @property
    def partner_id(self) -> str:
        """Who says that it sent this."""
        return self.header(PARTNER_HEADERS)

    @property
    def bearer(self) -> str:
        """The access token that came with it, or nothing."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip()[:TOKEN_LENGTH_MAX] if scheme.lower() == "bearer" else ""


def bad_request(service: str) -> BankAnswer:
    """Return the answer to a body that cannot be read at all."""
    return BankAnswer(f"400{service}00", "Bad Request")


def invalid_field(service: str, field: str) -> BankAnswer:
    """Return the answer to a field that cannot be read."""
    return BankAnswer(f"400{service}01", f"Invalid Field Format {field}")


def mandatory_field(service: str, field: str) -> BankAnswer:
    """Return the answer to a field that is missing."""
    return BankAnswer(f"400{service}02", f"Invalid Mandatory Field {field}")


def unauthorized(service: str, reason: str) -> BankAnswer:
    """Return the answer to whom we do not believe."""
    return BankAnswer(f"401{service}00", f"Unauthorized. [{reason}]")


def too_many(service: str) -> BankAnswer:
    """Return the answer to who is too quick."""
    return BankAnswer(f"429{service}00", "Too Many Requests")


def general_error(service: str) -> BankAnswer:
    """Return the answer to our own mistake."""
    return BankAnswer(f"500{service}00", "General Error")


def timeout(service: str) -> BankAnswer:
    """Return the answer when our database is away: send it again."""
    return BankAnswer(f"504{service}00", "Timeout")


def check_header(service: str, name: str, value: str) -> Refused | None:
    """Return what is wrong with one header, if anything is."""
    if not value:
        return Refused(mandatory_field(service, name), RefusalReason.HEADER)
    length_max = SIGNATURE_LENGTH_MAX if name == "X-SIGNATURE" else HEADER_LENGTH_MAX
    if len(value) > length_max or not (value.isascii() and value.isprintable()):
        return Refused(invalid_field(service, name), RefusalReason.HEADER)
    return None
