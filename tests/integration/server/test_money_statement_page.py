"""A treasurer looks at a statement on a page, and imports it only then."""

import re
from datetime import timedelta

import httpx
import pytest
from jimpitan_server.adapters.database.money_schema import statement_imports, statement_lines
from jimpitan_server.adapters.statement_shelf import FILES_MAX, KEPT_FOR, StatementShelf
from jimpitan_server.entrypoints.http import words
from jimpitan_server.entrypoints.http.statement_page_door import GONE, HERE, NO_FILE, NOT_KNOWN
from money_town import ACCOUNT, Town, town
from server_boxes import FRIDAY

__all__ = ["town"]
pytestmark = pytest.mark.integration

HEADER = "date,time,amount,balance,description,reference\n"
FIRST = HEADER + "2026-11-09,10:00,1000,6000,QRIS A,\n2026-11-09,10:05,-500,5500,ADM,\n"
LATER = HEADER + "2026-11-12,10:00,1000,9000,QRIS B,\n"


async def look(town: Town, text: str, **fields: str) -> httpx.Response:
    data = await town.form(HERE, rekening=ACCOUNT, bentuk="") | fields
    files = {"file": ("mutasi.csv", text.encode(), "text/csv")}
    return await town.client.post(HERE, data=data, files=files)


async def confirm(town: Town, page: httpx.Response, **fields: str) -> httpx.Response:
    data = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    return await town.client.post(f"{HERE}/simpan", data=data | fields)


async def test_a_file_is_looked_at_and_then_imported(town: Town) -> None:
    await town.enter("treasurer")
    assert "Belum ada mutasi yang diimpor" in await town.page(HERE)
    page = await look(town, FIRST)
    assert page.status_code == 200
    assert "Rp\u00a01.000" in page.text
    assert "Impor 2 baris baru" in page.text
    assert await town.count(statement_imports) == 0
    done = await confirm(town, page)
    assert (done.status_code, done.headers["location"]) == (303, f"{HERE}?impor=1")
    assert "2 baris baru dari 2" in await town.page(done.headers["location"])
    assert "Impor 0 baris baru" in (await look(town, FIRST)).text
    assert GONE in (await confirm(town, page, sha256="0" * 64)).text


async def test_a_gap_needs_a_tick_and_a_fault_cannot_be_ticked_away(town: Town) -> None:
    await town.enter("admin")
    await confirm(town, await look(town, FIRST))
    page = await look(town, LATER)
    assert "Saldo tidak bersambung antara 09/11/2026 dan 12/11/2026" in page.text
    assert (await confirm(town, page)).status_code == 409
    assert (await confirm(town, page, terima="1")).status_code == 303
    broken = await look(town, FIRST.replace("5500", "5501"))
    assert broken.status_code == 422
    assert "Baris 3, kolom balance" in broken.text
    assert "saldo tidak berlanjut" in words.catalogue("id")["fault_balance"]
    assert "Impor " not in broken.text.split("<form")[0]
    assert await town.count(statement_lines) == 3


async def test_what_the_form_lacks_is_said(town: Town) -> None:
    await town.enter("treasurer")
    for fields in ({"rekening": "nowhere"}, {"bentuk": "nothing"}):
        assert NOT_KNOWN in (await look(town, FIRST, **fields)).text
    data = await town.form(HERE, rekening=ACCOUNT)
    assert NO_FILE in (await town.client.post(HERE, data=data)).text
    page = await look(town, FIRST)
    assert (await confirm(town, page, rekening="nowhere")).status_code == 404
    assert (
        "Import 2 new lines"
        in (
            await town.client.post(
                f"{HERE}?bahasa=en",
                data=await town.form(HERE, rekening=ACCOUNT),
                files={"file": ("m.csv", FIRST.encode())},
            )
        ).text
    )


async def test_auditors_read_and_collectors_do_not(town: Town) -> None:
    await town.enter("auditor")
    assert "csrf_token" not in await town.page(HERE)
    files = {"file": ("mutasi.csv", FIRST.encode())}
    assert (await town.client.post(HERE, files=files)).status_code == 403
    await town.enter("collector")
    assert (await town.client.get(HERE)).status_code == 403


def test_the_shelf_holds_few_files_for_a_short_time() -> None:
    shelf = StatementShelf()
    digests = [shelf.keep(f"{number}.csv", b"%d" % number, FRIDAY) for number in range(6)]
    assert len(shelf.files) == FILES_MAX
    assert shelf.find(digests[0], FRIDAY) is None
    found = shelf.find(digests[5], FRIDAY + KEPT_FOR)
    assert found is not None
    assert found.content == b"5"
    assert shelf.find(digests[5], FRIDAY + KEPT_FOR + timedelta(seconds=1)) is None
    assert shelf.files == {}
