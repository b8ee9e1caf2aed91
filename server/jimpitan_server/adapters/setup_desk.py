"""The desk of the first run: how far it is, and what no other page sets up."""

from dataclasses import dataclass

from sqlalchemy import func, select

from jimpitan_server.adapters.audited import Audited
from jimpitan_server.adapters.database.container_schema import (
    cans,
    visit_plan_ends,
    visit_plans,
)
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.money_schema import accounts, box_codes
from jimpitan_server.adapters.database.money_store import DatabaseMoney
from jimpitan_server.adapters.database.schema import boxes, gateways, users
from jimpitan_server.adapters.database.witness_schema import witnesses
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.partner import Account
from jimpitan_server.domain.settlement import Settlement
from jimpitan_server.domain.setup import Guide, Standing, guide_of
from jimpitan_server.domain.user import Role
from jimpitan_server.services import partner


@dataclass(frozen=True, slots=True)
class SetupDesk(Audited):
    """What an office needs before the first rupiah can be followed."""

    database: Database
    clock: Clock

    async def standing(self) -> Standing:
        """Return how many of each thing there are, with one statement."""
        number = func.count()
        ended = select(visit_plan_ends.c.plan_id)
        found = {
            "accounts": select(number).select_from(accounts),
            "boxes": select(number).select_from(boxes),
            "cans": select(number).select_from(cans),
            "codes": select(number)
            .select_from(box_codes)
            .where(box_codes.c.withdrawn_at.is_(None)),
            "collectors": select(number)
            .select_from(users)
            .where(users.c.role == Role.COLLECTOR.value, users.c.disabled_at.is_(None)),
            "witnesses": select(number)
            .select_from(witnesses)
            .where(witnesses.c.withdrawn_at.is_(None)),
            "plans": select(number)
            .select_from(visit_plans)
            .where(visit_plans.c.plan_id.not_in(ended)),
            "gateways": select(number).select_from(gateways),
        }
        columns = (one.scalar_subquery().label(name) for name, one in found.items())
        async with self.database.read() as connection:
            row = (await connection.execute(select(*columns))).mappings().one()
        return Standing(**dict(row))

    async def guide(self) -> Guide:
        """Return the steps as they stand."""
        return guide_of(await self.standing())

    async def add_account(self, account_id: str, *, settlement: Settlement, actor: str) -> None:
        """Make an account known; the same one again changes nothing."""
        made = Account(account_id=account_id, settlement=settlement)
        async with self.database.write() as connection:
            store = DatabaseMoney(connection)
            await partner.add_account(store, made, self.clock.now())
            await self._audit(store, actor, "account_added", account_id, settlement.value)
