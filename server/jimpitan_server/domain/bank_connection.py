"""How we ask a bank ourselves: where, as whom, signed how, and how often."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from jimpitan_server.domain.bank_day import WIB, bank_day
from jimpitan_server.domain.bank_profile import SigningProfile
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.partner import DEFAULT_TOKEN_PATH
from jimpitan_server.domain.signing import Algorithm

# BRI: a bank statement is asked for at most one month at a time.
STATEMENT_DAYS_MAX = 31
# Lines that the bank posts later than their day; rows that are known change nothing.
OVERLAP_DAYS = 3
# BRI: not during the end of day; Indonesian banks close their books before this hour.
NIGHT_ENDS_H = 2
QUERY_FIRST = timedelta(minutes=15)
QUERY_LATEST = timedelta(hours=24)
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_TEXT_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class BankConnection:
    """One bank that answers our questions: the query (51), the statement (14), or both."""

    partner_id: str
    base_url: str
    client_id: str
    profile: SigningProfile
    token_path: str = DEFAULT_TOKEN_PATH
    query_path: str | None = None
    statement_path: str | None = None
    channel_id: str = "95221"
    merchant_id: str | None = None
    account_no: str | None = None
    statement_from: date | None = None

    def __post_init__(self) -> None:
        """Refuse a connection that would send secrets in the clear or could ask nothing."""
        if not is_safe_base(self.base_url):
            raise Malformed(
                "A bank is asked over https, at an address without path, user or query;"
                " over http only on this machine."
            )
        for path in (self.token_path, self.query_path, self.statement_path):
            if path is not None and not _is_path(path):
                raise Malformed("A path at a bank begins with / and has at most 200 characters.")
        if not (self.query_path or self.statement_path):
            raise Malformed("Name a path for the query, for the statement, or both.")
        if self.statement_path and not (self.account_no and self.statement_from):
            raise Malformed("A statement needs the account number and the first day.")
        if not (self.client_id and self.client_id.isascii() and self.client_id.isprintable()):
            raise Malformed("The client id has printable characters.")
        if not self.profile.covers_body or self.profile.needs_url or self.profile.needs_version:
            raise Malformed("Requests to banks are signed as SNAP has it: path, body and time.")

    @property
    def needs_token(self) -> bool:
        """Whether we must get an access token of the bank's first."""
        return self.profile.needs_token

    @property
    def needs_secret(self) -> bool:
        """Whether requests are signed with a shared secret, not with our private key."""
        return self.profile.algorithm is Algorithm.HMAC_SHA512


def is_safe_base(url: str) -> bool:
    """Tell whether an address names one host, by https, or this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username or parts.password or parts.query or parts.fragment:
        return False
    if parts.path or len(url) > _TEXT_LENGTH_MAX or not (url.isascii() and url.isprintable()):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)


def _is_path(path: str) -> bool:
    plain = path.isascii() and path.isprintable() and " " not in path
    return path.startswith("/") and plain and len(path) <= _TEXT_LENGTH_MAX and "//" not in path


def next_query(now: datetime, *, attempts: int, draw: float) -> datetime:
    """Return when to ask again: after 15 minutes, then twice as long each time, up to a day.

    `draw` from 0 to 1 spreads the questions by a quarter to both sides.
    """
    wait = min(QUERY_FIRST * (1 << min(attempts, 10)), QUERY_LATEST)
    return now + wait * (0.75 + draw / 2)


def next_night(now: datetime) -> datetime:
    """Return the next moment at which yesterday's statement is whole."""
    local_midnight = _wib_midnight(bank_day(now))
    tonight = local_midnight + timedelta(hours=NIGHT_ENDS_H)
    return tonight if now < tonight else tonight + timedelta(days=1)


def _wib_midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=WIB)


def statement_window(
    *, first: date, done_until: date | None, now: datetime
) -> tuple[date, date] | None:
    """Return the next whole days to ask for, at most 31, or None when all are there."""
    last = bank_day(now) - timedelta(days=1)
    if done_until is not None and done_until >= last:
        return None
    since = first if done_until is None else done_until - timedelta(days=OVERLAP_DAYS - 1)
    since = max(since, first)
    until = min(last, since + timedelta(days=STATEMENT_DAYS_MAX - 1))
    return (since, until) if since <= until else None
