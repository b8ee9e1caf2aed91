"""Faces of the server that no single part owns: tables as files, errors as pages."""

import csv
import io

import httpx
import pytest
from money_town import Town, town

__all__ = ["town"]
pytestmark = pytest.mark.integration
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def test_the_list_of_boxes_is_sorted_searched_and_taken_away(town: Town) -> None:
    await town.enter("auditor")
    rising = await town.page("/admin/kotak?urut=kotak")
    falling = await town.page("/admin/kotak?urut=-kotak")
    assert rising.index(">box-0017<") < rising.index(">box-0018<")
    assert falling.index(">box-0018<") < falling.index(">box-0017<")
    assert 'aria-sort="descending"' in falling
    found = await town.page("/admin/kotak?cari=0018")
    assert ">box-0018<" in found
    assert ">box-0017<" not in found
    assert "Tidak ada baris yang cocok" in await town.page("/admin/kotak?cari=zzz")
    answer = await town.client.get("/admin/kotak?cari=0018&bentuk=csv&bahasa=en")
    title, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert title[0] == "Box code"
    assert row[0] == "box-0018"
    book = await town.client.get("/admin/kotak?bentuk=xlsx")
    assert book.content.startswith(b"PK")


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/no-such-page", 404, "Tidak ada apa pun di alamat ini"),
        ("/admin/bank", 403, "Halaman ini bukan untuk peran Anda"),
        ("/admin/buku?sebelum=x", 422, "Permintaan ini tidak dapat diterima"),
    ],
)
async def test_an_error_is_a_page_to_people_and_a_code_to_programs(
    town: Town, path: str, status: int, sentence: str
) -> None:
    await town.enter("auditor")
    answer = await town.client.get(path, headers=BROWSER)
    assert (answer.status_code, sentence in answer.text) == (status, True)
    assert 'role="alert"' in answer.text
    for_program = await town.client.get(path)
    assert (for_program.status_code, set(for_program.json())) == (status, {"error", "message"})


@pytest.mark.parametrize("path", ["//elsewhere.example/x", "///elsewhere.example"])
async def test_an_address_of_somebody_elses_host_is_no_link(town: Town, path: str) -> None:
    answer = await town.client.get(httpx.URL("http://test" + path), headers=BROWSER)
    assert answer.status_code == 404
    assert 'href="//' not in answer.text


@pytest.mark.parametrize("path", ["/admin/jejak", "/admin/orang", "/admin/kotak"])
@pytest.mark.parametrize("sought", ["%00", "%25_%5C", "%27%3B--", "%F0%9F%99%82"])
async def test_senseless_searches_find_nothing_and_break_nothing(
    town: Town, path: str, sought: str
) -> None:
    await town.enter("admin")
    for form in ("", "&bentuk=csv", "&bentuk=xlsx"):
        assert (await town.client.get(f"{path}?cari={sought}{form}")).status_code == 200


async def test_a_door_for_programs_never_answers_with_a_page(town: Town) -> None:
    answer = await town.client.get("/api/v1/matches", headers=BROWSER)
    assert answer.status_code == 401
    assert answer.json()["error"]


async def test_the_calendar_shows_a_month_and_is_taken_away(town: Town) -> None:
    await town.enter("admin")
    form = await town.form(
        "/admin/kunjungan", kotak="box-0017", irama="weekly", hari="4", mulai="2026-11-20"
    )
    assert (await town.client.post("/admin/kunjungan", data=form)).status_code == 303
    page = await town.page("/admin/kalender")
    assert "November 2026" in page
    assert 'datetime="2026-11-27"' in page
    assert "Desember 2026" in await town.page("/admin/kalender?bulan=2026-12")
    for senseless in ("2026-13", "x", "9999-01", "0001-01"):
        assert "November 2026" in await town.page(f"/admin/kalender?bulan={senseless}")
    answer = await town.client.get("/admin/kalender.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.text.count("BEGIN:VEVENT") == 15  # this Friday and those of the next 100 days
