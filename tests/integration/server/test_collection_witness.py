"""The second person at a count: her PIN confirms it, and a wrong one never loses it."""

import json
from uuid import uuid4

import httpx
import pytest
from alembic import command
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.migrate import config_for
from jimpitan_server.adapters.database.money_schema import collections
from jimpitan_server.adapters.database.schema import audit
from jimpitan_server.adapters.database.witness_schema import (
    count_papers,
    count_witnesses,
    pins,
)
from jimpitan_server.bootstrap import build
from jimpitan_server.domain.errors import ServerError
from jimpitan_server.entrypoints.doctor import examine
from jimpitan_server.settings import Settings
from money_town import Town, town
from server_boxes import MASTER_KEY, StepClock
from server_town import rows
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError
from test_server_fleet_pages import log_in, token

__all__ = ["town"]
pytestmark = pytest.mark.integration
PIN = "470921"


class QuickHashes:
    """Hashes without the cost on purpose; one test here pays it."""

    async def hash(self, password: str) -> str:
        return f"hash of {password}"

    async def verify(self, password: str, password_hash: str | None) -> bool:
        return password_hash == f"hash of {password}"


@pytest.fixture
async def desk(town: Town):
    """Return the desk with quick hashes and one invited witness who has set her PIN."""
    found = town.program.collections
    object.__setattr__(found, "passwords", QuickHashes())
    object.__setattr__(found, "witness_demanded", True)
    invitation = await found.add_witness("bu-ani", institution="Masjid Contoh", actor="test")
    await found.set_invited_pin(invitation, PIN)
    return found


async def confirm(town: Town, count: str, pin: str, witness: str = "bu-ani", role="collector"):
    content = {"witness": witness, "pin": pin}
    return await town.send(role, f"/api/v1/collections/{count}/witness", content)


async def state(town: Town, count: str, pin: str, witness: str = "bu-ani") -> str:
    return str((await confirm(town, count, pin, witness)).json()["witness_state"])


async def counted(town: Town, **changed: object) -> dict[str, object]:
    answer = await town.count_cash(**({"seal": None} | changed))
    assert answer.status_code in {200, 201}, answer.text
    return dict(answer.json())


async def kinds(town: Town) -> list[str]:
    await town.program.money.reconcile()
    return [one for one in await town.open_kinds() if one.startswith(("count_un", "seal"))]


async def test_a_count_with_the_witness_s_pin_is_confirmed(town: Town, desk) -> None:
    done = await counted(town, witness="bu-ani", witness_pin=PIN)
    assert done["witness_state"] == "confirmed"
    assert await rows(town.program, count_witnesses, "collection_id") == [(done["collection_id"],)]
    assert await kinds(town) == []


async def test_a_wrong_pin_keeps_the_count_and_the_right_one_closes_the_case(
    town: Town, desk
) -> None:
    done = await counted(town, witness="bu-ani", witness_pin="000001")
    count = str(done["collection_id"])
    assert done["witness_state"] == "pin_wrong"
    assert await town.count(collections) == 1
    assert await kinds(town) == ["count_unwitnessed"]
    assert await state(town, count, PIN) == "confirmed"
    assert await state(town, count, "000001") == "confirmed"
    assert await kinds(town) == []


async def test_five_wrong_tries_lock_for_a_quarter_of_an_hour_and_are_audited(
    town: Town, desk
) -> None:
    count = str((await counted(town))["collection_id"])
    said = [await state(town, count, f"00000{n}") for n in range(5)]
    assert said == ["pin_wrong"] * 4 + ["locked"]
    assert await state(town, count, PIN) == "locked"
    town.clock.step(minutes=14)
    assert await state(town, count, PIN) == "locked"
    town.clock.step(minutes=1)
    assert await state(town, count, PIN) == "confirmed"
    actions = [str(action) for (action,) in await rows(town.program, audit, "action")]
    assert (actions.count("pin_wrong"), actions.count("pin_locked")) == (4, 1)
    assert await rows(town.program, pins, "wrong", "locked_until") == [(0, None)]
    told = json.dumps([list(row) for row in await rows(town.program, audit, "detail")])
    assert PIN not in told


async def test_who_counts_is_never_the_witness(town: Town, desk) -> None:
    await town.authorized("collector")
    await desk.set_pin("user-collector", "135791", actor="user-collector")
    done = await counted(town, witness="collector", witness_pin="135791")
    assert done["witness_state"] == "own"
    await town.authorized("treasurer")
    await desk.set_pin("user-treasurer", "246813", actor="user-treasurer")
    assert await state(town, str(done["collection_id"]), "246813", "treasurer") == "confirmed"


async def test_unknown_withdrawn_and_late_witnesses_leave_the_count_as_it_is(
    town: Town, desk
) -> None:
    count = str((await counted(town, witness="Tuan Rumah", witness_pin=PIN))["collection_id"])
    for name in ("nobody", "Tuan Rumah", ""):
        assert await state(town, count, PIN, name) == "unknown"
    other = await confirm(town, count, PIN, role="treasurer")
    assert other.status_code == 403
    assert (await confirm(town, str(uuid4()), PIN)).json()["error"] == "collection_unknown"
    town.clock.step(hours=25)
    assert await state(town, count, PIN) == "late"
    await desk.withdraw_witness("bu-ani", actor="test")
    again = str((await counted(town, cash={"500": 3}))["collection_id"])
    assert await state(town, again, PIN) == "unknown"


async def test_a_repeated_count_tries_no_pin_again(town: Town, desk) -> None:
    content = {
        "collection_id": str(uuid4()),
        "witness": "bu-ani",
        "witness_pin": "000001",
        "lid_at": town.clock.now().isoformat(),
    }
    for _ in range(7):
        last = await counted(town, **content)
    assert last["witness_state"] == "missing"
    assert await rows(town.program, pins, "wrong") == [(1,)]


async def test_where_no_witness_is_demanded_none_is_missed(town: Town, desk) -> None:
    object.__setattr__(town.program.collections, "witness_demanded", False)
    await counted(town)
    assert await kinds(town) == []


async def test_counts_from_before_have_no_papers_and_no_case(town: Town, desk) -> None:
    await counted(town)
    async with town.program.database.write() as connection:
        for trigger in ("no_delete", "append_only"):
            if town.program.database.dialect == "postgresql" and trigger == "append_only":
                await connection.exec_driver_sql(
                    "ALTER TABLE count_papers DISABLE TRIGGER count_papers_append_only"
                )
            elif town.program.database.dialect == "sqlite" and trigger == "no_delete":
                await connection.exec_driver_sql("DROP TRIGGER count_papers_no_delete")
        await connection.execute(delete(count_papers))
    assert await kinds(town) == []


async def test_a_database_from_before_keeps_its_counts_and_asks_nothing_of_them(
    database_url: str, clock: StepClock
) -> None:
    if not database_url.startswith("sqlite"):
        return  # where a database is made empty quickly; the steps are the same on both
    path = database_url.replace("jimpitan.db", "before.db")
    database = Database(path)
    async with database.write() as connection:
        await connection.run_sync(lambda one: command.upgrade(config_for(one), "0011"))
        await connection.exec_driver_sql(
            "INSERT INTO collections (collection_id, box_id, collector, lid_at, total_idr, seal,"
            " witness, content_sha256, recorded_at)"
            " VALUES ('old', 'box-1', 'user-1', 1, 5000, 'S-1', 'Bu Ani', x'00', 1)"
        )
    await database.close()
    program = await build(Settings(database_url=path, master_key=MASTER_KEY), clock)
    await program.migrate()
    found = await program.money.reconcile()
    kinds = {str(one.kind) for one in found.discrepancies}
    assert kinds == {"count_not_remitted"}
    paper = await program.collections.receipt("old", only_for=None)
    assert (paper.witness, paper.seal_put_on, paper.seal_found) == ("Bu Ani", "S-1", None)
    assert await program.collections.confirm("old", name="x", pin=PIN, actor="user-1") == "late"
    assert all(finding.is_fine for finding in await examine(program))
    await program.close()


async def test_seals_are_compared_from_count_to_count(town: Town, desk) -> None:
    object.__setattr__(town.program.collections, "witness_demanded", False)
    await counted(town, seal="S-1", bag="B-1", seal_found="")
    town.clock.step(days=7)
    await counted(town, seal="S-2", bag="B-2", seal_found="s1")
    assert await kinds(town) == []
    town.clock.step(days=7)
    await counted(town, seal="S-2", bag="B-2", seal_found="S-9")
    assert await kinds(town) == ["seal_differs", "seal_repeated", "seal_repeated"]


async def test_papers_and_confirmations_stay_in_history(town: Town, desk) -> None:
    await counted(town, witness="bu-ani", witness_pin=PIN)
    for statement in (delete(count_papers), update(count_witnesses).values(person_id="x")):
        with pytest.raises(DBAPIError, match="append-only"):
            async with town.program.database.write() as connection:
                await connection.execute(statement)


async def test_an_invitation_holds_once_and_a_new_one_ends_the_old(town: Town, desk) -> None:
    first = await desk.invite("bu-ani", actor="test")
    second = await desk.invite("bu-ani", actor="test")
    for used in (first, "x"):
        with pytest.raises(ServerError, match="used or is too old"):
            await desk.set_invited_pin(used, "246813")
    with pytest.raises(ServerError, match="digits"):
        await desk.set_invited_pin(second, "12")
    await desk.set_invited_pin(second, "246813")
    with pytest.raises(ServerError, match="used or is too old"):
        await desk.set_invited_pin(second, "246813")
    late = await desk.invite("bu-ani", actor="test")
    town.clock.step(days=8)
    with pytest.raises(ServerError, match="used or is too old"):
        await desk.set_invited_pin(late, "246813")


async def test_names_of_witnesses_are_nobody_else_s(town: Town, desk) -> None:
    await town.authorized("treasurer")
    for name in ("bu-ani", "treasurer"):
        with pytest.raises(ServerError, match="has the name"):
            await desk.add_witness(name, institution="X", actor="test")
    for name, institution in (("Bu Ani", "X"), ("pak-budi", ""), ("pak-budi", "x" * 121)):
        with pytest.raises(ServerError):
            await desk.add_witness(name, institution=institution, actor="test")
    with pytest.raises(ServerError, match="no witness"):
        await desk.invite("nobody", actor="test")
    with pytest.raises(ServerError, match="nobody named"):
        await desk.set_pin_of_name("nobody", PIN, actor="cli")


def link_on(page: httpx.Response) -> str:
    return page.text.partition("http://jimpitan.test")[2].partition("<")[0]


async def test_admin_invites_by_page_and_the_witness_sets_and_types_a_real_pin(
    town: Town,
) -> None:
    await log_in(town.program, town.client, "admin")
    form = await token(town.client, "/admin/saksi")
    wrong = await town.client.post("/admin/saksi", data=form | {"nama": "Bu Ani"})
    assert "Isi nama pendek" in wrong.text
    made = await town.client.post(
        "/admin/saksi", data=form | {"nama": "bu-ani", "instansi": "Masjid <b>"}
    )
    link = link_on(made)
    assert link.startswith("/pin/")
    renewed = await town.client.post("/admin/saksi/bu-ani/undang", data=form)
    link = link_on(renewed)
    await town.client.post("/keluar", data=await token(town.client, "/keluar"))
    assert "PIN baru" in (await town.client.get(link)).text
    differs = await town.client.post(link, data={"pin": PIN, "lagi": "111111"})
    assert "Kedua PIN tidak sama" in differs.text
    weak = await town.client.post(link, data={"pin": "123456", "lagi": "123456"})
    assert (weak.status_code, "Pilih PIN lain" in weak.text) == (422, True)
    done = await town.client.post(link, data={"pin": PIN, "lagi": PIN})
    assert "PIN Anda tersimpan" in done.text
    await log_in(town.program, town.client, "collector")
    form = await token(town.client, "/kolektor/box-0017") | {
        "collection_id": str(uuid4()),
        "lid_at": town.clock.now().isoformat(),
        "pecahan-1000": "3",
        "saksi": "bu-ani",
        "pin": "000001",
        "tanpa-segel": "1",
        "segel": "S-1",
        "kantong": "B-1",
    }
    kept = await town.client.post("/kolektor/box-0017/hitung", data=form)
    assert "PIN itu bukan PIN saksi ini" in kept.text
    again = await town.client.post("/kolektor/box-0017/saksi", data=form | {"pin": PIN})
    assert "sudah mengesahkan" in again.text
    assert await rows(town.program, count_papers, "seal_found", "bag") == [("", "B-1")]


async def test_a_form_that_is_silent_about_a_seal_is_asked_again(town: Town, desk) -> None:
    await town.enter("collector")
    form = await town.form("/kolektor/box-0017", saksi="bu-ani", pin=PIN, segel="S-1")
    form |= {"collection_id": str(uuid4()), "lid_at": town.clock.now().isoformat()}
    for _ in range(2):
        first = await town.client.post("/kolektor/box-0017/hitung", data=form)
        assert first.status_code == 200, "where no seal was put on nothing is asked, nor again"
    town.clock.step(days=7)
    form |= {"collection_id": str(uuid4()), "lid_at": town.clock.now().isoformat(), "segel": "S-2"}
    silent = await town.client.post("/kolektor/box-0017/hitung", data=form)
    assert (silent.status_code, "Ketik nomor segel yang ditemukan" in silent.text) == (422, True)
    assert "S-1" not in silent.text
    told = await town.client.post("/kolektor/box-0017/hitung", data=form | {"segel-lama": "s1"})
    assert told.status_code == 200
    assert await kinds(town) == []


async def test_everybody_who_logs_in_sets_an_own_pin(town: Town, desk) -> None:
    await town.enter("auditor")
    form = await town.form("/pin", pin=PIN, lagi=PIN)
    assert "PIN Anda tersimpan" in (await town.client.post("/pin", data=form)).text
    assert "menggantikannya" in (await town.client.get("/pin")).text
    bad = await town.client.post("/pin", data=form | {"pin": "1", "lagi": "1"})
    assert "6 angka" in bad.text
    assert (await town.client.get("/admin/saksi")).status_code == 403


async def test_admin_withdraws_a_witness_by_page(town: Town, desk) -> None:
    await town.enter("admin")
    form = await town.form("/admin/saksi")
    assert (await town.client.post("/admin/saksi/bu-ani/cabut", data=form)).status_code == 303
    assert "dicabut" in await town.page("/admin/saksi")
    gone = await town.client.post("/admin/saksi/bu-ani/cabut", data=form)
    assert "sudah dicabut" in gone.text
    none = await town.client.post("/admin/saksi/bu-ani/undang", data=form)
    assert none.status_code == 404
