"""The receipt of a count: everything on paper, nothing personal in public, never another."""

from io import BytesIO
from uuid import uuid4

import httpx
import pytest
import segno
from jimpitan_server.adapters.database.receipt_schema import count_receipts
from jimpitan_server.adapters.pdf_paper import Paper, plain, qr_matrix
from money_town import Town, town
from pypdf import PdfReader
from server_town import rows
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError

__all__ = ["town"]
pytestmark = pytest.mark.integration


async def receipt(town: Town, count: str, role: str = "collector") -> httpx.Response:
    headers = await town.authorized(role)
    return await town.client.get(f"/api/v1/collections/{count}/receipt", headers=headers)


async def counted(town: Town, **changed: object) -> str:
    content = {"seal": "S-2", "bag": "B-7", "seal_found": "", "witness": "Bu Ani"} | changed
    return str((await town.count_cash(**content)).json()["collection_id"])


def read(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


async def code_of(town: Town) -> str:
    ((code,),) = await rows(town.program, count_receipts, "code")
    return str(code)


async def test_a_receipt_says_everything_and_is_the_same_file_twice(town: Town) -> None:
    await town.program.visits.place("box-0017", site="Masjid Agung", host="DKM", actor="test")
    count = await counted(town)
    first, second = await receipt(town, count), await receipt(town, count, "auditor")
    assert first.headers["content-type"] == "application/pdf"
    assert first.content == second.content
    told = read(first.content)
    for words in (
        "box-0017",
        "Masjid Agung, DKM",
        "20/11/2026",
        "12 x Rp 1.000",
        "Rp 20.500",
        "dua puluh ribu lima ratus rupiah",
        "collector",
        "Bu Ani (belum disahkan saksi)",
        "tidak ada",
        "S-2",
        "B-7",
        count,
    ):
        assert words in told, words
    assert f"http://jimpitan.test/struk/{await code_of(town)}" in told.replace("\n", "")


async def test_the_qr_on_the_paper_is_the_link(town: Town) -> None:
    count = await counted(town)
    content = (await receipt(town, count)).content
    url = f"http://jimpitan.test/struk/{await code_of(town)}"
    dark = sum(sum(line) for line in segno.make(url, error="m", micro=False).matrix)
    drawn = PdfReader(BytesIO(content)).pages[0].get_contents()
    assert drawn is not None
    assert drawn.get_data().count(b" re f") == dark
    assert sum(map(sum, qr_matrix(url))) == dark


async def test_anybody_can_check_a_receipt_and_learns_no_name(town: Town) -> None:
    count = await counted(town)
    await receipt(town, count)
    path = f"/struk/{await code_of(town)}"
    assert len(path.removeprefix("/struk/")) * 4 >= 128
    shown = await town.page(path)
    assert "Rp\u00a020.500" in shown
    assert "Belum disetor" in shown
    for hidden in ("collector", "Bu Ani", "box-0017", count, "S-2"):
        assert hidden not in shown
    await town.remit(20_500, count)
    await town.program.money.reconcile()
    assert "Disetor ke rekening" in await town.page(path)
    assert "Belum terlihat" in await town.page(path)
    await town.statement("20,14:00,20500,SETOR SLIP-000123")
    assert "Terlihat pada mutasi" in await town.page(path)


async def test_unknown_codes_are_not_genuine(town: Town) -> None:
    for code in ("0" * 40, "x", "0" * 5_000):
        answer = await town.client.get(f"/struk/{code}")
        assert (answer.status_code, "bukan dari kami" in answer.text) == (404, True)


async def test_a_withdrawn_count_has_no_receipt_and_its_paper_says_so(town: Town) -> None:
    count = await counted(town)
    await receipt(town, count)
    reason = {"reason": "counted the wrong bag"}
    await town.send("treasurer", f"/api/v1/collections/{count}/void", reason)
    assert (await receipt(town, count)).json()["error"] == "collection_void"
    assert "telah dibatalkan" in await town.page(f"/struk/{await code_of(town)}")


async def test_a_collector_gets_only_receipts_of_own_counts(town: Town) -> None:
    count = await counted(town)
    content = {
        "collection_id": str(uuid4()),
        "box": "box-0018",
        "lid_at": town.clock.now().isoformat(),
        "cash": {},
    }
    other = await town.send("treasurer", "/api/v1/collections", content)
    for name in (str(uuid4()), other.json()["collection_id"]):
        assert (await receipt(town, name)).json()["error"] == "collection_unknown"
    assert (await receipt(town, other.json()["collection_id"], "treasurer")).status_code == 200
    anonymous = await town.client.get(f"/api/v1/collections/{count}/receipt")
    assert anonymous.status_code == 401


async def test_codes_stay(town: Town) -> None:
    await receipt(town, await counted(town))
    with pytest.raises(DBAPIError, match="append-only"):
        async with town.program.database.write() as connection:
            await connection.execute(delete(count_receipts))


def test_a_long_paper_goes_on_on_the_next_page() -> None:
    content = BytesIO()
    paper = Paper.begin(content, title="x", large=True)
    for number in range(90):
        paper.row(f"row {number}", "a long value " * 12)
    paper.code("x" * 40, size_mm=60)
    paper.signatures(["one", "two"])
    paper.end()
    pages = PdfReader(BytesIO(content.getvalue())).pages
    assert len(pages) > 3
    assert "row 89" in "".join(page.extract_text() for page in pages)
    assert plain("Rp\u00a05 漢") == "Rp 5 ?"
