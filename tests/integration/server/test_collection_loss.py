"""After a break-in: what the box said, the last count, and what may be gone, on paper."""

import json
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.services.loss import SensedSince, lost_between
from jimpitan_wire import records as wire
from money_town import Town, town
from pypdf import PdfReader
from server_boxes import GATEWAY, delivery
from test_collection_weighing import DEPOSIT, bring
from test_money_cli import folder, run

__all__ = ["folder", "town"]
pytestmark = pytest.mark.integration


async def statement(town: Town, query: str = "", box: str = "box-0017") -> httpx.Response:
    await town.enter("admin")
    return await town.client.get(f"/admin/berkas/{box}/kehilangan{query}")


def read(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


async def break_in(town: Town) -> None:
    """Let a box be emptied honestly, filled again, and then robbed."""
    await bring(town, *[DEPOSIT] * 3)
    await bring(town, (wire.COLLECTION_OPENED, {1: 1}), (wire.LID_OPENED, {1: 3}))
    await bring(town, (wire.LID_CLOSED, {1: 0}))
    await town.count_cash(seal="S-7")
    town.clock.step(days=3)
    await bring(town, *[DEPOSIT] * 12)
    town.clock.step(hours=5)
    await bring(
        town,
        (wire.TAMPER, {1: wire.SIGN_SHAKEN, 2: 4_000}),
        (wire.TAMPER, {1: wire.SIGN_LID_UNAUTHORISED, 2: 0}),
        (wire.LID_OPENED, {1: 12}),
        (wire.TAMPER, {1: wire.SIGN_WEIGHT_LOSS, 2: 0, 3: 61_000}),
        (wire.TAMPER, {1: 99, 2: 0}),
        (wire.LID_CLOSED, {1: 0}),
    )


async def test_a_statement_tells_what_the_box_said_and_an_interval(town: Town) -> None:
    await break_in(town)
    answer = await statement(town)
    assert answer.headers["content-type"] == "application/pdf"
    told = read(answer.content)
    for words in (
        "BERITA ACARA KEHILANGAN",
        "box-0017 (kotak sensor)",
        "Rp 20.500, 20/11/2026",
        "S-7",
        "Rp 6.000 dan Rp 24.000",
        "enam ribu rupiah",
        "12 donasi pasti",
        "tutup dibuka tanpa kunjungan resmi",
        "isi kotak berkurang (61 gram)",
        "kotak diguncang",
        "Kolektor",
        "tidak menuduh siapa pun",
    ):
        assert words in told, words
    assert "penarikan resmi" not in told, "the honest collection is before the interval"
    assert (await statement(town)).content == answer.content


async def test_a_case_gives_its_own_interval(town: Town) -> None:
    await break_in(town)
    town.clock.step(days=2)
    await town.program.money.reconcile()
    page = await town.client.get("/api/v1/discrepancies", headers=await town.authorized("admin"))
    case = next(one for one in page.json()["discrepancies"] if one["kind"] == "lid_unauthorised")
    number = case["discrepancy_id"]
    await town.enter("admin")
    assert f"kehilangan?temuan={number}" in await town.page(f"/admin/temuan/{number}")
    told = read((await statement(town, f"?temuan={number}")).content)
    assert f"nomor {number}" in told
    other = await statement(town, f"?temuan={number}", "box-0018")
    assert other.json()["error"] == "case_other_box"
    assert (await statement(town, "?temuan=99999")).status_code == 404


async def test_what_was_counted_since_is_taken_off_and_missing_records_widen(town: Town) -> None:
    await bring(town, *[DEPOSIT] * 10)
    fake = town.boxes["box-0017"]
    fake.stamp()  # a record that never comes
    last = fake.stamp(wall_s=int(town.clock.now().timestamp()))
    now = town.clock.now()
    await town.program.accept([delivery(fake.box, last, received_at=now)], gateway=GATEWAY)
    await town.count_cash(cash={"1000": 2})
    day = now.date().isoformat()
    told = read((await statement(town, f"?dari={day}&sampai={day}")).content)
    assert "Rp 3.500 dan Rp 22.000" in told
    assert "1 catatan kotak hilang" in told
    assert "Dihitung dalam masa ini" in told


async def test_a_can_is_not_estimated(town: Town) -> None:
    await town.send("admin", "/api/v1/cans", {"box": "kaleng-1"})
    told = read((await statement(town, "", "kaleng-1")).content)
    assert "Tidak dapat diperkirakan" in told
    assert "Tidak ada hitungan sebelum" in told
    assert "Tidak ada catatan kotak" in told


async def test_intervals_and_boxes_that_make_no_sense_are_refused(town: Town) -> None:
    tomorrow = (town.clock.now() + timedelta(days=9)).date().isoformat()
    for query in (
        f"?dari={tomorrow}",
        "?dari=2001-01-01",
        "?dari=x",
        "?dari=0001-01-01",
        "?sampai=9999-12-31",
    ):
        assert (await statement(town, query)).status_code == 422
    assert (await statement(town, "", "nobody")).status_code == 404
    await town.enter("collector")
    refused = await town.client.get("/admin/berkas/box-0017/kehilangan")
    assert refused.status_code == 403


@given(st.integers(0, 500), st.integers(0, 50), st.integers(0, 50), st.integers(0, 10**7))
def test_the_interval_holds_every_loss_that_could_be(
    sure: int, perhaps: int, missing: int, counted: int
) -> None:
    sensed = SensedSince(sure=sure, perhaps=perhaps, records_missing=missing)
    found = lost_between(sensed, counted=counted, low_each=Rupiah(500), high_each=Rupiah(20_000))
    assert Rupiah(0) <= found.low <= found.high
    for each in (500, 1_000, 20_000):
        for deposits in (sure, sure + perhaps + missing):
            lost = max(each * deposits - counted, 0)
            assert found.low.amount <= lost <= found.high.amount


def test_a_statement_by_command(folder: Path) -> None:
    file = folder / "kehilangan.pdf"
    run("can", "add", "kaleng-1", "--site", "Aula")
    told = json.loads(run("loss", "make", "kaleng-1", str(file), "--json"))
    assert (told["low_idr"], told["events"]) == (None, 0)
    assert "Aula" in read(file.read_bytes())
    assert "no such box" in run("loss", "make", "x", str(file), code=1)
    days = ("--from", "2026-01-01", "--to", "2020-01-01")
    assert "two years" in run("loss", "make", "kaleng-1", str(file), *days, code=1)
