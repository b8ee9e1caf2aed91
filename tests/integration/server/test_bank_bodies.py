"""Raw bodies are sealed, end with their key, and come along from databases before them."""

from datetime import timedelta

import pytest
from alembic import command
from bank_town import Bank
from jimpitan_server.adapters.database.append_only import PROTECTED
from jimpitan_server.adapters.database.bank_schema import (
    bank_partner_keys,
    body_keys,
    sealed_bodies,
)
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.migrate import config_for
from jimpitan_server.adapters.database.money_schema import notification_bodies, notifications
from jimpitan_server.adapters.database.schema import audit
from jimpitan_server.bootstrap import Program, build
from jimpitan_server.domain.errors import NotFound
from jimpitan_server.entrypoints.doctor import examine
from jimpitan_server.settings import Settings
from money_town import SNAP, Town, town
from server_boxes import MASTER_KEY, StepClock
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import DBAPIError

__all__ = ["town"]
pytestmark = pytest.mark.integration
DONOR = "SITI RAHMAWATI"


async def everything(program: Program) -> bytes:
    """Return all that stands in the tables of bodies and keys."""
    found = b""
    async with program.database.read() as connection:
        for table in (notification_bodies, sealed_bodies, body_keys):
            for row in await connection.execute(select(table)):
                found += b"|".join(
                    value if isinstance(value, bytes) else str(value).encode() for value in row
                )
    return found


async def test_a_body_is_sealed_and_opens_for_who_says_why(town: Town) -> None:
    body = town.body("R1", 1_000, customerName=DONOR)
    assert await town.notify(body) == "2005200"
    assert DONOR.encode() not in await everything(town.program)
    assert await town.program.bank.read_body(1, actor="siti", reason="sengketa") == body
    async with town.program.database.read() as connection:
        rows = (await connection.execute(select(audit).order_by(audit.c.audit_id))).mappings()
        last = rows.all()[-1]
    assert (last["actor"], last["action"], last["subject"]) == (
        "siti",
        "body_read",
        "notification/1",
    )
    with pytest.raises(NotFound):
        await town.program.bank.read_body(99, actor="siti", reason="sengketa")


async def test_bodies_end_with_the_key_of_their_day_and_what_proves_them_stays(
    town: Town,
) -> None:
    program = town.program
    await town.notify(town.body("R1", 1_000, customerName=DONOR))
    town.clock.step(days=1)
    later = town.body("R2", 2_000)
    await town.notify(later)
    town.clock.step(days=179)
    await program.maintain()
    assert await town.count(body_keys) == 2
    town.clock.step(days=1)
    findings = {finding.name: finding.is_fine for finding in await examine(program)}
    assert findings["bodies"] is False
    await program.maintain()
    assert (await town.count(body_keys), await town.count(sealed_bodies)) == (1, 1)
    with pytest.raises(NotFound, match="180 days"):
        await program.bank.read_body(1, actor="a", reason="r")
    assert await program.bank.read_body(2, actor="a", reason="r") == later
    async with program.database.read() as connection:
        row = (await connection.execute(select(notifications))).mappings().first()
        actions = set((await connection.execute(select(audit.c.action))).scalars())
    assert row is not None
    assert (len(row["body_sha256"]), row["amount_idr"], bool(row["signature"])) == (
        32,
        1_000,
        True,
    )
    assert "bodies_destroyed" in actions
    assert all(finding.is_fine for finding in await examine(program))


async def test_a_body_in_anothers_place_does_not_open(town: Town) -> None:
    await town.notify(town.body("R1", 1_000))
    await town.notify(town.body("R2", 2_000))
    async with town.program.database.write() as connection:
        await connection.execute(
            text(
                "UPDATE sealed_bodies SET sealed = (SELECT sealed FROM sealed_bodies"
                " WHERE notification_id = 2) WHERE notification_id = 1"
            )
        )
    with pytest.raises(Exception, match="does not fit"):
        await town.program.bank.bodies.open(1)


async def test_a_key_made_by_another_process_is_used(town: Town) -> None:
    other = await build(town.program.settings, town.clock)
    day, now = town.clock.now().date(), town.clock.now()
    ours = await town.program.bank.bodies.key_of(day, now)
    theirs = await other.bank.bodies.key_of(day, now)
    assert theirs.unwrap(ours.wrap(b"x", purpose="p"), purpose="p") == b"x"
    await other.close()


async def test_what_banks_told_refuses_to_be_changed(town: Town) -> None:
    await town.notify(town.body("R1", 1_000), X_SIGNATURE="QUJD")
    await town.notify(town.body("R1", 1_000) + b" ", X_EXTERNAL_ID="1")
    for statement in (
        "UPDATE bank_refusals SET code = '2005200'",
        "DELETE FROM bank_refusals",
        "DELETE FROM bank_partner_keys",
    ):
        with pytest.raises(DBAPIError):
            async with town.program.database.write() as connection:
                await connection.execute(text(statement))
    assert {"bank_refusals", "payment_hints", "payment_refunds"} <= set(PROTECTED)


OLD = {
    "accounts": {"account_id": "bsi-1", "settlement": "payment", "created_at": 1},
    "bank_partners": {
        "partner_id": "BANK-snap-asymmetric",
        "account_id": "bsi-1",
        "path": "/snap/v1.0/qr/qr-mpm-notify",
        "public_key_pem": SNAP["public_key_pem"],
        "window_s": 900,
        "merchant_ids": "[]",
        "created_at": 1,
    },
}


async def test_a_database_from_before_keeps_its_partners_and_seals_its_bodies(
    database_url: str, clock: StepClock
) -> None:
    if not database_url.startswith("sqlite"):
        return  # where a database is made empty quickly; the steps are the same on both
    path = database_url.replace("jimpitan.db", "before.db")
    database = Database(path)

    def upgrade(connection: Connection) -> None:
        command.upgrade(config_for(connection), "0004")

    async with database.write() as connection:
        await connection.run_sync(upgrade)
        for table, values in OLD.items():
            names = ", ".join(values)
            places = ", ".join(f":{name}" for name in values)
            await connection.execute(
                text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values
            )
        for number, day in ((1, clock.now().date()), (2, clock.now().date() - timedelta(300))):
            await connection.execute(
                insert(notifications).values(
                    notification_id=number,
                    partner_id="BANK-snap-asymmetric",
                    bank_day=day,
                    external_id=str(number),
                    timestamp="t",
                    signature="s",
                    body_sha256=b"x" * 32,
                    held=False,
                    received_at=clock.now(),
                )
            )
            await connection.execute(
                insert(notification_bodies).values(notification_id=number, body=DONOR.encode())
            )
    await database.close()
    program = await build(Settings(database_url=path, master_key=MASTER_KEY), clock)
    await program.migrate()
    assert DONOR.encode() not in await everything(program)
    assert await program.bank.read_body(1, actor="a", reason="r") == DONOR.encode()
    await program.maintain()  # the older one is long over
    with pytest.raises(NotFound):
        await program.bank.read_body(2, actor="a", reason="r")
    async with program.database.read() as connection:
        key = (await connection.execute(select(bank_partner_keys))).mappings().one()
    assert (key["purpose"], len(key["fingerprint"])) == ("notification", 32)
    await _still_believed(program, clock)
    assert all(finding.is_fine for finding in await examine(program))
    await program.close()


async def _still_believed(program: Program, clock: StepClock) -> None:
    import httpx
    from jimpitan_server.entrypoints.http.app import create_app

    transport = httpx.ASGITransport(create_app(program))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        bank = Bank(Town(program, clock, client), "snap-asymmetric")
        assert await bank.send(bank.body("R1")) == "2005200"
