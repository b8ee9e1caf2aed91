"""Everything that can be done with money, each as one transaction: all of it, or nothing."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from datetime import date

from jimpitan_server.adapters.audited import Audited
from jimpitan_server.adapters.bank_holidays import bank_calendar
from jimpitan_server.adapters.database import account_rows, dossier_rows, match_reading
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.handover_rows import DatabaseHandovers
from jimpitan_server.adapters.database.ledger_store import DatabaseLedger
from jimpitan_server.adapters.database.link_rows import DatabaseLinks, standing_links
from jimpitan_server.adapters.database.match_reading import MatchWish
from jimpitan_server.adapters.database.money_store import DatabaseMoney
from jimpitan_server.adapters.long_work import work_aside
from jimpitan_server.adapters.statement_file import open_sheets
from jimpitan_server.adapters.statement_shelf import StatementShelf
from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.domain.books import ManualLink, Rules
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.match import Match
from jimpitan_server.domain.matching import Matching
from jimpitan_server.domain.partner import Account
from jimpitan_server.domain.qris_payload import QrisPayload
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.settlement import SettlementProfile
from jimpitan_server.domain.statement_profile import StatementProfile
from jimpitan_server.domain.statement_reading import read_statement
from jimpitan_server.domain.sticker import CodeMode
from jimpitan_server.services import partner as partnering
from jimpitan_server.services.close_collection import Counted, Receipt, close_collection
from jimpitan_server.services.dossier import Dossier
from jimpitan_server.services.foresee import Foreseen, foresee, take_near
from jimpitan_server.services.hand_over import answer_handover, offer_handover
from jimpitan_server.services.import_statement import (
    Imported,
    StatementFile,
    import_statement,
    plain_name,
)
from jimpitan_server.services.link import Linked, Wish, end_link, link
from jimpitan_server.services.ports_handover import HandoverAnswer, HandoverOffer
from jimpitan_server.services.reconcile import (
    Reconciled,
    WhatIf,
    keep_matching,
    match_standing,
    rules_in_force,
    save_reconciled,
    take_standing,
    try_rules,
)
from jimpitan_server.services.remit import Paid, RemittanceReceipt, check_holder, remit
from jimpitan_server.services.void import void

_ATTEMPTS = 3
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
class MoneyDesk(Audited):
    """The money side of the server; `changed` is told when a public figure may be another.

    `before_matching` is done after an import, before it is matched; on `closed_days` banks rest as
    well.
    """

    database: Database
    clock: Clock
    rules: Rules
    changed: Callable[[], None]
    closed_days: tuple[date, ...] = ()
    pace: Pace = field(default_factory=Pace)
    before_matching: list[Callable[[], Awaitable[object]]] = field(default_factory=list)
    shelf: StatementShelf = field(default_factory=StatementShelf)

    async def import_statement(self, wish: ImportWish) -> Imported:
        """Import a statement file and match anew; a dry run only looks."""
        imported = await self.take_statement(wish)
        if imported.import_id is not None:
            for work in self.before_matching:
                await work()
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
        if imported.import_id is None and not imported.faults:
            return replaced(imported, foreseen=await self._foresee(imported))
        self.pace.is_due |= imported.import_id is not None
        return imported

    async def _foresee(self, imported: Imported) -> Foreseen:
        """Return what the new credits of a file will answer, as far as it is known now.

        Nothing is kept, so nobody who writes or asks waits for it: a year takes seconds.
        """
        now = self.clock.now()
        async with self.database.read() as connection:
            store = DatabaseMoney(connection)
            rules = rules_in_force(
                self._rules(), accounts=await store.accounts(), rules_set=await store.rules_set()
            )
            outset = await take_near(store, imported.account, imported.new, rules=rules, now=now)
        return await work_aside(foresee, outset, rules)

    async def close_collection(
        self, counted: Counted, *, witness_demanded: bool = True
    ) -> Receipt:
        """Keep a count made at the lid."""
        async with self._store() as store:
            receipt = await close_collection(
                store, counted, self.clock.now(), witness_demanded=witness_demanded
            )
        self.note_change()
        return receipt

    async def remit(self, paid: Paid, *, only_own: bool = False) -> RemittanceReceipt:
        """Keep that counted cash was paid in; with `only_own` nothing that others hold alone."""
        async with self._store() as store:
            if only_own:
                await check_holder(DatabaseHandovers(store.connection), paid)
            receipt = await remit(store, paid, self.clock.now())
        self.note_change()
        return receipt

    async def void(
        self,
        *,
        kind: str,
        subject_id: str,
        reason: str,
        actor: str,
        own_up_to: Rupiah | None = None,
    ) -> None:
        """Withdraw an entry with a reason."""
        async with self._store() as store:
            await void(
                store,
                kind=kind,
                subject_id=subject_id,
                reason=reason,
                actor=actor,
                now=self.clock.now(),
                own_up_to=own_up_to,
            )
            await self._audit(store, actor, "voided", f"{kind}/{subject_id}", reason)
        self.note_change()

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
                reconciled = await work_aside(match_standing, standing, self._rules())
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
            reconciled = await work_aside(match_standing, standing, self._rules())
            await save_reconciled(store, ledger, reconciled, now)
        return reconciled

    async def offer_handover(self, offer: HandoverOffer) -> bool:
        """Keep that a person hands counts over; say whether it was new."""
        async with self._store() as store:
            return await offer_handover(DatabaseHandovers(store.connection), offer)

    async def answer_handover(
        self, handover_id: str, *, received: Rupiah | None, note: str, actor: str
    ) -> HandoverAnswer:
        """Keep what the receiver of a handover found."""
        async with self._store() as store:
            answer = await answer_handover(
                DatabaseHandovers(store.connection),
                handover_id=handover_id,
                received=received,
                note=note,
                actor=actor,
                now=self.clock.now(),
            )
        self.note_change()
        return answer

    async def what_if(self, changes: Mapping[str, str]) -> WhatIf:
        """Match what stands by the rules and by changed ones; nothing is kept."""
        async with self.pace.turn:  # one at a time, and none beside a matching
            async with self.database.read() as connection:
                standing = await take_standing(
                    DatabaseMoney(connection), DatabaseLedger(connection), self.clock.now()
                )
            return await work_aside(try_rules, standing, self._rules(), changes)

    async def matches(self, wish: MatchWish) -> list[Match]:
        """Return matches as they were found last, a page at a time."""
        async with self.database.read() as connection:
            return await match_reading.matches(connection, wish)

    async def link(self, wish: Wish) -> Linked:
        """Link papers on a person's word."""
        async with self._store() as store:
            linked = await link(DatabaseLinks(store.connection), wish, self.clock.now())
            if linked.is_new:
                await self._audit(store, wish.actor, "linked", wish.link_id, linked.link.reason)
        self.note_change()
        return linked

    async def end_link(self, link_id: str, *, reason: str, actor: str) -> None:
        """End a link that a person made."""
        async with self._store() as store:
            links = DatabaseLinks(store.connection)
            await end_link(links, link_id, reason=reason, actor=actor, now=self.clock.now())
            await self._audit(store, actor, "link_ended", link_id, reason)
        self.note_change()

    async def links(self) -> tuple[ManualLink, ...]:
        """Return the links that stand."""
        async with self.database.read() as connection:
            return await standing_links(connection)

    def _rules(self) -> Rules:
        """Return the rules with the bank's calendar as it is known today."""
        today = bank_day(self.clock.now())
        return replaced(self.rules, calendar=bank_calendar(today, self.closed_days))

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

    async def settle_by(
        self, account: str, *, profile: str, valid_from: date, actor: str
    ) -> SettlementProfile:
        """Let an account settle by another profile from a day on."""
        async with self._store() as store:
            found = await partnering.settle_by(
                store,
                account,
                profile=profile,
                valid_from=valid_from,
                actor=actor,
                now=self.clock.now(),
            )
            told = f"{profile} from {valid_from.isoformat()}"
            await self._audit(store, actor, "settlement_changed", account, told)
        self.note_change()
        return found

    async def accounts(self) -> list[Account]:
        """Return every account."""
        async with self.database.read() as connection:
            return await account_rows.all_accounts(connection)

    async def register_code(
        self,
        *,
        box: str,
        payload: str,
        store_id: str | None,
        merchant_id: str | None,
        mode: CodeMode = CodeMode.OWN,
        replace: bool = False,
        actor: str = "cli",
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
            await self._audit(store, actor, "code_registered", box, how)
        return read

    def note_change(self) -> None:
        """Let matching and public figures know that there is something new."""
        self.pace.is_due = True
        self.changed()

    @asynccontextmanager
    async def _store(self) -> AsyncIterator[DatabaseMoney]:
        async with self.database.write() as connection:
            yield DatabaseMoney(connection)
