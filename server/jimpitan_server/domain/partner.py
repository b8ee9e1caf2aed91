"""A bank partner: who may send notifications, how they are signed, and for which account."""

from dataclasses import dataclass
from datetime import date, timedelta

from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.settlement import SETTLEMENTS, Settlement, SettlementTerms

DEFAULT_PATH = "/v1.0/qr/qr-mpm-notify"
# No acquirer states a tolerance for notifications; token requests are commonly given 15 minutes.
DEFAULT_WINDOW = timedelta(minutes=15)
# SNAP BI: X-PARTNER-ID has at most 36 characters.
PARTNER_ID_LENGTH_MAX = 36
_PATH_LENGTH_MAX = 200
_PATH_END = "/qr-mpm-notify"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankPartner:
    """One acquirer, as it registered us.

    `path` is what it signs, which a proxy before us may have shortened. `merchant_ids` are the
    acquirer's names for us; when there are any, money for another merchant is not ours.
    """

    partner_id: str
    account: str
    path: str
    public_key_pem: str
    window: timedelta = DEFAULT_WINDOW
    merchant_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a partner whose messages could never be recognised."""
        length_fits = 0 < len(self.partner_id) <= PARTNER_ID_LENGTH_MAX
        if not length_fits or not self.partner_id.isprintable() or not self.partner_id.isascii():
            raise Malformed("A partner id has 1 to 36 printable characters.")
        plain_path = self.path.partition("?")[0]
        if not (plain_path.startswith("/") and plain_path.endswith(_PATH_END)):
            raise Malformed(f"A notification path begins with / and ends with {_PATH_END}.")
        if len(self.path) > _PATH_LENGTH_MAX or not self.path.isascii():
            raise Malformed("A notification path has at most 200 plain characters.")
        if not timedelta(0) < self.window <= timedelta(days=1):
            raise Malformed("The window of a partner's timestamps is between 0 and 24 hours.")

    def answers_at(self, path: str) -> bool:
        """Tell whether a request at `path` may be one to the registered path.

        A reverse proxy may have taken a prefix away, never put one there.
        """
        return self.path.partition("?")[0].endswith(path)


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
