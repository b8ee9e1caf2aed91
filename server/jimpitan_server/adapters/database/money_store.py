"""The database of one transaction, as everything that handles money sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database import (
    account_rows,
    books_rows,
    collection_rows,
    finding_rows,
    handover_rows,
    match_rows,
    near_rows,
    notification_rows,
    partner_rows,
    rule_rows,
    statement_rows,
)
from jimpitan_server.domain.books import Books
from jimpitan_server.domain.discrepancy import Discrepancy
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.match import Match
from jimpitan_server.domain.matching import Matching
from jimpitan_server.domain.notification import PaymentKeys
from jimpitan_server.domain.partner import Account
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.statement import StatementLine
from jimpitan_server.domain.statement_gaps import Stretch
from jimpitan_server.services.ports_money import (
    BoxCode,
    CollectionRow,
    ImportRow,
    NotificationRow,
    PaymentRow,
    RemittanceRow,
)


@dataclass(frozen=True, slots=True)
class DatabaseMoney:
    """Every store of `ports_money` on one open transaction."""

    connection: AsyncConnection

    async def rules_set(self) -> Mapping[str, str]:
        """Return the value of each rule that the programme set for itself."""
        return await rule_rows.rules_set(self.connection)

    async def account(self, account_id: str) -> Account | None:
        """Return an account, or None."""
        return await account_rows.account(self.connection, account_id)

    async def accounts(self) -> list[Account]:
        """Return every account."""
        return await account_rows.all_accounts(self.connection)

    async def add_account(self, account: Account, now: datetime) -> None:
        """Keep a new account."""
        await account_rows.add_account(self.connection, account, now)

    async def add_settlement(
        self, account_id: str, *, profile: str, valid_from: date, actor: str, now: datetime
    ) -> None:
        """Keep how an account settles from a day on."""
        await account_rows.add_settlement(
            self.connection,
            account_id,
            profile=profile,
            valid_from=valid_from,
            actor=actor,
            now=now,
        )

    async def add_code(self, code: BoxCode, now: datetime) -> None:
        """Keep the code on a box; one that is known already takes on the mode."""
        await partner_rows.add_code(self.connection, code, now)

    async def withdraw_codes(self, box: BoxId, *, but: str, now: datetime) -> int:
        """Let a box carry no other code than `but` from now on; return how many it loses."""
        return await partner_rows.withdraw_codes(self.connection, box, but=but, now=now)

    async def box_of(self, keys: PaymentKeys) -> BoxId | None:
        """Return the one box whose code fits these keys, or None if there are none or more."""
        return await partner_rows.box_of(self.connection, keys)

    async def add_notification(self, row: NotificationRow) -> int | None:
        """Keep a message and return its number; None if its external id came today already."""
        return await notification_rows.add_notification(self.connection, row)

    async def body_sha256_of(self, partner: str, bank_day: date, external_id: str) -> bytes:
        """Return the digest of the body that came under this external id that day."""
        return await notification_rows.body_sha256_of(
            self.connection, partner, bank_day, external_id
        )

    async def add_payment(self, row: PaymentRow) -> bool:
        """Keep a payment once and for ever; say whether it was new."""
        return await notification_rows.add_payment(self.connection, row)

    async def payment_amount(self, partner: str, payment_key: str) -> Rupiah | None:
        """Return the amount of a payment that is kept, or None."""
        return await notification_rows.payment_amount(self.connection, partner, payment_key)

    async def raise_discrepancies(self, found: Sequence[Discrepancy]) -> None:
        """Keep findings; one that is known already changes nothing."""
        await finding_rows.raise_discrepancies(self.connection, found)

    async def lock_books(self) -> None:
        """Let no other import or matching run until the transaction ends."""
        await statement_rows.lock_books(self.connection)

    async def other_profiles(
        self, account: str, *, profile: str, first_on: date, last_on: date
    ) -> list[str]:
        """Return under which other profiles lines of these days were imported."""
        return await statement_rows.other_profiles(
            self.connection, account, profile=profile, first_on=first_on, last_on=last_on
        )

    async def known_lines(
        self, account: str, *, first_on: date, last_on: date
    ) -> set[tuple[str, int]]:
        """Return (row hash, occurrence) of the lines held of these days."""
        return await statement_rows.known_lines(
            self.connection, account, first_on=first_on, last_on=last_on
        )

    async def stretches(self, account: str) -> list[Stretch]:
        """Return the days and balances of every import of an account that told balances."""
        return await statement_rows.stretches(self.connection, account)

    async def moved_by_day(self, account: str) -> dict[date, Rupiah]:
        """Return the sum of the lines held, by the day they were booked."""
        return await statement_rows.moved_by_day(self.connection, account)

    async def add_import(
        self, row: ImportRow, lines: Sequence[StatementLine], stretch: Stretch | None
    ) -> int:
        """Keep an import with its new lines; return its number."""
        return await statement_rows.add_import(self.connection, row, lines, stretch)

    async def exchange_gaps(
        self, account: str, found: Sequence[Discrepancy], now: datetime
    ) -> None:
        """Raise the gaps of an account that are new, and close those that are filled."""
        await statement_rows.exchange_gaps(self.connection, account, found, now)

    async def add_collection(self, row: CollectionRow) -> bool:
        """Keep a count; say whether neither its id nor its content was there before."""
        return await collection_rows.add_collection(self.connection, row)

    async def collection_by_content(self, content_sha256: bytes) -> str | None:
        """Return the id of the count with this content, or None."""
        return await collection_rows.collection_by_content(self.connection, content_sha256)

    async def totals_of(self, collection_ids: Sequence[str]) -> dict[str, Rupiah]:
        """Return what was counted in those of these collections that stand."""
        return await collection_rows.totals_of(self.connection, collection_ids)

    async def remitted(self, collection_ids: Sequence[str]) -> dict[str, str]:
        """Return the standing remittance of those of these collections that have one."""
        return await collection_rows.remitted(self.connection, collection_ids)

    async def add_remittance(self, row: RemittanceRow) -> bool:
        """Keep a remittance; say whether its id was new."""
        return await collection_rows.add_remittance(self.connection, row)

    async def remittance_content(self, remittance_id: str) -> bytes | None:
        """Return the digest of the remittance with this id, or None."""
        return await collection_rows.remittance_content(self.connection, remittance_id)

    async def exists(self, kind: str, subject_id: str) -> bool:
        """Say whether there is such a collection, remittance or payment."""
        return await collection_rows.entry_exists(self.connection, kind, subject_id)

    async def hands_of(self, kind: str, subject_id: str) -> tuple[Rupiah, frozenset[str]]:
        """Return the sum of an entry and who counted, took over or paid in its money."""
        return await handover_rows.hands_of(self.connection, kind, subject_id)

    async def add_void(
        self, *, kind: str, subject_id: str, reason: str, actor: str, now: datetime
    ) -> bool:
        """Withdraw an entry; say whether it stood until now."""
        return await collection_rows.add_void(
            self.connection,
            kind=kind,
            subject_id=subject_id,
            reason=reason,
            actor=actor,
            now=now,
        )

    async def generation(self) -> int:
        """Return the number of the books' present state."""
        return await statement_rows.generation(self.connection)

    async def load_books(self, now: datetime) -> tuple[Books, list[Account]]:
        """Return everything that stands, and the accounts."""
        return await books_rows.load_books(self.connection, now), await self.accounts()

    async def papers_near(
        self, account: str, *, first_on: date, last_on: date, now: datetime
    ) -> tuple[Books, list[Match]]:
        """Return the papers of an account around some days, and what matching said of them."""
        return await near_rows.papers_near(
            self.connection, account, first_on=first_on, last_on=last_on, now=now
        )

    async def save_matching(self, matching: Matching, now: datetime) -> None:
        """Exchange matches, states, position and open discrepancies for the present ones."""
        await match_rows.save_matching(self.connection, matching, now)
