"""The audit trail of the banks' doors: what was refused and why, and how often what was answered.

The first refusals of a partner and bank day are kept, each in a transaction of its own; beyond
the bound only counters rise, in memory, and are kept about once a minute. So nobody can make
genuine messages wait for a disk by sending many false ones. Nothing that tells a person is kept:
the digest of a body, never the body.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256

from jimpitan_server.adapters.database import trail_rows
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.domain.errors import Unavailable
from jimpitan_server.services.bank_message import BankAnswer, Message, RefusalReason

REFUSALS_KEPT_MAX = 100
STRANGERS = "-"


@dataclass(slots=True)
class BankTrail:
    """Keeps refusals up to a bound, and counts every answer."""

    database: Database
    kept_max: int = REFUSALS_KEPT_MAX
    _full: set[tuple[str, date]] = field(default_factory=set)
    _waiting: Counter[tuple[str, date, str]] = field(default_factory=Counter)
    _last_at: dict[tuple[str, date, str], datetime] = field(default_factory=dict)

    def count(self, partner_id: str | None, answer: BankAnswer, at: datetime) -> None:
        """Count an answer; it is kept with the next `keep_counts`."""
        key = partner_id or STRANGERS, bank_day(at), answer.code
        self._waiting[key] += 1
        self._last_at[key] = at

    async def refused(
        self,
        partner_id: str | None,
        answer: BankAnswer,
        reason: RefusalReason,
        message: Message,
    ) -> None:
        """Keep that a message was refused, while there is room for its sender and day."""
        subject, day = partner_id or STRANGERS, bank_day(message.received_at)
        if (subject, day) in self._full:
            return
        row = trail_rows.RefusalRow(
            subject=subject,
            bank_day=day,
            code=answer.code,
            reason=reason.value,
            body_sha256=sha256(message.body).digest(),
            body_length=len(message.body),
            received_at=message.received_at,
        )
        try:
            async with self.database.write() as connection:
                has_room = await trail_rows.add_refusal(connection, row, kept_max=self.kept_max)
        except Unavailable:  # the refusal itself must not wait for the database
            return
        if not has_room:
            self._full = {one for one in self._full if one[1] == day} | {(subject, day)}

    async def keep_counts(self) -> None:
        """Add what was counted to the counters in the database."""
        if not self._waiting:
            return
        counted, last_at = dict(self._waiting), dict(self._last_at)
        async with self.database.write() as connection:
            for key, answers in sorted(counted.items()):
                await trail_rows.add_answers(connection, key, answers, last_at[key])
        self._waiting.subtract(counted)
        self._waiting = +self._waiting
        self._last_at = {key: at for key, at in self._last_at.items() if key in self._waiting}
