"""Raw bodies of banks: sealed under a key of their day, which is destroyed after 180 days.

Each bank day has a random key, wrapped under the master key. Bodies are AES-256-GCM under it,
bound to partner, day and external id. When the key is deleted the bodies are noise, in every
copy that does not hold the key as well.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from jimpitan_server.adapters.database import body_rows
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.keyring import MasterKey
from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.domain.errors import NotFound
from jimpitan_server.services.book_notification import body_purpose

# UU 27/2022 (PDP): personal data are kept no longer than their purpose needs (decision 0018).
BODIES_KEPT = timedelta(days=180)
DAYS_REMEMBERED = 3
PLAIN_AT_ONCE = 200


def day_purpose(day: date) -> str:
    """Return what the wrapped key of a day is bound to."""
    return f"bodies|{day.isoformat()}"


@dataclass(slots=True)
class Bodies:
    """Seals, opens and destroys bodies."""

    database: Database
    master: MasterKey
    _known: OrderedDict[date, MasterKey] = field(default_factory=OrderedDict)

    async def key_of(self, day: date, now: datetime) -> MasterKey:
        """Return the key of a day; it is made, and kept, when first needed.

        It is remembered only after it is kept, so that no body is sealed under a lost key.
        """
        known = self._known.get(day)
        if known is not None:
            return known
        async with self.database.read() as connection:
            wrapped = await body_rows.wrapped_key(connection, day)
        if wrapped is None:
            fresh = self.master.wrap(AESGCM.generate_key(256), purpose=day_purpose(day))
            async with self.database.write() as connection:
                await body_rows.keep_key_once(connection, day, wrapped=fresh, now=now)
                wrapped = await body_rows.wrapped_key(connection, day)
        assert wrapped is not None
        found = MasterKey(self.master.unwrap(wrapped, purpose=day_purpose(day)))
        self._known[day] = found
        while len(self._known) > DAYS_REMEMBERED:
            self._known.popitem(last=False)
        return found

    async def open(self, notification_id: int) -> bytes:
        """Return the body of a notification, while its day's key is there."""
        async with self.database.read() as connection:
            row = await body_rows.sealed(connection, notification_id)
            wrapped = await body_rows.wrapped_key(connection, row.bank_day) if row else None
        if row is None or wrapped is None:
            raise NotFound(
                f"There is no body of notification {notification_id}: none came, or its 180 days"
                " are over and its key is destroyed.",
                code="body_destroyed",
            )
        key = MasterKey(self.master.unwrap(wrapped, purpose=day_purpose(row.bank_day)))
        return key.unwrap(row.content, purpose=_purpose(row))

    async def seal_plain(self, now: datetime) -> int:
        """Seal bodies from before there were keys; return how many, at most 200 at once."""
        async with self.database.read() as connection:
            rows = await body_rows.plain(connection, limit=PLAIN_AT_ONCE)
        keys = {day: await self.key_of(day, now) for day in {row.bank_day for row in rows}}
        if not rows:
            return 0
        sealed = [
            (row, keys[row.bank_day].wrap(row.content, purpose=_purpose(row))) for row in rows
        ]
        async with self.database.write() as connection:
            await body_rows.exchange(connection, sealed)
        return len(rows)

    def first_day(self, now: datetime) -> date:
        """Return the first day whose bodies may still be there."""
        return bank_day(now) - BODIES_KEPT

    async def destroy_old(self, now: datetime) -> list[date]:
        """Destroy the key and the bodies of the oldest day that is over; return the days."""
        async with self.database.read() as connection:
            day = await body_rows.oldest_day(connection, before=self.first_day(now))
        if day is None:
            return []
        self._known.pop(day, None)
        async with self.database.write() as connection:
            await body_rows.destroy(connection, day, now)
        return [day]


def _purpose(row: body_rows.BodyRow) -> str:
    return body_purpose(row.partner_id, row.bank_day.isoformat(), row.external_id)
