"""Wires the server: from settings to a program whose parts know only what they were given."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import text

from jimpitan_server.adapters.bank_desk import BankDesk, bank_desk
from jimpitan_server.adapters.bell import Bell
from jimpitan_server.adapters.case_desk import CaseDesk
from jimpitan_server.adapters.clock import SystemClock
from jimpitan_server.adapters.collection_desk import CollectionDesk
from jimpitan_server.adapters.configuration_desk import ConfigurationDesk
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.enrolment_store import DatabaseEnrolment
from jimpitan_server.adapters.database.gateway_rows import gateway_of_token
from jimpitan_server.adapters.database.intake_store import DatabaseIntake
from jimpitan_server.adapters.database.migrate import migrate
from jimpitan_server.adapters.database.user_store import DatabaseUsers, end_old_sessions
from jimpitan_server.adapters.day_desk import DayDesk
from jimpitan_server.adapters.enrolment_key import EnrolmentKey
from jimpitan_server.adapters.keyring import BoxKeyring, BoxVault, MasterKey
from jimpitan_server.adapters.ledger_desk import LedgerDesk
from jimpitan_server.adapters.live import LiveTotals, live_totals
from jimpitan_server.adapters.metrics import Metrics, check_reader
from jimpitan_server.adapters.money_desk import MoneyDesk
from jimpitan_server.adapters.passwords import ArgonPasswords
from jimpitan_server.adapters.phone_desk import PhoneDesk, phone_desk
from jimpitan_server.adapters.pull_desk import BENCH, Imported, import_records
from jimpitan_server.adapters.rollout_desk import RolloutDesk
from jimpitan_server.adapters.sticker_desk import StickerDesk
from jimpitan_server.adapters.thanks_desk import ThanksDesk
from jimpitan_server.adapters.visit_desk import VisitDesk
from jimpitan_server.domain.books import Rules
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.command import Visit
from jimpitan_server.domain.errors import NotAuthenticated, ServerError
from jimpitan_server.domain.ids import BoxId, GatewayId, UserId
from jimpitan_server.domain.qris_income import falls_of_income
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.user import Session
from jimpitan_server.services import accept as accepting
from jimpitan_server.services import command as commanding
from jimpitan_server.services import enrol as enrolling
from jimpitan_server.services import login as logging_in
from jimpitan_server.services import maintain as maintaining
from jimpitan_server.services import order as ordering
from jimpitan_server.services import place as placing
from jimpitan_server.services.record import DownMessage
from jimpitan_server.settings import Settings

__all__ = ["BoxId", "Program", "build", "falls_of_income"]  # the simulator measures the last

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Program:
    """The wired server. Each method is one transaction: all of it is kept, or nothing.

    `elapsed_s` measures durations; it tells no time of day.
    """

    settings: Settings
    database: Database
    clock: Clock
    master: MasterKey
    vault: BoxVault
    keyring: BoxKeyring
    passwords: logging_in.Passwords
    metrics: Metrics
    live: LiveTotals
    money: MoneyDesk
    bank: BankDesk
    ledger: LedgerDesk
    cases: CaseDesk
    thanks: ThanksDesk
    configurations: ConfigurationDesk
    rollouts: RolloutDesk
    stickers: StickerDesk
    commands: Bell
    collections: CollectionDesk
    visits: VisitDesk
    days: DayDesk
    phones: PhoneDesk
    elapsed_s: Callable[[], float] = time.monotonic

    async def accept(
        self, deliveries: list[accepting.Delivery], *, gateway: GatewayId
    ) -> accepting.Accepted:
        """Take in what one gateway brought."""
        began_s = self.elapsed_s()
        async with self._intake() as store:
            accepted = await accepting.accept(
                deliveries,
                gateway=gateway,
                now=self.clock.now(),
                keyring=self.keyring,
                store=store,
            )
        self.metrics.note_batch(accepted, self.elapsed_s() - began_s)
        if accepted.stored:
            self.live.changed()
        if accepted.answers:
            await self.rollouts.step_after_answers()
        return accepted

    async def import_records(self, content: bytes, *, actor: str) -> Imported:
        """Take in the file of a box without network; what is known already changes nothing."""
        return await import_records(
            content,
            accept=lambda deliveries: self.accept(list(deliveries), gateway=BENCH),
            database=self.database,
            clock=self.clock,
            actor=actor,
        )

    async def hand_out(self, gateway: GatewayId) -> list[DownMessage]:
        """Return the signed commands, orders and thanks that a gateway should carry now."""
        return [*await self._hand_out_commands(gateway), *await self.thanks.hand_out(gateway)]

    async def _hand_out_commands(self, gateway: GatewayId) -> list[DownMessage]:
        now = self.clock.now()
        async with self.database.read() as connection:
            store = DatabaseIntake(connection, self.settings.quarantine_kept_max)
            if not await commanding.waiting(
                store, gateway=gateway, now=now
            ) and not await ordering.waiting(store, gateway=gateway, now=now):
                return []
        async with self._intake() as writing:
            commands = await commanding.hand_out(
                writing, gateway=gateway, keyring=self.keyring, now=now
            )
            orders = await ordering.hand_out(
                writing, gateway=gateway, keyring=self.keyring, now=now
            )
        return [*commands, *orders]

    async def open_collection(self, box: BoxId, *, actor: UserId) -> Visit:
        """Let a person open a box; the box is told as soon as its gateway asks."""
        async with self._intake() as store:
            visit = await commanding.open_collection(
                store, box=box, actor=actor, now=self.clock.now()
            )
        self.commands.ring()
        return visit

    async def declare_edge(self, box: BoxId, *, seq: int, actor: UserId, reason: str) -> None:
        """Let a lid opening end a holding period, on a person's word."""
        async with self._intake() as store:
            await placing.declare_edge(
                store, box=box, seq=seq, actor=actor, reason=reason, now=self.clock.now()
            )

    async def pass_old_gaps(self) -> int:
        """Stop waiting for records that are missing for too long; return how many gaps."""
        async with self._intake() as store:
            passed = await maintaining.pass_old_gaps(
                store,
                now=self.clock.now(),
                patience=timedelta(seconds=self.settings.gap_patience_s),
            )
        self.metrics.gaps_passed.inc(passed)
        return passed

    async def maintain(self) -> None:
        """Do once what time alone brings about."""
        await self.pass_old_gaps()
        await self.rollouts.step()
        await self.bank.maintain()
        await self.collections.weigh()
        await self.money.reconcile_if_due()
        await self.ledger.seal_if_due()
        await self.stickers.watch_if_due()
        await self.visits.watch_if_due()
        async with self.database.write() as connection:
            await end_old_sessions(connection, self.clock.now())

    async def add_box(self, box: str, *, epoch: int, key: bytes) -> None:
        """Make a box known with a key, or give it the key of a newer epoch."""
        async with self._enrolment() as store:
            await enrolling.add_box(
                store, box=box, epoch=epoch, key=key, vault=self.vault, now=self.clock.now()
            )
        await self._welcome(box)

    async def enrol_box(self, *, token: str, box: str, epoch: int, key: bytes) -> None:
        """Make a box known on the word of a single-use token."""
        async with self._enrolment() as store:
            await enrolling.enrol_box(
                store,
                token=token,
                box=box,
                epoch=epoch,
                key=key,
                vault=self.vault,
                now=self.clock.now(),
            )
        await self._welcome(box)

    async def _welcome(self, box: str) -> None:
        await self.configurations.configure_new(box, timezone=self.settings.timezone)
        self.live.changed()

    async def make_enrolment_token(self) -> str:
        """Return a new token for one box; it is shown only now."""
        async with self._enrolment() as store:
            return await enrolling.make_enrolment_token(store, now=self.clock.now())

    async def add_gateway(self, gateway: str) -> str:
        """Make a gateway known and return its token, which is shown only now."""
        async with self._enrolment() as store:
            return await enrolling.add_gateway(store, gateway=gateway, now=self.clock.now())

    async def gateway_of_token(self, token: str) -> GatewayId:
        """Return the gateway that holds this token, or refuse it."""
        async with self.database.read() as connection:
            gateway = await gateway_of_token(connection, enrolling.fingerprint(token))
        if gateway is None:
            raise NotAuthenticated("This gateway token is unknown or revoked.")
        return gateway

    async def enrolment_public_key(self) -> bytes:
        """Return the public key to which benches seal box keys."""
        return await self._enrolment_key.public()

    async def unseal_enrolment(self, sealed: bytes) -> bytes:
        """Return what a bench sealed to the public key."""
        return await self._enrolment_key.unseal(sealed)

    async def add_user(self, login_name: str, *, role: str, password: str) -> UserId:
        """Keep a new person."""
        async with self.database.write() as connection:
            return await logging_in.add_user(
                DatabaseUsers(connection),
                self.passwords,
                login_name=login_name,
                role=role,
                password=password,
                now=self.clock.now(),
            )

    async def log_in(self, *, login_name: str, password: str) -> logging_in.LoggedIn:
        """Open a session for who knows the password."""
        async with self.database.read() as connection:
            user = await logging_in.check_password(
                DatabaseUsers(connection),
                self.passwords,
                login_name=login_name,
                password=password,
            )
        async with self.database.write() as connection:
            return await logging_in.open_session(
                DatabaseUsers(connection),
                user,
                now=self.clock.now(),
                valid=timedelta(hours=self.settings.session_hours),
            )

    async def session_of(self, token: str) -> Session | None:
        """Return the session of a token, if it still holds."""
        async with self.database.read() as connection:
            return await logging_in.session_of(
                DatabaseUsers(connection), token=token, now=self.clock.now()
            )

    async def log_out(self, token: str) -> None:
        """End the session of a token."""
        async with self.database.write() as connection:
            await logging_in.log_out(DatabaseUsers(connection), token=token)

    def allow_metrics(self, *, client: str, authorization: str) -> None:
        """Refuse who may not read the metrics."""
        token = self.settings.metrics_token
        known = None if token is None else token.get_secret_value()
        check_reader(known, client=client, authorization=authorization)

    async def check_database(self) -> None:
        """Ask the database for a sign of life."""
        async with self.database.read() as connection:
            await connection.execute(text("SELECT 1"))

    async def migrate(self) -> str:
        """Bring the schema up to date, and seal bodies from before; return the version reached."""
        version = await migrate(self.database)
        while await self.bank.bodies.seal_plain(self.clock.now()):
            pass
        return version

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Renew the figures and do the maintenance in the background while inside."""
        works = (
            self.live.run(),
            self._maintaining(),
            self.bank.asking.run(self.settings.maintenance_every_s),
        )
        tasks = [asyncio.create_task(work) for work in works]
        try:
            yield
        finally:
            self.stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        """Let everybody go who waits: viewers of the board and polling gateways."""
        self.live.close()
        self.commands.close()

    async def close(self) -> None:
        """Give back what was opened."""
        self.stop()
        await self.bank.close()
        await self.database.close()

    @asynccontextmanager
    async def _intake(self) -> AsyncIterator[DatabaseIntake]:
        async with self.database.write() as connection:
            yield DatabaseIntake(connection, self.settings.quarantine_kept_max)

    @asynccontextmanager
    async def _enrolment(self) -> AsyncIterator[DatabaseEnrolment]:
        async with self.database.write() as connection:
            yield DatabaseEnrolment(connection)

    @property
    def _enrolment_key(self) -> EnrolmentKey:
        return EnrolmentKey(self.database, self.clock, self.master)

    async def _maintaining(self) -> None:
        while True:
            await asyncio.sleep(self.settings.maintenance_every_s)
            try:
                await self.maintain()
            except ServerError as error:
                log.warning("maintenance_postponed", error=error.code)


async def build(settings: Settings, clock: Clock | None = None) -> Program:
    """Return the wired server; nothing is sent or changed yet."""
    now = clock or SystemClock()
    database, gift = Database(settings.database_url), settings.gift()
    vault = BoxVault(master := MasterKey(settings.master_secret()))
    stale = timedelta(seconds=settings.stale_after_s)
    viewers_max, phone_valid = settings.viewers_max, timedelta(days=settings.phone_days)
    live = live_totals(database, now, gift=gift, stale_after=stale, viewers_max=viewers_max)
    rules = Rules(deposit_low=Rupiah(gift.low_idr), deposit_high=Rupiah(gift.high_idr))
    metrics, commands, keyring = Metrics(), Bell(), BoxKeyring(vault)
    thanks = ThanksDesk(
        database=database,
        clock=now,
        keyring=keyring,
        online_within=stale,
        ring=commands.ring,
        note=lambda outcome: metrics.thanks.labels(outcome).inc(),
    )
    money = MoneyDesk(database, now, rules, live.changed, settings.bank_closed_days)
    visits = VisitDesk(database, now, settings.timezone)
    collections = CollectionDesk(database, now, money, settings.witness_demanded)
    return Program(
        settings=settings,
        database=database,
        clock=now,
        master=master,
        vault=vault,
        keyring=keyring,
        passwords=ArgonPasswords(),
        metrics=metrics,
        live=live,
        money=money,
        bank=bank_desk(database, now, master, money, thank=thanks.add),
        ledger=LedgerDesk(database, now, master, settings.seals_folder),
        cases=CaseDesk(database, now, Rupiah(settings.approval_above_idr)),
        thanks=thanks,
        configurations=ConfigurationDesk(database, now, commands.ring),
        rollouts=RolloutDesk(database, now, settings.publisher(), commands.ring),
        stickers=StickerDesk(
            database, now, settings.scan_patience(), falls_of_income, money.note_change
        ),
        commands=commands,
        visits=visits,
        days=DayDesk(database, now, visits),
        collections=collections,
        phones=phone_desk(collections, master, commands, logged_in_for=phone_valid),
    )
