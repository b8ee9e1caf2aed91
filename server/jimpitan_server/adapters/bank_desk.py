"""Everything that happens at the banks' doors, each message as one transaction."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from jimpitan_server.adapters import snap
from jimpitan_server.adapters.audited import Audited
from jimpitan_server.adapters.bank_asking import BankAsking
from jimpitan_server.adapters.bank_http import outside
from jimpitan_server.adapters.bank_trail import STRANGERS, BankTrail
from jimpitan_server.adapters.bodies import Bodies
from jimpitan_server.adapters.database import bank_partner_rows, hint_rows, trail_rows
from jimpitan_server.adapters.database.bank_store import DatabaseBank, end_old_tokens
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.keyring import MasterKey
from jimpitan_server.adapters.money_desk import MoneyDesk
from jimpitan_server.adapters.partner_keys import kept_key
from jimpitan_server.adapters.partner_memory import PartnerMemory
from jimpitan_server.domain.bank_connection import BankConnection
from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.errors import NotFound, ServerError
from jimpitan_server.domain.partner import Account, BankPartner
from jimpitan_server.domain.thanks import Thanks
from jimpitan_server.services import bank_partner as partnering
from jimpitan_server.services import issue_token as issuing
from jimpitan_server.services import notify as notifying
from jimpitan_server.services.bank_message import (
    CLIENT_HEADERS,
    HEADER_LENGTH_MAX,
    BankAnswer,
    Message,
    RefusalReason,
    Refused,
)
from jimpitan_server.services.bank_partner import NewKey
from jimpitan_server.services.book_notification import Booked, book
from jimpitan_server.services.ports_bank import PartnerView

ANSWERS_SHOWN = timedelta(days=7)
REFUSALS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class BankDesk(Audited):
    """The banks' side of the server; `changed` is told when there is something new to match.

    `thank` is told of a payment that a box may answer.
    """

    database: Database
    clock: Clock
    master: MasterKey
    bodies: Bodies
    trail: BankTrail
    memory: PartnerMemory
    asking: BankAsking
    changed: Callable[[], None]
    thank: Callable[[Thanks], None]

    async def notify(self, message: Message) -> BankAnswer:
        """Take in a bank's notification; it is kept before the answer is returned.

        Token and signature are checked before a writing transaction is begun, so that a stranger
        cannot make genuine messages wait.
        """
        partner = await self._partner(message.partner_id)
        examined = await self._examine(message, partner)
        if isinstance(examined, Refused):
            return await self._refuse(partner, examined, message)
        day_key = await self.bodies.key_of(bank_day(message.received_at), message.received_at)
        async with self._store() as store:
            booked = await book(examined, store, day_key.wrap)
        return await self._answered(examined, booked)

    async def _answered(self, examined: notifying.Examined, booked: Booked) -> BankAnswer:
        partner, message = examined.partner, examined.message
        if booked.refused is not None:
            refused = Refused(booked.answer, booked.refused)
            return await self._refuse(partner, refused, message)
        self.trail.count(partner.partner_id, booked.answer, message.received_at)
        self.changed()
        if booked.thanks is not None:  # later and apart: no thanks may cost the bank its answer
            asyncio.get_running_loop().call_soon(self.thank, booked.thanks)
        return booked.answer

    async def _examine(
        self, message: Message, partner: BankPartner | None
    ) -> notifying.Examined | Refused:
        known = notifying.check_client(message, partner)
        if isinstance(known, Refused):
            return known
        wrong = notifying.check_headers(message, known)
        if wrong is None and known.profile.needs_token:
            holds = bool(message.bearer) and await self.memory.holds(
                known.partner_id, message.bearer, message.received_at
            )
            wrong = notifying.check_token(message, known, holds=holds)
        return wrong or notifying.examine(message, known, snap.is_signed)

    async def give_token(self, message: Message) -> issuing.Token | BankAnswer:
        """Give a bank an access token, or the answer that it gets none."""
        wrong = issuing.check_token_headers(message)
        partner = await self._partner(message.header(CLIENT_HEADERS))
        wrong = wrong or issuing.check_token_request(message, partner, snap.is_signed)
        if wrong is not None:
            return await self._refuse(partner, wrong, message)
        assert partner is not None
        async with self._store() as store:
            token = await issuing.issue_token(store, message, partner)
        self.trail.count(partner.partner_id, issuing.TOKEN_SUCCESSFUL, message.received_at)
        return token

    async def too_large(self, message: Message, answer: BankAnswer) -> BankAnswer:
        """Refuse a body that is longer than any notification."""
        partner = await self._partner(message.partner_id)
        refused = Refused(answer, RefusalReason.BODY)
        return await self._refuse(partner, refused, message)

    async def _partner(self, name: str) -> BankPartner | None:
        fits = 0 < len(name) <= HEADER_LENGTH_MAX
        return await self.memory.partner(name) if fits else None

    async def _refuse(
        self, partner: BankPartner | None, refused: Refused, message: Message
    ) -> BankAnswer:
        partner_id = partner.partner_id if partner else None
        self.trail.count(partner_id, refused.answer, message.received_at)
        await self.trail.refused(partner_id, refused.answer, refused.reason, message)
        return refused.answer

    async def add_partner(
        self,
        partner: BankPartner,
        account: Account,
        keys: Sequence[NewKey],
        *,
        actor: str,
        profile: str | None = None,
    ) -> None:
        """Make a bank partner known; `profile` is the text of one that a person described."""
        async with self._store() as store:
            await partnering.add_partner(
                store,
                replace(partner, account=account.account_id),
                account,
                profile=profile or partner.profile.name,
                keys=keys,
                keep=self._keep(actor),
                now=self.clock.now(),
            )
            detail = {"what": partner.path, "profile": partner.profile.name}
            await self._audit(store, actor, "partner_added", partner.partner_id, detail)
        self.memory.forget()

    async def connect(self, new: BankConnection, keys: Sequence[NewKey], *, actor: str) -> None:
        """Keep how a bank is asked, and with which keys of ours."""
        partner = await self.partner(new.partner_id)
        async with self._store() as store:
            for key in keys:
                await partnering.add_key(store, partner, key, keep=self._keep(actor))
            detail = {"base_url": new.base_url, "client": new.client_id}
            await self._audit(store, actor, "partner_connected", new.partner_id, detail)
        await self.asking.connect(new)

    async def add_key(self, partner_id: str, key: NewKey, *, actor: str) -> int:
        """Give a partner one more key, beside those it has; return its number."""
        partner = await self.partner(partner_id)
        async with self._store() as store:
            number = await partnering.add_key(store, partner, key, keep=self._keep(actor))
            detail = {"key": number, "purpose": key.purpose.value}
            await self._audit(store, actor, "partner_key_added", partner_id, detail)
        self.memory.forget()
        return number

    async def revoke_key(self, partner_id: str, key_id: int, *, actor: str) -> None:
        """Let a key of a partner count no longer."""
        async with self._store() as store:
            purpose = await partnering.revoke_key(store, partner_id, key_id, self.clock.now())
            detail = {"key": key_id, "purpose": purpose.value}
            await self._audit(store, actor, "partner_key_revoked", partner_id, detail)
        self.memory.forget()

    async def revoke_partner(self, partner_id: str, *, actor: str, reason: str) -> None:
        """Believe a partner no longer; what it said stays."""
        async with self._store() as store:
            await partnering.revoke_partner(store, partner_id, self.clock.now())
            await self._audit(store, actor, "partner_revoked", partner_id, {"reason": reason})
        self.memory.forget()

    async def partner(self, partner_id: str) -> BankPartner:
        """Return a partner that is not revoked, as it is now."""
        async with self.database.read() as connection:
            found = await bank_partner_rows.partner_named(connection, partner_id, self.master)
        if found is None or found.partner_id != partner_id:
            raise NotFound(f"There is no partner {partner_id[:64]}.", code="partner_unknown")
        return found

    async def partners(self) -> list[PartnerView]:
        """Return every partner with what is heard of it; counters are a minute old at most."""
        since = bank_day(self.clock.now()) - ANSWERS_SHOWN
        async with self.database.read() as connection:
            answers = await trail_rows.answers_since(connection, since)
            heard = await trail_rows.heard_at(connection)
            hints = await hint_rows.open_by_partner(connection)
            connected = await bank_partner_rows.connected(connection)
            return [
                PartnerView(
                    partner=partner,
                    keys=await bank_partner_rows.keys_of(connection, partner.partner_id),
                    added_at=added_at,
                    revoked_at=revoked_at,
                    heard_at=heard.get(partner.partner_id),
                    answers_by_code=answers.get(partner.partner_id, {}),
                    hints_open=hints.get(partner.partner_id, 0),
                    is_connected=partner.partner_id in connected,
                )
                for partner, added_at, revoked_at in await bank_partner_rows.all_partners(
                    connection, self.master
                )
            ]

    async def refusals(self) -> tuple[list[Mapping[str, Any]], dict[str, int]]:
        """Return the newest refusals that were kept, and what strangers were answered."""
        since = bank_day(self.clock.now()) - ANSWERS_SHOWN
        async with self.database.read() as connection:
            answers = await trail_rows.answers_since(connection, since)
            newest = await trail_rows.newest_refusals(connection, limit=REFUSALS_SHOWN)
        return [dict(row) for row in newest], answers.get(STRANGERS, {})

    async def read_body(self, notification_id: int, *, actor: str, reason: str) -> bytes:
        """Return the raw body of a notification, which names a donor; that it was read is kept."""
        body = await self.bodies.open(notification_id)
        async with self._store() as store:
            subject, detail = f"notification/{notification_id}", {"reason": reason}
            await self._audit(store, actor, "body_read", subject, detail)
        return body

    async def close(self) -> None:
        """Keep what was only counted so far."""
        with suppress(ServerError):
            await self.trail.keep_counts()

    async def maintain(self) -> None:
        """Do once what time alone brings about here."""
        now = self.clock.now()
        await self.trail.keep_counts()
        async with self.database.write() as connection:
            await end_old_tokens(connection, now)
        await self.bodies.seal_plain(now)
        await self.bodies.destroy_old(now)
        await self.asking.give_up_old()

    def _keep(self, actor: str) -> partnering.Keeper:
        def keep(partner: BankPartner, key: NewKey) -> Mapping[str, Any]:
            return kept_key(
                partner.partner_id,
                partner.profile,
                key,
                master=self.master,
                actor=actor,
                now=self.clock.now(),
            )

        return keep

    @asynccontextmanager
    async def _store(self) -> AsyncIterator[DatabaseBank]:
        async with self.database.write() as connection:
            yield DatabaseBank(connection)


def bank_desk(
    database: Database,
    clock: Clock,
    master: MasterKey,
    money: MoneyDesk,
    *,
    thank: Callable[[Thanks], None],
) -> BankDesk:
    """Return the desk with everything that it stands on, beside that of the money."""
    asking = BankAsking(
        database, master, outside(clock), money.import_statement, money.note_change
    )
    money.before_matching.append(asking.confirm_by_statements)
    return BankDesk(
        database=database,
        clock=clock,
        master=master,
        bodies=Bodies(database, master),
        trail=BankTrail(database),
        memory=PartnerMemory(database, master, time.monotonic),
        asking=asking,
        changed=money.note_change,
        thank=thank,
    )
