"""Everything that can be done with money, each as one transaction: all of it, or nothing."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from dataclasses import replace as replaced

from jimpitan_server.adapters import snap
from jimpitan_server.adapters.database import dossier_rows, partner_rows
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.ledger_store import DatabaseLedger
from jimpitan_server.adapters.database.money_store import DatabaseMoney
from jimpitan_server.adapters.database.user_store import append_audit
from jimpitan_server.adapters.statement_file import open_sheets
from jimpitan_server.adapters.statement_shelf import StatementShelf
from jimpitan_server.domain.books import Rules
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.matching import Matching
from jimpitan_server.domain.partner import Account, BankPartner
from jimpitan_server.domain.qris_payload import QrisPayload
from jimpitan_server.domain.statement_profile import StatementProfile
from jimpitan_server.domain.statement_reading import read_statement
from jimpitan_server.domain.sticker import CodeMode
from jimpitan_server.domain.thanks import Thanks
from jimpitan_server.services import notify as notifying
from jimpitan_server.services import partner as partnering
from jimpitan_server.services.close_collection import Counted, Receipt, close_collection
from jimpitan_server.services.dossier import Dossier
from jimpitan_server.services.import_statement import (
    Imported,
    StatementFile,
    import_statement,
    plain_name,
)
from jimpitan_server.services.reconcile import (
    Reconciled,
    keep_matching,
    match_standing,
    save_reconciled,
    take_standing,
)
from jimpitan_server.services.remit import Paid, RemittanceReceipt, remit
from jimpitan_server.services.void import void

_ATTEMPTS = 3
# A revoked partner is refused after this long; looking it up costs a third of a notification.
_PARTNER_REMEMBERED_S = 5
# Matching takes at most one part in fifty of the time, and waits for a minute's changes; an hour
# without any change is enough for something to have become due.
_REST_TIMES, _REST_MIN_S, _REST_MAX_S = 50, 60, 3600


@dataclass(slots=True)
class Pace:
    """When matching ran, how long it took, and whether it is due again."""

    elapsed_s: Callable[[], float] = time.monotonic
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_due: bool = True
    ended_s: float | None = None
    took_s: float = 0.0

    def allows(self) -> bool:
        """Tell whether matching may and should run now."""
        if self.ended_s is None:
            return True
        rested_s = self.elapsed_s() - self.ended_s
        if rested_s < max(_REST_MIN_S, self.took_s * _REST_TIMES):
            return False
        return self.is_due or rested_s >= _REST_MAX_S


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportWish:
    """A statement file that somebody wants imported; with several profiles, one must fit."""

    account: str
    file_name: str
    content: bytes = field(repr=False)
    profiles: Sequence[StatementProfile]
    dry_run: bool = False
    accept_warnings: bool = False
    actor: str


@dataclass(frozen=True, slots=True)
class MoneyDesk:
    """The money side of the server; `changed` is told when a public figure may be another.

    `thank` is told of a payment that a box may answer.
    """

    database: Database
    clock: Clock
    rules: Rules
    changed: Callable[[], None]
    thank: Callable[[Thanks], None]
    pace: Pace = field(default_factory=Pace)
    partners: dict[str, tuple[BankPartner, float]] = field(default_factory=dict)
    shelf: StatementShelf = field(default_factory=StatementShelf)

    async def notify(self, message: notifying.Message) -> notifying.BankAnswer:
        """Take in a bank's notification; it is kept before the answer is returned.

        The signature is checked before a writing transaction is begun, so that a stranger
        cannot make genuine messages wait.
        """
        wrong = notifying.check_headers(message)
        if wrong is not None:
            return wrong
        partner = await self._partner(message.partner_id)
        examined = notifying.examine(message, partner, snap.is_genuine)
        if isinstance(examined, notifying.BankAnswer):
            return examined
        async with self._store() as store:
            booked = await notifying.book(examined, store)
        self._note_change()
        if booked.thanks is not None:  # later and apart: no thanks may cost the bank its answer
            asyncio.get_running_loop().call_soon(self.thank, booked.thanks)
        return booked.answer

    async def import_statement(self, wish: ImportWish) -> Imported:
        """Import a statement file and match anew; a dry run only looks."""
        imported = await self.take_statement(wish)
        if imported.import_id is not None:
            await self.reconcile()
        return imported

    async def take_statement(self, wish: ImportWish) -> Imported:
        """Import a statement file without matching; it is read before a transaction begins."""
        name = plain_name(wish.file_name)
        reading = await asyncio.to_thread(
            read_statement,
            wish.content,
            file_name=name,
            profiles=wish.profiles,
            open_sheets=open_sheets,
        )
        file = StatementFile(
            account=wish.account,
            file_name=name,
            sha256=hashlib.sha256(wish.content).digest(),
            reading=reading,
        )
        async with self._store() as store:
            imported = await import_statement(
                store,
                file,
                dry_run=wish.dry_run,
                accept_warnings=wish.accept_warnings,
                actor=wish.actor,
                now=self.clock.now(),
            )
            if imported.import_id is not None:
                await self._audit(store, wish.actor, "statement_imported", wish.account, name)
        self.pace.is_due |= imported.import_id is not None
        return imported

    async def close_collection(self, counted: Counted) -> Receipt:
        """Keep a count made at the lid."""
        async with self._store() as store:
            receipt = await close_collection(store, counted, self.clock.now())
        self._note_change()
        return receipt

    async def remit(self, paid: Paid) -> RemittanceReceipt:
        """Keep that counted cash was paid in."""
        async with self._store() as store:
            receipt = await remit(store, paid, self.clock.now())
        self._note_change()
        return receipt

    async def void(self, *, kind: str, subject_id: str, reason: str, actor: str) -> None:
        """Withdraw an entry with a reason."""
        async with self._store() as store:
            await void(
                store,
                kind=kind,
                subject_id=subject_id,
                reason=reason,
                actor=actor,
                now=self.clock.now(),
            )
            await self._audit(store, actor, "voided", f"{kind}/{subject_id}", reason)
        self._note_change()

    async def reconcile(self) -> Matching:
        """Match everything that stands anew; doing it twice changes nothing.

        One matching at a time in this process; another process may be faster, then ours is
        made again from its books, at last with everybody else waiting.
        """
        async with self.pace.turn:
            began_s = self.pace.elapsed_s()
            self.pace.is_due = False
            for _ in range(_ATTEMPTS):
                now = self.clock.now()
                async with self.database.read() as connection:
                    standing = await take_standing(
                        DatabaseMoney(connection), DatabaseLedger(connection), now
                    )
                reconciled = await asyncio.to_thread(match_standing, standing, self.rules)
                async with self._store() as store:
                    kept = await keep_matching(
                        store,
                        DatabaseLedger(store.connection),
                        reconciled,
                        generation=standing.generation,
                        now=now,
                    )
                if kept:
                    break
            else:
                reconciled = await self._reconcile_alone()
            self.pace.took_s = self.pace.elapsed_s() - began_s
            self.pace.ended_s = self.pace.elapsed_s()
        self.changed()
        return reconciled.matching

    async def _reconcile_alone(self) -> Reconciled:
        now = self.clock.now()
        async with self._store() as store:
            ledger = DatabaseLedger(store.connection)
            await store.lock_books()
            standing = await take_standing(store, ledger, now)
            reconciled = await asyncio.to_thread(match_standing, standing, self.rules)
            await save_reconciled(store, ledger, reconciled, now)
        return reconciled

    async def reconcile_if_due(self) -> bool:
        """Match anew if something changed or an hour went by; say whether it was done."""
        if not self.pace.allows():
            return False
        await self.reconcile()
        return True

    async def dossier(self, box: BoxId) -> Dossier:
        """Return the dossier of a box."""
        async with self.database.read() as connection:
            return await dossier_rows.dossier(connection, box)

    async def add_partner(self, partner: BankPartner, account: Account) -> None:
        """Make a bank partner known, and the account it pays into."""
        now = self.clock.now()
        async with self._store() as store:
            await partnering.add_account(store, account, now)
            await partnering.add_partner(
                store,
                replaced(partner, account=account.account_id),
                check_key=snap.read_public_key,
                now=now,
            )
            await self._audit(store, "cli", "partner_added", partner.partner_id, partner.path)

    async def register_code(
        self,
        *,
        box: str,
        payload: str,
        store_id: str | None,
        merchant_id: str | None,
        mode: CodeMode = CodeMode.OWN,
        replace: bool = False,
    ) -> QrisPayload:
        """Register the code that is printed on a box, perhaps in place of its others."""
        async with self._store() as store:
            read = await partnering.register_code(
                store,
                box=box,
                payload=payload,
                store_id=store_id,
                merchant_id=merchant_id,
                now=self.clock.now(),
                mode=mode,
                replace=replace,
            )
            how = f"{mode.value}{', replacing' if replace else ''}: {read.text}"
            await self._audit(store, "cli", "code_registered", box, how)
        return read

    async def _partner(self, partner_id: str) -> BankPartner | None:
        """Return a partner as it was a few seconds ago at most; strangers are not remembered."""
        known, until_s = self.partners.get(partner_id, (None, 0.0))
        now_s = self.pace.elapsed_s()
        if known is not None and now_s < until_s:
            return known
        self.partners.pop(partner_id, None)
        async with self.database.read() as connection:
            found = await partner_rows.partner(connection, partner_id)
        if found is not None:
            self.partners[partner_id] = found, now_s + _PARTNER_REMEMBERED_S
        return found

    def _note_change(self) -> None:
        self.pace.is_due = True
        self.changed()

    async def _audit(
        self, store: DatabaseMoney, actor: str, action: str, subject: str, what: str
    ) -> None:
        await append_audit(
            store.connection,
            at=self.clock.now(),
            actor=actor,
            action=action,
            subject=subject,
            detail={"what": what},
        )

    @asynccontextmanager
    async def _store(self) -> AsyncIterator[DatabaseMoney]:
        async with self.database.write() as connection:
            yield DatabaseMoney(connection)
