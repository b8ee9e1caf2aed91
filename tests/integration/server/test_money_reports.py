"""Reports on real databases: two persons, the truth of the books, and what the public sees."""

import csv
import io
from datetime import date, timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from jimpitan_server.adapters.database.report_rows import report_acts, reports
from money_town import Town, town
from pypdf import PdfReader
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

__all__ = ["town"]
pytestmark = pytest.mark.integration
WHY = "hitungan kotak 17 keliru"


async def prepared(town: Town, role: str = "treasurer") -> str:
    """Prepare a report of this day, which is over by then."""
    await town.enter(role)
    number = str(uuid4())
    form = await town.form("/admin/laporan", nomor=number, dari="2026-11-20", sampai="2026-11-20")
    answer = await town.client.post("/admin/laporan", data=form)
    assert answer.status_code == 303, answer.text
    return number


async def act(town: Town, role: str, number: str, **fields: str) -> tuple[int, str]:
    await town.enter(role)
    form = await town.form(f"/admin/laporan/{number}", **fields)
    answer = await town.client.post(f"/admin/laporan/{number}", data=form)
    return answer.status_code, answer.text


async def published(town: Town) -> list[dict[str, object]]:
    found: list[dict[str, object]] = (await town.client.get("/laporan.json")).json()["reports"]
    return found


async def test_a_report_is_public_once_another_person_approved_it(town: Town) -> None:
    count = str((await town.count_cash()).json()["collection_id"])
    await town.count_cash("box-0018")
    await town.remit(20_500, count)
    await town.statement("20,10:30,20500,SETOR SLIP-000123")
    await town.program.money.reconcile()
    town.clock.step(days=1)
    number = await prepared(town)
    assert await published(town) == []
    assert "Belum ada laporan" in await town.page("/laporan")
    status, text = await act(town, "treasurer", number, langkah="setuju")
    assert status == 409
    assert "Minta orang lain" in text
    assert (await act(town, "admin", number, langkah="setuju"))[0] == 303
    assert (await act(town, "admin", number, langkah="setuju"))[0] == 303, "again changes nothing"
    (shown,) = await published(town)
    figures = shown["figures"]
    assert isinstance(figures, dict)
    assert (figures["counts"], figures["boxes_counted"]) == (2, 2)
    assert (figures["counted_idr"], figures["banked_idr"]) == (41_000, 20_500)
    assert "cases_open" not in figures
    assert "Rp\u00a041.000" in await town.page("/laporan")
    page = await town.page(f"/admin/laporan/{number}")
    assert "Tunai dari kotak (terhitung): Rp 41.000" in page
    assert "empat puluh satu ribu rupiah" in page
    pdf = await town.client.get(f"/admin/laporan/{number}/berita-acara.pdf")
    words = PdfReader(BytesIO(pdf.content)).pages[0].extract_text()
    assert "BERITA ACARA REKONSILIASI" in words
    assert "Rp 41.000" in words


async def test_what_the_books_learn_meanwhile_overtakes_a_report(town: Town) -> None:
    count = str((await town.count_cash()).json()["collection_id"])
    town.clock.step(days=1)
    number = await prepared(town)
    await town.send("admin", f"/api/v1/collections/{count}/void", {"reason": WHY})
    status, text = await act(town, "admin", number, langkah="setuju")
    assert status == 409
    assert "angkanya berubah" in text
    assert await published(town) == []
    again = await prepared(town)
    assert (await act(town, "admin", again, langkah="setuju"))[0] == 303
    (shown,) = await published(town)
    assert isinstance(shown["figures"], dict)
    assert shown["figures"]["counted_idr"] == 0


async def test_a_withdrawn_report_tells_the_public_why(town: Town) -> None:
    await town.count_cash()
    town.clock.step(days=1)
    number = await prepared(town)
    await act(town, "admin", number, langkah="setuju")
    assert (await act(town, "treasurer", number, langkah="tarik", alasan="pendek"))[0] == 422
    assert (await act(town, "treasurer", number, langkah="tarik", alasan=WHY))[0] == 303
    (shown,) = await published(town)
    assert (shown["state"], shown["reason"], shown["figures"]) == ("withdrawn", WHY, None)
    assert WHY in await town.page("/laporan")
    assert "Rp\u00a020.500" not in await town.page("/laporan")
    await town.enter("admin")
    form = await town.form("/admin/laporan", langkah="setuju")
    late = await town.client.post(f"/admin/laporan/{number}", data=form)
    assert late.status_code == 409
    assert "sudah ditarik" in late.text
    pdf = await town.client.get(f"/admin/laporan/{number}/berita-acara.pdf")
    assert pdf.status_code == 422


async def test_a_report_that_was_never_public_stays_hidden(town: Town) -> None:
    town.clock.step(days=1)
    number = await prepared(town)
    await act(town, "treasurer", number, langkah="tarik", alasan=WHY)
    assert await published(town) == []


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        ("2026-11-20", "2026-11-20", "sudah lewat"),
        ("2026-11-19", "2026-11-18", "paling lama"),
        ("2020-11-19", "2026-11-18", "paling lama"),
        ("kemarin", "2026-11-18", "paling lama"),
    ],
)
async def test_days_that_make_no_report_are_refused(
    town: Town, first: str, last: str, sentence: str
) -> None:
    await town.enter("treasurer")
    form = await town.form("/admin/laporan", nomor=str(uuid4()), dari=first, sampai=last)
    answer = await town.client.post("/admin/laporan", data=form)
    assert answer.status_code in (409, 422)
    assert sentence in answer.text
    assert await town.count(reports) == 0


async def test_the_same_form_twice_is_one_report(town: Town) -> None:
    town.clock.step(days=1)
    await town.enter("treasurer")
    number = str(uuid4())
    form = await town.form("/admin/laporan", nomor=number, dari="2026-11-20", sampai="2026-11-20")
    for _ in range(2):
        assert (await town.client.post("/admin/laporan", data=form)).status_code == 303
    other = form | {"dari": "2026-11-19"}
    assert (await town.client.post("/admin/laporan", data=other)).status_code == 409
    assert await town.count(reports) == 1


async def test_who_only_looks_prepares_and_approves_nothing(town: Town) -> None:
    town.clock.step(days=1)
    number = await prepared(town)
    await town.enter("auditor")
    page = await town.page(f"/admin/laporan/{number}")
    assert "<button" not in page.partition("<main>")[2]
    form = await town.form("/keluar", langkah="setuju")
    assert (await town.client.post(f"/admin/laporan/{number}", data=form)).status_code == 403
    await town.enter("collector")
    assert (await town.client.get("/admin/laporan")).status_code == 403
    unknown = await town.client.get(f"/admin/laporan/{uuid4()}")
    assert unknown.status_code == 403


async def test_a_day_is_the_programmes_day(town: Town) -> None:
    """20 November begins in Jakarta seven hours before it does in UTC."""
    midnight = town.clock.now().replace(hour=17, minute=0, second=0, microsecond=0)
    before = midnight - timedelta(days=1, seconds=1)
    await town.count_cash(lid_at=before.isoformat(), seal="A")
    await town.count_cash(lid_at=(before + timedelta(seconds=1)).isoformat(), seal="B")
    town.clock.step(days=2)
    number = await prepared(town)
    await act(town, "admin", number, langkah="setuju")
    (shown,) = await published(town)
    assert isinstance(shown["figures"], dict)
    assert (shown["first_on"], shown["figures"]["counts"]) == ("2026-11-20", 1)
    assert date.fromisoformat(str(shown["last_on"])) == date(2026, 11, 20)


async def test_what_was_published_never_changes(town: Town) -> None:
    town.clock.step(days=1)
    number = await prepared(town)
    await act(town, "admin", number, langkah="setuju")
    for statement in (delete(reports), update(report_acts).values(note="x")):
        with pytest.raises(DBAPIError, match="append-only"):
            async with town.program.database.write() as connection:
                await connection.execute(statement)


async def test_a_report_counts_a_payment_once_and_no_remittance_as_a_gift(town: Town) -> None:
    count = str((await town.count_cash()).json()["collection_id"])
    for reference in ("R100000", "R100001"):
        await town.pay(reference, 5_000, rrn="123456789012")
    await town.pay("R200000", 3_000)
    await town.pay("R300000", 20_500)
    await town.remit(20_500, count, method="qris", reference="R300000")
    await town.statement("20,13:00,3000,QRIS R200000")
    await town.program.money.reconcile()
    town.clock.step(days=1)
    number = await prepared(town)
    await act(town, "admin", number, langkah="setuju")
    (shown,) = await published(town)
    figures = shown["figures"]
    assert isinstance(figures, dict)
    assert figures["qris_payments"] == 2
    assert (figures["qris_confirmed_idr"], figures["qris_open_idr"]) == (3_000, 5_000)


async def test_hosts_are_told_apart_where_nobody_can_be_guessed(town: Town) -> None:
    for box, host in (("box-0017", "Dinas Contoh"), ("box-0018", "Kantor Contoh")):
        await town.program.visits.place(box, site="Lobi", host=host, actor="test")
    town.clock.step(seconds=1)
    await town.count_cash("box-0017")
    await town.count_cash("box-0018", cash={"1000": 2})
    town.clock.step(days=1)
    small = await prepared(town)
    await act(town, "admin", small, langkah="setuju")
    (shown,) = await published(town)
    assert isinstance(shown["figures"], dict)
    (together,) = shown["figures"]["hosts"]
    assert (together["host"], together["gifts"], together["counted_idr"]) == ("", 19, 22_500)
    assert "Kantor Contoh" not in (await town.client.get("/laporan.csv")).text


async def test_open_data_has_a_line_for_each_host_and_none_of_what_was_withdrawn(
    town: Town,
) -> None:
    for box, host in (("box-0017", "Dinas Contoh"), ("box-0018", "=Kantor Contoh")):
        await town.program.visits.place(box, site="Lobi", host=host, actor="test")
    town.clock.step(seconds=1)
    await town.count_cash("box-0017")
    await town.count_cash("box-0018")
    town.clock.step(days=1)
    number = await prepared(town)
    await act(town, "admin", number, langkah="setuju")
    text = (await town.client.get("/laporan.csv")).content.decode("utf-8-sig")
    whole, *hosts = csv.DictReader(io.StringIO(text))
    assert whole["instansi"] == "seluruh program"
    assert whole["tunai terhitung (Rp)"] == "41000"
    assert [one["instansi"] for one in hosts] == ["'=Kantor Contoh", "Dinas Contoh"]
    assert await act(town, "admin", number, langkah="tarik", alasan=WHY) == (303, "")
    text = (await town.client.get("/laporan.csv")).content.decode("utf-8-sig")
    (withdrawn,) = csv.DictReader(io.StringIO(text))
    assert (withdrawn["keadaan"], withdrawn["tunai terhitung (Rp)"]) == ("withdrawn", "")


async def test_days_of_a_single_gift_are_not_told(town: Town) -> None:
    await town.count_cash(cash={"50000": 1})
    town.clock.step(days=1)
    await town.enter("treasurer")
    form = await town.form(
        "/admin/laporan", nomor=str(uuid4()), dari="2026-11-20", sampai="2026-11-20"
    )
    answer = await town.client.post("/admin/laporan", data=form)
    assert (answer.status_code, "Kurang dari lima" in answer.text) == (409, True)
    assert "Rp\u00a050.000" not in await town.page("/laporan")
