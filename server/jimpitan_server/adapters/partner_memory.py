"""Remembers for seconds which partner sends a name and whose an access token is.

Looking both up costs a third of a notification. Strangers are not remembered, so that no name
made up by one can fill the memory; what was revoked is refused after these seconds at last.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from jimpitan_server.adapters.database import bank_partner_rows
from jimpitan_server.adapters.database.bank_store import holder_of_token
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.keyring import MasterKey
from jimpitan_server.domain.partner import BankPartner
from jimpitan_server.services.issue_token import digest_of

REMEMBERED_S = 5
TOKENS_REMEMBERED_MAX = 1024


@dataclass(slots=True)
class PartnerMemory:
    """Looks partners and tokens up, at most every few seconds each."""

    database: Database
    master: MasterKey
    elapsed_s: Callable[[], float]
    _partners: dict[str, tuple[BankPartner, float]] = field(default_factory=dict)
    _tokens: dict[bytes, tuple[str, datetime, float]] = field(default_factory=dict)

    async def partner(self, name: str) -> BankPartner | None:
        """Return the partner that sends this name, as it was a few seconds ago at most."""
        known, until_s = self._partners.get(name, (None, 0.0))
        now_s = self.elapsed_s()
        if known is not None and now_s < until_s:
            return known
        self._partners.pop(name, None)
        async with self.database.read() as connection:
            found = await bank_partner_rows.partner_named(connection, name, self.master)
        if found is not None:
            self._partners[name] = found, now_s + REMEMBERED_S
        return found

    async def holds(self, partner_id: str, token: str, now: datetime) -> bool:
        """Tell whether an access token is this partner's and not over."""
        digest, now_s = digest_of(token), self.elapsed_s()
        known = self._tokens.get(digest)
        if known is None or now_s >= known[2]:
            self._tokens.pop(digest, None)
            async with self.database.read() as connection:
                found = await holder_of_token(connection, digest, now)
            if found is None:
                return False
            known = (*found, now_s + REMEMBERED_S)
            if len(self._tokens) >= TOKENS_REMEMBERED_MAX:
                self._tokens.clear()
            self._tokens[digest] = known
        return known[0] == partner_id and now < known[1]

    def forget(self) -> None:
        """Look everything up anew: a partner or a key was changed here."""
        self._partners.clear()
        self._tokens.clear()
