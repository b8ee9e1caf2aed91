"""The ledger on real databases: it follows the money, is closed, sealed, published and checked."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from jimpitan_server.adapters.database.engine import SQLITE
from jimpitan_server.adapters.database.ledger_schema import ledger_entries, ledger_seals
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.ledger import chained
from jimpitan_server.entrypoints import doctor, verify
from jimpitan_server.settings import Settings
from money_town import ACCOUNT, Town, town
from server_boxes import MASTER_KEY
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from test_server_fleet_pages import log_in, token

__all__ = ["town"]
pytestmark = pytest.mark.integration
COLLECTOR = "collector:user-collector"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Return the settings of a fresh server that publishes its seals."""
    return Settings(
        database_url=database_url, master_key=MASTER_KEY, seals_folder=tmp_path / "seals"
    )


async def places(town: Town) -> dict[str, int]:
    """Return what lies where, after matching; the rest is always nothing."""
    await town.program.money.reconcile()
    answer = await town.client.get("/api/v1/ledger", headers=await town.authorized("auditor"))
    told = answer.json()
    assert told["rest_idr"] == 0
    found: dict[str, int] = told["places"]
    return {place: amount for place, amount in found.items() if amount}


async def a_count_paid_in(town: Town) -> str:
    """Count, pay in by slip and see it on the statement; return the id of the count."""
    counted = (await town.count_cash()).json()["collection_id"]
    await town.remit(20_500, counted)
    await town.statement("20,11:00:00,20500,SETOR TUNAI SLIP-000123")
    return str(counted)


async def test_the_ledger_follows_a_gift_to_the_account(town: Town) -> None:
    counted = (await town.count_cash()).json()["collection_id"]
    assert await places(town) == {"given_cash": -20_500, COLLECTOR: 20_500}
    await town.remit(20_500, counted)
    assert await places(town) == {
        "given_cash": -20_500,
        f"bank_provisional:{ACCOUNT}": 20_500,
    }
    assert await town.pay("REF-1", 3_000, terminalId="A17") == "2005200"
    await town.statement("20,11:00:00,20500,SETOR TUNAI SLIP-000123")
    assert await places(town) == {
        "given_cash": -20_500,
        "given_qris": -3_000,
        f"bank_provisional:{ACCOUNT}": 3_000,
        f"bank_confirmed:{ACCOUNT}": 20_500,
    }
    entries = await town.count(ledger_entries)
    assert await places(town)
    assert await town.count(ledger_entries) == entries


async def test_what_is_withdrawn_is_reversed_and_never_removed(town: Town) -> None:
    counted = (await town.count_cash()).json()["collection_id"]
    await places(town)
    await town.send(
        "treasurer",
        f"/api/v1/collections/{counted}/void",
        {"reason": "salah hitung, diulang"},
    )
    assert await places(town) == {}
    table = ledger_entries
    async with town.program.database.read() as connection:
        statement = select(table.c.key, table.c.reverses).order_by(table.c.number)
        assert list(await connection.execute(statement)) == [
            (f"collection/{counted}", None),
            (f"collection/{counted}", 1),
        ]


async def close(town: Town, until: str, note: str = "Berita acara 12") -> dict[str, object]:
    answer = await town.send(
        "treasurer", "/api/v1/ledger/closings", {"until": until, "note": note}
    )
    told: dict[str, object] = answer.json()
    return told | {"status": answer.status_code}


async def test_a_closed_period_becomes_the_fund_and_takes_nothing_more(town: Town) -> None:
    await a_count_paid_in(town)
    town.clock.step(days=3)
    await places(town)
    assert (await close(town, "2026-11-23"))["error"] == "period_not_over"
    closed = await close(town, "2026-11-22")
    assert (closed["status"], closed["into_fund_idr"]) == (201, {ACCOUNT: 20_500})
    assert (await close(town, "2026-11-21"))["error"] == "period_closed"
    assert (await close(town, "2026-11-22", "pendek"))["status"] == 422
    assert (await places(town))[f"fund:{ACCOUNT}"] == 20_500
    late = await town.count_cash(lid_at="2026-11-21T03:00:00Z", collection_id=str(uuid4()))
    assert late.status_code == 201
    await places(town)
    table = ledger_entries
    async with town.program.database.read() as connection:
        last = select(table.c.book_on).order_by(table.c.number.desc()).limit(1)
        assert (await connection.execute(last)).scalar_one() == date(2026, 11, 23)


async def test_more_spent_than_came_is_taken_out_of_the_fund(town: Town) -> None:
    await a_count_paid_in(town)
    town.clock.step(days=2)
    await close(town, "2026-11-21")
    await town.statement(
        "20,11:00:00,20500,SETOR TUNAI SLIP-000123", "22,09:00:00,-5000,BELANJA PMT"
    )
    town.clock.step(days=2)
    closed = await close(town, "2026-11-23")
    assert closed["into_fund_idr"] == {ACCOUNT: -5_000}
    held = await places(town)
    assert (held[f"fund:{ACCOUNT}"], held[f"spent:{ACCOUNT}"]) == (15_500, 5_000)


async def exported(program: Program) -> verify.Entries:
    lines = [line async for line in program.ledger.export()]
    pairs = [line.rstrip(b"\n").rpartition(b"\t") for line in lines]
    return [(line, bytes.fromhex(chain.decode())) for line, _, chain in pairs]


async def test_days_are_sealed_when_they_are_over_and_published_once(
    town: Town, tmp_path: Path
) -> None:
    assert await town.program.ledger.seal_if_due() == []
    await a_count_paid_in(town)
    assert await town.program.ledger.seal_if_due() == []
    town.clock.step(days=2)
    made = await town.program.ledger.seal_if_due()
    assert [row.seal.day.isoformat() for row in made] == ["2026-11-20", "2026-11-21"]
    assert made[0].seal.root == made[1].seal.root
    assert await town.program.ledger.seal_if_due() == []
    seals = verify.read_seals([tmp_path / "seals"])
    assert verify.verify(await exported(town.program), seals) == []
    listed = (await town.client.get("/seals.json")).json()["seals"]
    assert [one["day"] for one in listed] == ["2026-11-21", "2026-11-20"]
    fetched = await town.client.get("/seals/2026-11-20.json")
    assert fetched.content == (tmp_path / "seals/jimpitan-seal-2026-11-20.json").read_bytes()
    absent = await town.client.get("/seals/2026-11-22.json")
    assert (absent.status_code, absent.json()["error"]) == (404, "seal_unknown")
    notice = (await town.client.get("/seals.txt")).text
    assert verify.seals_in(notice)[0]["root"] == listed[1]["root"]
    program_text = (await town.client.get("/jimpitan_verify.py")).text
    assert program_text == Path(verify.__file__).read_text(encoding="utf-8")


async def test_a_superuser_who_does_everything_again_is_found_out(
    town: Town, tmp_path: Path
) -> None:
    """He takes the triggers away, changes a row, makes the chain anew and seals again."""
    counted = await a_count_paid_in(town)
    town.clock.step(days=1)
    await town.program.ledger.seal_if_due()
    kept = verify.read_seals([tmp_path / "seals"])
    await without_triggers(town.program)
    async with town.program.database.write() as connection:
        await connection.execute(
            update(ledger_entries).where(ledger_entries.c.number == 1).values(amount_idr=10_500)
        )
        await connection.execute(delete(ledger_seals))
    assert await town.program.ledger.first_broken() == 1
    await rechain(town.program)
    assert await town.program.ledger.first_broken() is None
    await town.program.ledger.seal_if_due()
    assert "seal_contradicted" in await town.open_kinds()
    found = verify.verify(await exported(town.program), kept)
    assert [(day, row) for day, row, _ in found] == [("2026-11-20", 1)]
    assert counted


async def without_triggers(program: Program) -> None:
    async with program.database.write() as connection:
        for table in ("ledger_entries", "ledger_seals"):
            if program.database.dialect == SQLITE:
                for verb in ("update", "delete"):
                    await connection.execute(text(f"DROP TRIGGER {table}_no_{verb}"))
            else:
                await connection.execute(text(f"DROP TRIGGER {table}_append_only ON {table}"))


async def rechain(program: Program) -> None:
    chain = b""
    async with program.database.write() as connection:
        for line, _ in await exported(program):
            chain = chained(chain, line)
            number = json.loads(line)[0]
            await connection.execute(
                update(ledger_entries).where(ledger_entries.c.number == number).values(chain=chain)
            )


async def test_the_database_refuses_to_change_the_ledger(town: Town) -> None:
    await a_count_paid_in(town)
    town.clock.step(days=2)
    await town.program.ledger.seal_if_due()
    await close(town, "2026-11-21")
    for table in (ledger_entries, ledger_seals):
        for statement in (update(table).values(day=date(2020, 1, 1)), delete(table)):
            with pytest.raises(DBAPIError, match="append-only"):
                async with town.program.database.write() as connection:
                    await connection.execute(statement)


async def test_one_movement_is_taken_back_once(town: Town) -> None:
    await a_count_paid_in(town)
    async with town.program.database.read() as connection:
        first = (await connection.execute(select(ledger_entries).limit(1))).mappings().one()
    for number in (100, 101):
        row = dict(first) | {"number": number, "reverses": 1}
        if number == 101:
            with pytest.raises(DBAPIError):
                async with town.program.database.write() as connection:
                    await connection.execute(insert(ledger_entries), row)
        else:
            async with town.program.database.write() as connection:
                await connection.execute(insert(ledger_entries), row)


async def test_the_doctor_looks_at_ledger_and_seals(town: Town, tmp_path: Path) -> None:
    await a_count_paid_in(town)
    names = {one.name: one for one in await doctor.examine(town.program)}
    assert names["ledger"].is_fine
    assert "can be written" in names["seals"].sentence
    await without_triggers(town.program)
    async with town.program.database.write() as connection:
        await connection.execute(update(ledger_entries).values(actor="someone"))
    names = {one.name: one for one in await doctor.examine(town.program)}
    assert "changed at entry 1" in names["ledger"].sentence
    assert not names["append_only"].is_fine
    desk = replace(town.program.ledger, folder=None)
    names = {one.name: one for one in await doctor.examine(replace(town.program, ledger=desk))}
    assert "JIMPITAN_SEALS_FOLDER" in names["seals"].sentence


async def test_seals_that_cannot_be_written_wait_and_are_written_later(
    town: Town, tmp_path: Path
) -> None:
    (tmp_path / "seals").write_text("a file where the folder should be")
    await a_count_paid_in(town)
    town.clock.step(days=1)
    assert len(await town.program.ledger.seal_if_due()) == 1
    (tmp_path / "seals").unlink()
    assert await town.program.ledger.seal_if_due() == []
    assert (tmp_path / "seals/jimpitan-seal-2026-11-20.json").exists()


async def test_the_page_of_an_empty_book_says_so(town: Town) -> None:
    await log_in(town.program, town.client, "admin")
    assert "Belum ada catatan." in (await town.client.get("/admin/buku")).text


async def test_the_page_shows_where_the_money_is_and_closes_a_period(town: Town) -> None:
    await a_count_paid_in(town)
    town.clock.step(days=2)
    await town.program.ledger.seal_if_due()
    await log_in(town.program, town.client, "admin")
    shown = (await town.client.get("/admin/buku")).text
    for words in ("Seimbang", "Rp\u00a020.500", "donasi tunai, terhitung", "20/11/2026"):
        assert words in shown
    english = (await town.client.get("/admin/buku?bahasa=en")).text
    assert "Balanced" in english
    data = await token(town.client, "/admin/buku")
    wrong = await town.client.post("/admin/buku/tutup", data=data | {"sampai": "kemarin"})
    assert wrong.status_code == 422
    early = data | {"sampai": "2026-11-22", "catatan": "Berita acara 12"}
    assert (await town.client.post("/admin/buku/tutup", data=early)).status_code == 409
    done = await town.client.post("/admin/buku/tutup", data=early | {"sampai": "2026-11-21"})
    assert done.status_code == 303
    assert "Berita acara 12" in (await town.client.get("/admin/buku")).text
    assert (await town.client.get("/admin/buku?sebelum=2")).status_code == 200


async def test_the_page_names_who_has_money_in_hand(town: Town) -> None:
    await town.count_cash()
    await town.program.money.reconcile()
    await log_in(town.program, town.client, "admin")
    shown = (await town.client.get("/admin/buku")).text
    assert "<small>collector</small>" in shown
    assert "user-collector" not in shown


async def test_an_export_is_for_those_who_may_look(town: Town) -> None:
    await a_count_paid_in(town)
    refused = await town.client.get(
        "/api/v1/ledger/export", headers=await town.authorized("collector")
    )
    assert refused.status_code == 403
    answer = await town.client.get(
        "/api/v1/ledger/export", headers=await town.authorized("auditor")
    )
    assert len(answer.text.splitlines()) == await town.count(ledger_entries) == 3
