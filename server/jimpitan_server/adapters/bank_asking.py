"""Asks banks what they did not tell: open hints by query, missing payments by statement.

Each step does what is due, at most a little of it, and leaves the rest for the next one. A hint
or a statement is claimed in the database first, so that several processes do not ask twice.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database import bank_partner_rows, connection_rows, hint_rows
from jimpitan_server.adapters.database.bank_store import DatabaseBank
from jimpitan_server.adapters.database.connection_rows import Backfill
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.keyring import MasterKey
from jimpitan_server.adapters.money_desk import ImportWish
from jimpitan_server.domain.bank_connection import (
    BankConnection,
    next_night,
    next_query,
    statement_window,
)
from jimpitan_server.domain.errors import Malformed, ServerError
from jimpitan_server.domain.partner import BankPartner, KeyPurpose
from jimpitan_server.domain.statement_profile import StatementProfile
from jimpitan_server.services import confirm_hints as confirming
from jimpitan_server.services.ask_bank import BankRefused, Line, Outside, ask, is_not_found
from jimpitan_server.services.bank_statement import PROFILE, statement_file, statement_question
from jimpitan_server.services.import_statement import Imported
from jimpitan_server.services.ports_bank import HintOutcome, OpenHint

log = structlog.get_logger()
QUERIES_AT_ONCE = 20
HINTS_AT_ONCE = 500
CLAIMED = timedelta(minutes=10)
BACKFILL_AGAIN, BACKFILL_AGAIN_MAX = timedelta(minutes=5), timedelta(hours=6)
# A credit is looked for as long as matching does (`books.Rules`), and a day before for the
# bank's midnight.
CREDIT_BEFORE, CREDIT_AFTER = timedelta(days=1), timedelta(days=25)

ImportStatement = Callable[[ImportWish], Awaitable[Imported]]


@dataclass(frozen=True, slots=True)
class Done:
    """What one step of asking did."""

    asked: int = 0
    confirmed: int = 0
    statement_lines: int = 0
    failed: int = 0


@dataclass(slots=True)
class BankAsking:
    """Our side of the banks' doors; `import_statement` is the door that people use too."""

    database: Database
    master: MasterKey
    outside: Outside
    import_statement: ImportStatement
    changed: Callable[[], None]
    _lines: dict[str, Line] = field(default_factory=dict)

    async def connect(self, new: BankConnection) -> None:
        """Keep how a bank is asked."""
        async with self.database.write() as connection:
            await connection_rows.connect(connection, new, self.outside.now())
        self._lines.pop(new.partner_id, None)

    async def run(self, every_s: float) -> None:
        """Step again and again, apart from all else: a slow bank holds up nothing."""
        while True:
            await asyncio.sleep(every_s)
            try:
                await self.step()
            except ServerError as error:
                log.warning("asking_banks_postponed", error=error.code)

    async def step(self) -> Done:
        """Ask what is due; a bank that fails is asked later, and holds up no other."""
        async with self.database.read() as connection:
            found = await connection_rows.connections(connection)
        done = Done()
        for one in found:
            line, partner = await self._line(one)
            if line is None or partner is None:
                continue
            if one.query_path:
                done = await self._query_due(line, partner, one.query_path, done)
            if one.statement_path:
                done = await self._fetch_due(line, partner, one.statement_path, done)
        return done

    async def _line(self, connection: BankConnection) -> tuple[Line | None, BankPartner | None]:
        """Return the line to a bank with the keys that count now, and its token if it has one."""
        async with self.database.read() as reading:
            partner = await bank_partner_rows.partner_named(
                reading, connection.partner_id, self.master
            )
        if partner is None:
            return None, None
        now = self.outside.now()
        keys = partner.keys_for(KeyPurpose.REQUEST_KEY, now)
        secrets = partner.keys_for(KeyPurpose.REQUEST_SECRET, now)
        wants_key = connection.needs_token or not connection.needs_secret
        if (wants_key and not keys) or (connection.needs_secret and not secrets):
            log.warning("bank_key_missing", partner=connection.partner_id)
            return None, None
        key = keys[0].material if keys else b""
        secret = secrets[0].material if secrets else b""
        line = self._lines.get(connection.partner_id)
        if line is None or (line.connection, line.key, line.secret) != (connection, key, secret):
            line = self._lines[connection.partner_id] = Line(connection, key, secret)
        return line, partner

    async def _query_due(self, line: Line, partner: BankPartner, path: str, done: Done) -> Done:
        async with self.database.read() as connection:
            due = await hint_rows.hints_due(
                connection, [partner.partner_id], self.outside.now(), limit=QUERIES_AT_ONCE
            )
        for hint in due:
            try:
                outcome = await self._query(line, partner, path, hint)
            except ServerError as error:
                log.warning("bank_query_failed", partner=partner.partner_id, error=error.code)
                done = replace(done, failed=done.failed + 1)
                break  # the others would fare the same; they are due with the next step
            confirmed = outcome is HintOutcome.QUERY
            done = replace(done, asked=done.asked + 1, confirmed=done.confirmed + confirmed)
        return done

    async def _query(
        self, line: Line, partner: BankPartner, path: str, hint: OpenHint
    ) -> HintOutcome | None:
        due_at = next_query(self.outside.now(), attempts=hint.attempts, draw=self.outside.draw())
        async with self.database.write() as connection:
            if not await hint_rows.claim_hint(connection, hint, due_at=due_at):
                return None
        question = confirming.query_of(hint, line.connection.merchant_id)
        try:
            body = await ask(line, self.outside, path=path, content=question)
            asked = confirming.read_query(body, hint)
        except BankRefused as error:
            if not is_not_found(error):
                raise
            asked = confirming.Asked(None)
        async with self.database.write() as connection:
            outcome = await confirming.settle(
                DatabaseBank(connection), partner, hint, asked, self.outside.now()
            )
        if outcome is HintOutcome.QUERY:
            self.changed()
        return outcome

    async def _fetch_due(self, line: Line, partner: BankPartner, path: str, done: Done) -> Done:
        now = self.outside.now()
        async with self.database.read() as connection:
            seen = await connection_rows.backfill_due(connection, partner.partner_id, now)
        if seen is None:
            return done
        async with self.database.write() as connection:
            if not await connection_rows.claim_backfill(connection, seen, now + CLAIMED):
                return done
        try:
            after, lines = await self._fetch(line, partner, path, seen)
        except ServerError as error:
            log.warning("bank_statement_failed", partner=partner.partner_id, error=error.code)
            after, lines = self._later(seen, now), 0
            done = replace(done, failed=done.failed + 1)
        async with self.database.write() as connection:
            await connection_rows.save_backfill(connection, after)
        return replace(done, statement_lines=done.statement_lines + lines)

    async def _fetch(
        self, line: Line, partner: BankPartner, path: str, seen: Backfill
    ) -> tuple[Backfill, int]:
        """Fetch the next whole days of a statement; return how far it is, and the new lines."""
        now, own = self.outside.now(), line.connection
        assert own.statement_from is not None
        assert own.account_no is not None
        window = statement_window(first=own.statement_from, done_until=seen.done_until, now=now)
        if window is None:
            return replace(seen, due_at=next_night(now), attempts=0), 0
        since, until = window
        question = statement_question(own.account_no, since, until)
        body = await ask(line, self.outside, path=path, content=question)
        content = statement_file(body, since=since, until=until)
        lines = 0
        if content is not None:
            name = f"{partner.partner_id} {since} {until}"
            lines = await self._import(partner, name, content, PROFILE)
        return replace(seen, done_until=until, due_at=now, attempts=0), lines

    async def _import(
        self, partner: BankPartner, name: str, content: bytes, profile: StatementProfile
    ) -> int:
        # Nobody is there to accept a gap: it becomes a discrepancy, and no line waits for it.
        imported = await self.import_statement(
            ImportWish(
                account=partner.account,
                file_name=name,
                content=content,
                profiles=(profile,),
                accept_warnings=True,
                actor=f"bank {partner.partner_id}",
            )
        )
        if imported.faults:
            raise Malformed(f"The bank's statement cannot be taken: {imported.faults[0]}")
        return len(imported.new)

    @staticmethod
    def _later(seen: Backfill, now: datetime) -> Backfill:
        wait = min(BACKFILL_AGAIN * (1 << min(seen.attempts, 10)), BACKFILL_AGAIN_MAX)
        return replace(seen, due_at=now + wait, attempts=seen.attempts + 1)

    async def confirm_by_statements(self) -> int:
        """Look on the statements for open hints; return how many ended."""
        ended, after = 0, 0
        while True:
            async with self.database.read() as connection:
                hints = await hint_rows.open_hints(connection, after=after, limit=HINTS_AT_ONCE)
                found = [await self._is_credited(connection, hint) for hint in hints]
            for hint, is_credited in zip(hints, found, strict=True):
                ended += await self._end(hint, is_credited=is_credited)
            if len(hints) < HINTS_AT_ONCE:
                break
            after = hints[-1].hint_id
        if ended:
            self.changed()
        return ended

    @staticmethod
    async def _is_credited(connection: AsyncConnection, hint: OpenHint) -> bool:
        if not hint.amount or not confirming.names_of(hint):
            return False
        day = hint_rows.day_of(hint)
        texts = await hint_rows.credit_texts(
            connection,
            hint.account,
            amount=hint.amount,
            since=day - CREDIT_BEFORE,
            until=day + CREDIT_AFTER,
        )
        return confirming.is_mentioned(hint, texts)

    async def give_up_old(self) -> int:
        """Let hints end that nothing confirmed in a month; return how many, a few at once."""
        before = self.outside.now() - confirming.HINT_LIVES
        async with self.database.read() as connection:
            hints = await hint_rows.open_hints(
                connection, after=0, limit=HINTS_AT_ONCE, recorded_before=before
            )
        return sum([await self._end(hint, is_credited=False) for hint in hints])

    async def _end(self, hint: OpenHint, *, is_credited: bool) -> bool:
        now = self.outside.now()
        if not is_credited and now - hint.recorded_at <= confirming.HINT_LIVES:
            return False
        async with self.database.write() as connection:
            store = DatabaseBank(connection)
            if not is_credited:
                return await confirming.give_up(store, hint, now) is not None
            partner = await bank_partner_rows.partner_of_hint(
                connection, hint.partner_id, self.master
            )
            return await confirming.confirm_by_statement(store, partner, hint, now) is not None
