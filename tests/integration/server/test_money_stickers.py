"""A foreign code is told at once by those who stand there, and only hinted at by strangers."""

import re
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from alembic import command
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.migrate import config_for
from jimpitan_server.adapters.database.money_schema import box_codes, payments
from jimpitan_server.adapters.database.schema import discrepancies
from jimpitan_server.adapters.database.sticker_schema import box_scans, public_scan_counts
from jimpitan_server.adapters.money_desk import ImportWish
from jimpitan_server.adapters.statement_profiles import profiles_named
from jimpitan_server.bootstrap import build
from jimpitan_server.domain.qris import compose
from jimpitan_server.domain.sticker import CodeMode
from jimpitan_server.services.audit_sticker import PUBLIC_SCANS_KEPT_MAX
from jimpitan_server.settings import Settings
from money_town import MPAN, NMID, Town, qris_of, town
from server_boxes import MASTER_KEY, StepClock
from server_town import rows
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

__all__ = ["town"]
pytestmark = pytest.mark.integration

FOREIGN = compose(
    mpan="936009990000000099",
    nmid="ID0000000000099",
    merchant_name="KOTAK CONTOH 0017",
    city="LEBAK",
    terminal_label="A17",
)


async def scan(
    town: Town, payload: str, box: str = "box-0017", **changed: object
) -> httpx.Response:
    content = {"scan_id": str(uuid4()), "payload": payload} | changed
    return await town.send("collector", f"/api/v1/boxes/{box}/scans", content)


async def found(town: Town) -> list[tuple[str, str, str]]:
    table = discrepancies
    async with town.program.database.read() as connection:
        statement = select(table.c.kind, table.c.severity, table.c.box_id).where(
            table.c.resolved_at.is_(None)
        )
        return sorted(tuple(row) for row in await connection.execute(statement))


async def check(town: Town, payload: str, box: str = "box-0017") -> httpx.Response:
    return await town.client.post("/cek", data={"kotak": box, "isi": payload})


async def test_our_own_code_raises_nothing(town: Town) -> None:
    answer = await scan(town, qris_of("A17"))
    assert (answer.status_code, answer.json()["verdict"]) == (201, "same")
    assert await found(town) == []


async def test_a_foreign_code_is_critical_at_once_with_its_evidence(town: Town) -> None:
    answer = (await scan(town, FOREIGN)).json()
    assert answer["verdict"] == "swapped"
    assert answer["differences"]["nmid"] == {"registered": NMID, "found": "ID0000000000099"}
    assert await found(town) == [("sticker_swapped", "critical", "box-0017")]
    await scan(town, FOREIGN)
    assert len(await found(town)) == 1
    await scan(town, qris_of("A18"))
    await scan(town, "torn")
    kinds = [(kind, severity) for kind, severity, _ in await found(town)]
    assert kinds == [
        ("sticker_altered", "warning"),
        ("sticker_swapped", "critical"),
        ("sticker_unreadable", "notice"),
    ]


async def test_the_same_scan_twice_is_one_and_another_under_its_id_is_refused(town: Town) -> None:
    scan_id = str(uuid4())
    assert (await scan(town, FOREIGN, scan_id=scan_id)).status_code == 201
    again = await scan(town, FOREIGN, scan_id=scan_id)
    assert (again.status_code, again.json()["is_new"]) == (200, False)
    other = await scan(town, qris_of("A17"), scan_id=scan_id)
    assert (other.status_code, other.json()["error"]) == (409, "scan_differs")
    assert await town.count(box_scans) == 1


async def test_what_cannot_be_a_scan_is_refused(town: Town) -> None:
    assert (await scan(town, FOREIGN, box="box-9999")).status_code == 404
    tomorrow = (town.clock.now() + timedelta(days=1)).isoformat()
    assert (await scan(town, FOREIGN, scanned_at=tomorrow)).status_code == 422
    assert (await scan(town, "x" * 2_001)).status_code == 422
    content = {"scan_id": str(uuid4()), "payload": FOREIGN}
    answer = await town.send("auditor", "/api/v1/boxes/box-0017/scans", content)
    assert answer.status_code == 403
    assert await town.count(box_scans) == 0


async def test_a_scan_that_comes_late_is_compared_with_what_was_printed_then(town: Town) -> None:
    before = town.clock.now().isoformat()
    town.clock.step(hours=1)
    await town.program.money.register_code(
        box="box-0017", payload=qris_of("B17"), store_id=None, merchant_id=None, replace=True
    )
    town.clock.step(hours=1)
    assert (await scan(town, qris_of("A17"), scanned_at=before)).json()["verdict"] == "same"
    assert (await scan(town, qris_of("A17"))).json()["verdict"] == "altered"
    assert (await scan(town, qris_of("B17"))).json()["verdict"] == "same"


async def test_scans_are_never_changed(town: Town) -> None:
    await scan(town, FOREIGN)
    for statement in (box_scans.delete(), box_scans.update().values(verdict="same")):
        with pytest.raises(DBAPIError, match="append-only"):
            async with town.program.database.write() as connection:
                await connection.execute(statement)


async def test_a_stranger_is_told_in_plain_words(town: Town) -> None:
    assert 'value="box-0017"' in (await town.client.get("/cek?kotak=box-0017")).text
    assert "Ini kode yang terdaftar" in (await check(town, qris_of("A17"))).text
    assert "BUKAN milik program" in (await check(town, FOREIGN)).text
    assert "mirip dengan yang terdaftar" in (await check(town, qris_of("A18"))).text
    assert "bukan kode QRIS yang utuh" in (await check(town, "hello")).text
    assert "tidak dapat memastikan" in (await check(town, FOREIGN, "box-9999")).text
    for box, payload in (("", FOREIGN), ("box-0017", ""), ("box-0017", "x" * 2_001)):
        assert (await check(town, payload, box)).status_code == 422
    english = (await town.client.get("/cek?bahasa=en")).text
    assert "We keep nothing about you" in english


async def test_strangers_raise_one_warning_a_day_and_nothing_of_them_is_kept(town: Town) -> None:
    for number in range(100, 130):
        mpan = f"93600999{number:010d}"
        payload = compose(mpan=mpan, nmid=NMID, merchant_name="X", city="Y")
        await town.program.stickers.check(town.boxes["box-0017"].box, payload)  # type: ignore[arg-type]
    await town.program.stickers.check("box-9999", FOREIGN)  # type: ignore[arg-type]
    assert await found(town) == [("sticker_reported", "warning", "box-0017")]
    kept = await rows(town.program, box_scans, "source", "actor", "verdict")
    assert kept == [("public", None, "swapped")] * PUBLIC_SCANS_KEPT_MAX
    counts = await rows(town.program, public_scan_counts, "box_id", "scanned", "kept")
    assert counts == [("box-0017", 30, PUBLIC_SCANS_KEPT_MAX)]
    town.clock.step(days=1)
    await town.program.stickers.check(town.boxes["box-0017"].box, FOREIGN)  # type: ignore[arg-type]
    assert len(await found(town)) == 2


async def test_the_public_door_is_narrow(town: Town) -> None:
    answers = [(await check(town, FOREIGN)).status_code for _ in range(25)]
    assert answers[:20] == [200] * 20
    assert answers[-1] == 429
    other = {"Origin": "https://elsewhere.test"}
    answer = await town.client.post("/cek", data={}, headers=other)
    assert answer.status_code in (403, 429)


async def test_a_collector_checks_the_sticker_on_the_boxs_page(town: Town) -> None:
    await town.enter("collector")
    path = "/kolektor/box-0017"
    page = await town.page(path)
    data = await town.form(path)
    match = re.search(r'name="scan_id" value="([^"]+)"', page)
    assert match
    data["scan_id"] = match[1]
    first = await town.client.post(f"{path}/stiker", data=data | {"isi": FOREIGN})
    assert "hubungi kantor sekarang" in first.text
    await town.client.post(f"{path}/stiker", data=data | {"isi": FOREIGN})
    assert await town.count(box_scans) == 1
    broken = await town.client.post(f"{path}/stiker", data=data | {"scan_id": "x"})
    assert broken.status_code == 422
    fresh = data | {"scan_id": str(uuid4()), "isi": ""}
    assert "tidak terbaca" in (await town.client.post(f"{path}/stiker", data=fresh)).text


async def test_overdue_scans_are_listed_raised_and_closed(town: Town) -> None:
    await scan(town, qris_of("A17"))
    town.clock.step(days=15)
    late = await town.program.stickers.overdue()
    assert {one.box for one in late} == {"box-0017", "box-0018"}
    assert await town.program.stickers.watch_if_due()
    assert not await town.program.stickers.watch_if_due()
    kinds = await town.open_kinds()
    assert kinds == ["sticker_scan_overdue"] * 2
    await town.enter("auditor")
    assert "box-0018" in await town.page("/admin/stiker")
    await scan(town, qris_of("A17"))
    await scan(town, "unreadable", box="box-0018")
    town.clock.step(days=1)
    await town.program.stickers.watch_if_due()
    assert await town.open_kinds() == ["sticker_scan_overdue", "sticker_unreadable"]
    assert await town.program.stickers.overdue(timedelta(days=30)) == []


async def test_a_database_from_before_keeps_its_codes_as_own(
    database_url: str, clock: StepClock
) -> None:
    if not database_url.startswith("sqlite"):
        return  # where a database is made empty quickly; the steps are the same on both
    path = database_url.replace("jimpitan.db", "before.db")
    database = Database(path)
    async with database.write() as connection:
        await connection.run_sync(lambda one: command.upgrade(config_for(one), "0005"))
        for statement in (
            "INSERT INTO accounts VALUES ('bsi-1', 'payment', 1)",
            "INSERT INTO box_codes (box_id, payload, registered_at)"
            f" VALUES ('box-old', '{FOREIGN}', 1)",
            "INSERT INTO statement_imports (account_id, file_name, file_sha256, profile,"
            " first_on, last_on, lines_read, lines_new, actor, imported_at)"
            " VALUES ('bsi-1', 'a.csv', x'00', 'jimpitan', '2026-01-01', '2026-01-02', 0, 0,"
            " 'cli', 1)",
        ):
            await connection.execute(text(statement))
    await database.close()
    program = await build(Settings(database_url=path, master_key=MASTER_KEY), clock)
    await program.migrate()
    assert await rows(program, box_codes, "box_id", "mode") == [("box-old", "own")]
    assert [one.box for one in await program.stickers.overdue()] == ["box-old"]
    content = b"date,time,amount,balance,description,reference\n2026-02-01,10:00,5,9,QRIS,\n"
    wish = ImportWish(
        account="bsi-1",
        file_name="b.csv",
        content=content,
        profiles=profiles_named(None),
        actor="cli",
    )
    imported = await program.money.take_statement(wish)
    assert (imported.import_id, imported.warnings) == (2, ())
    await program.close()


async def test_a_fall_of_a_boxs_payments_is_a_finding(town: Town) -> None:
    for week in range(16):
        for number in range(10 if week < 12 else 0):
            await town.pay(f"R{week}-{number}", 1_000, terminalId="A17")
        await town.pay(f"S{week}", 1_000)
        town.clock.step(days=7)
        await scan(town, qris_of("A17"))
        await scan(town, qris_of("A18"), box="box-0018")
        await town.program.stickers.watch_if_due()
    (kind,) = {kind for kind in await town.open_kinds() if kind.startswith("qris")}
    assert kind == "qris_income_fell"
    (case,) = [one for one in await found(town) if one[0] == kind]
    assert case[1:] == ("warning", "box-0017")


async def register(town: Town, box: str, payload: str, mode: CodeMode) -> None:
    await town.program.money.register_code(
        box=box, payload=payload, store_id=None, merchant_id=None, mode=mode
    )


async def boxes_paid(town: Town) -> dict[str, str | None]:
    return dict(await rows(town.program, payments, "reference", "box_id"))


async def test_a_shared_code_never_names_a_box_even_when_one_box_carries_it(town: Town) -> None:
    shared = compose(mpan=MPAN, nmid="ID0000000000055", merchant_name="X", city="Y")
    for mode in (CodeMode.SHARED, CodeMode.SHARED_CONFIRMED):
        await register(town, "can-1", shared, mode)
        await town.pay(f"R-{mode}", 1_000, nmid="ID0000000000055")
    assert await boxes_paid(town) == {"R-shared": None, "R-shared_confirmed": None}
    await register(town, "can-1", shared, CodeMode.OWN)
    await town.pay("R-own", 1_000, nmid="ID0000000000055")
    assert (await boxes_paid(town))["R-own"] == "can-1"


async def test_a_label_of_ones_own_names_the_box_beside_a_shared_code(town: Town) -> None:
    await register(town, "can-1", qris_of(None), CodeMode.SHARED)
    await town.pay("R1", 1_000, terminalId="A17")
    await town.pay("R2", 1_000)
    await register(town, "can-1", qris_of("A17"), CodeMode.SHARED)
    await town.pay("R3", 1_000, terminalId="A17")
    assert await boxes_paid(town) == {"R1": "box-0017", "R2": None, "R3": None}
    await town.statement("20,10:01,25000,QRIS A17 LEBAK")
    assert (await town.money())[3] >= 25_000
