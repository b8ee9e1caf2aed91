"""The pages of cases: a work list and a case in plain words, acted on by forms without scripts."""

import re
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from case_town import differing, raised
from jimpitan_server.domain.resolution import ResolutionCode
from jimpitan_server.entrypoints.http import words
from jimpitan_server.entrypoints.http.case_page_door import FAULTS, FORM_FAULT, HERE
from jimpitan_server.entrypoints.http.case_words import EVIDENCE, PREFIX
from jimpitan_server.entrypoints.http.people import cookie_name
from money_town import Town, town

__all__ = ["town"]
# What forms do is kept by the same services as what scripts do, which run on both databases.
pytestmark = [
    pytest.mark.integration,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


@dataclass
class Browser:
    """A person of a role in front of the pages."""

    town: Town
    role: str

    async def get(self, path: str = "", status: int = 200) -> str:
        """Return a page."""
        answer = await self._send("GET", path)
        assert answer.status_code == status, answer.text
        return answer.text

    async def send(
        self, path: str, form: dict[str, object], status: int = 303, page: str | None = None
    ) -> str:
        """Send a form of the page at `page`, and return what is shown after it."""
        shown = await self.get(path if page is None else page)
        hidden = dict(re.findall(r'name="(csrf_token|terlihat)" value="([^"]*)"', shown))
        answer = await self._send("POST", path, data=hidden | form)
        assert answer.status_code == status, answer.text
        return await self.get(path) if status == 303 and page is None else answer.text

    async def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        token = (await self.town.authorized(self.role))["Authorization"].partition(" ")[2]
        cookie = {"Cookie": f"{cookie_name(https=False)}={token}"}
        return await self.town.client.request(method, HERE + path, headers=cookie, **more)


async def test_two_people_end_a_large_case_by_forms(town: Town) -> None:
    (number,) = await raised(town, differing(town, "a", 250_000))
    treasurer, admin, path = Browser(town, "treasurer"), Browser(town, "admin"), f"/{number}"
    await admin.get()  # so that the admin is known as a possible owner
    shown = await treasurer.get(path)
    for said in ("Rp\u00a0250.000", "jumlah yang diharapkan", "Rp\u00a01.000.000", "10.00 WIB"):
        assert said in shown
    assert "Usulkan penyelesaian" in shown
    owner = {"tindakan": "tugaskan", "pemilik": "user-admin"}
    assert "menugaskan: admin" in await treasurer.send(path, owner)
    due = {"tindakan": "tenggat", "tanggal": "2026-12-01", "alasan": "menunggu bank"}
    assert "01/12/2026 23.59 WIB" in await treasurer.send(path, due)
    ending = {"tindakan": "selesaikan", "kode": "loss", "alasan": "hilang <b>di jalan</b>"}
    waiting = await treasurer.send(path, ending)
    assert "hilang &lt;b&gt;di jalan&lt;/b&gt;" in waiting
    assert "bendahara atau admin lain harus menyetujui" in waiting
    assert 'value="setujui"' not in waiting
    refused = await treasurer.send(path, {"tindakan": "setujui"}, status=403)
    assert FAULTS["own_proposal"] in refused
    assert f"#{number}" in await admin.get("?keadaan=menunggu")
    approved = await admin.send(path, {"tindakan": "setujui"})
    assert "uang atau catatan hilang" in approved
    assert "Tidak ada yang perlu ditinjau." in await admin.get()
    again = await admin.send(path, {"tindakan": "buka", "alasan": "uangnya ketemu"})
    assert "membuka kembali" in again


async def test_a_form_that_is_sent_twice_or_empty_says_so(town: Town) -> None:
    (number,) = await raised(town, differing(town, "a", 5_000))
    browser, path = Browser(town, "treasurer"), f"/{number}"
    ending = {
        "tindakan": "selesaikan",
        "kode": "explained",
        "alasan": "salah tulis",
        "terlihat": 7,
    }
    assert FAULTS["case_changed"] in await browser.send(path, ending, status=409)
    for wrong in (
        {"tindakan": "selesaikan", "kode": "x", "alasan": "salah tulis"},
        {"tindakan": "komentar", "teks": " "},
        {"tindakan": "hapus"},
        {"tindakan": "komentar", "teks": "abc", "terlihat": "x"},
    ):
        assert FORM_FAULT in await browser.send(path, wrong, status=422)
    for day in ("besok", "2020-01-01", "9999-12-31"):
        form = {"tindakan": "tenggat", "tanggal": day, "alasan": "menunggu bank"}
        assert FAULTS["due_unsound"] in await browser.send(path, form, status=422)
    assert (await browser.get(path)).count("salah tulis") == 0


async def test_an_auditor_reads_and_comments(town: Town) -> None:
    (number,) = await raised(town, differing(town, "a", 5_000))
    auditor, path = Browser(town, "auditor"), f"/{number}"
    shown = await auditor.send(path, {"tindakan": "komentar", "teks": "lihat foto"})
    assert "lihat foto" in shown
    assert 'value="selesaikan"' not in shown
    ending = {"tindakan": "selesaikan", "kode": "explained", "alasan": "salah tulis"}
    assert FAULTS["not_allowed"] in await auditor.send(path, ending, status=403)
    assert (await Browser(town, "collector")._send("GET", path)).status_code == 403
    assert (await auditor._send("POST", path, data={"tindakan": "komentar"})).status_code == 403


async def test_the_work_list_is_filtered_and_paged(town: Town) -> None:
    cases = [differing(town, f"c{n:02}", 1_000 * (n + 1), f"box-{n % 2}") for n in range(52)]
    numbers = await raised(town, *cases)
    browser = Browser(town, "treasurer")
    first = await browser.get("?urut=jumlah&kotak=box-1&tingkat=warning")
    assert first.index(f"#{numbers[51]} ") < first.index(f"#{numbers[49]} ")
    assert "17 kasus" in first
    pages = [await browser.get("?urut=jumlah")]
    following = re.search(r'class="button" href="/admin/temuan([^"]*setelah[^"]*)"', pages[0])
    assert following
    pages.append(await browser.get(following[1].replace("&amp;", "&")))
    listed = [len(re.findall(r'name="nomor"', one)) for one in pages]
    assert listed == [50, 2]
    assert "52 kasus" in pages[1]
    for odd in ("?keadaan=x&tingkat=x&urut=x&setelah=x&kotak=A", "?lewat=1", "?pemilik=saya"):
        assert " kasus" in await browser.get(odd)
    assert "Tidak ada kasus yang cocok" in await browser.get("?pemilik=saya&lewat=1")


async def test_many_are_chosen_and_changed_together_or_not_at_all(town: Town) -> None:
    small = await raised(town, differing(town, "a", 5_000), differing(town, "b", 6_000))
    (large,) = await raised(town, differing(town, "c", 500_000))
    browser = Browser(town, "treasurer")
    ending = {"tindakan": "selesaikan", "kode": "accepted_difference", "alasan": "tidak sepadan"}
    form = ending | {"nomor": [*small, large]}
    refused = await browser.send("/massal", form, status=409, page="")
    assert FAULTS["bulk_refused"] in refused
    assert f'<a href="{HERE}/{large}">#{large}</a> {FAULTS["needs_approval"]}' in refused
    assert "3 kasus" in refused
    await browser.send("/massal", ending | {"nomor": small}, page="")
    assert "1 kasus" in await browser.get()
    for wrong in ({"nomor": []}, {"nomor": "x"}, {"nomor": large, "tindakan": "hapus"}):
        await browser.send("/massal", ending | wrong, status=422, page="")
    many = await browser.send(
        "/massal", ending | {"nomor": list(range(1, 202))}, status=413, page=""
    )
    assert FAULTS["too_large"] in many


async def test_figures_are_shown_and_a_person_only_to_an_admin(town: Town) -> None:
    await raised(town, differing(town, "a", 5_000))
    await town.authorized("collector")
    admin, treasurer = Browser(town, "admin"), Browser(town, "treasurer")
    shown = await treasurer.get("/statistik?kolektor=user-collector")
    assert "Satu kolektor" not in shown
    assert "Belum ada wadah dengan instansi penggiat." in shown
    place = {"site": "teras", "host": "Masjid <Contoh>"}
    headers = await town.authorized("admin")
    await town.client.put("/api/v1/boxes/box-0017/place", json=place, headers=headers)
    by_host = await treasurer.get("/statistik")
    assert "Masjid &lt;Contoh&gt;" in by_host
    assert "terlalu sedikit hitungan untuk dikatakan" in by_host
    assert "By host institution" in await treasurer.get("/statistik?bahasa=en")
    assert "lebih dari 90 hari" in shown
    own = await town.client.get(
        "/kolektor?saya=1",
        headers={"Cookie": f"{cookie_name(https=False)}={town.tokens['collector']}"},
    )
    assert "Terlalu sedikit untuk dikatakan" in own.text
    assert "Terlalu sedikit untuk dikatakan" in await admin.get(
        "/statistik?kolektor=user-collector"
    )


async def test_english_is_complete(town: Town) -> None:
    english = words.catalogue(words.ENGLISH)
    assert all(sentence in english for sentence in (*FAULTS.values(), FORM_FAULT))
    for language in words.LANGUAGES:
        assert {PREFIX + name for name in EVIDENCE} <= set(words.catalogue(language))
    (number,) = await raised(town, differing(town, "a", 5_000))
    browser = Browser(town, "treasurer")
    for code in ResolutionCode:
        form = {"tindakan": "selesaikan", "kode": code, "alasan": "salah tulis"}
        await browser.send(f"/{number}", form)
        again = {"tindakan": "buka", "alasan": f"lihat lagi {code}"}
        await browser.send(f"/{number}", again)
    shown = await browser.get(f"/{number}?bahasa=en")
    for said in ("At stake", "sum that was expected", "resolved: difference accepted", "reopened"):
        assert said in shown
