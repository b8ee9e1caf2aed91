"""Admins set boxes, give tags and lead rollouts by page and by command, in two languages."""

import re
from pathlib import Path

import httpx
import pytest
from fleet_town import PASSWORD, PUBLISHER_KEY, answer_update, fingerprint_of, release_file
from jimpitan_server.adapters.database.fleet_schema import configurations, releases
from jimpitan_server.bootstrap import Program
from jimpitan_server.entrypoints.http import words
from jimpitan_server.entrypoints.http.box_page_door import TAG_FAULT
from jimpitan_server.entrypoints.http.configuration_form import fields_shown, read_form
from jimpitan_server.entrypoints.http.rollout_page_door import FAULTS, FORM_FAULT, NO_FILE
from jimpitan_server.settings import Settings
from jimpitan_wire import records
from server_boxes import MASTER_KEY, FakeBox
from server_town import bring, known, rows
from test_server_cli import CommandLine, command

__all__ = ["command"]
pytestmark = pytest.mark.integration


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Return the settings of a fresh server that knows its publisher."""
    return Settings(database_url=database_url, master_key=MASTER_KEY, publisher_key=PUBLISHER_KEY)


async def log_in(program: Program, client: httpx.AsyncClient, role: str) -> None:
    """Make somebody of this role known, and log in by the page."""
    await program.add_user(role, role=role, password=PASSWORD)
    await sign_in(client, role)


async def sign_in(client: httpx.AsyncClient, role: str) -> None:
    """Log in by the page as somebody who is known."""
    page = (await client.get("/masuk")).text
    fields = dict(re.findall(r'name="([a-z_]+)" value="([^"]*)"', page))
    fields |= {"login_name": role, "password": PASSWORD}
    assert (await client.post("/masuk", data=fields)).status_code == 303


async def token(client: httpx.AsyncClient, path: str) -> dict[str, str]:
    """Return the token that a form on this page sends."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', (await client.get(path)).text)
    assert found
    return {"csrf_token": found[1]}


FORM = fields_shown(None) | {"quiet_from_min": "20:30", "zone_min": "WITA", "alasan": "malam"}


async def test_an_admin_sets_a_box_by_hours_and_zone(
    program: Program, client: httpx.AsyncClient
) -> None:
    box = await known(program, FakeBox())
    await log_in(program, client, "admin")
    path = f"/admin/kotak/{box.box}"
    assert "Belum ada yang diatur" in (await client.get(path)).text
    data = await token(client, path) | FORM
    assert (await client.post(f"{path}/konfigurasi", data=data)).status_code == 303
    kept = await rows(program, configurations, "revision", "options", "reason")
    assert kept == [(1, '{"quiet_from_min": 1230, "zone_min": 480}', "malam")]
    page = (await client.get(path)).text
    assert "menunggu kotak" in page
    assert 'value="20:30"' in page
    await bring(program, box, box.stamp(records.CONFIG_APPLIED, {1: 1}))
    page = (await client.get(f"{path}?bahasa=en")).text
    assert "in force" in page
    assert "revision 1" in page
    wrong = data | {"quiet_to_min": "25:00", "heartbeat_s": "5", "zone_min": "Mars"}
    answer = await client.post(f"{path}/konfigurasi", data=wrong)
    assert answer.status_code == 422
    for sentence in ("HH:MM", "heartbeat_s must be", "zone_min must be"):
        assert sentence in answer.text
    assert len(await rows(program, configurations, "revision")) == 1


async def test_an_admin_gives_tags(program: Program, client: httpx.AsyncClient) -> None:
    box = await known(program, FakeBox())
    await log_in(program, client, "admin")
    path = f"/admin/kotak/{box.box}"
    data = await token(client, path)
    answer = await client.post(f"{path}/tag", data=data | {"tag": "Kota, uji"})
    assert answer.status_code == 303
    assert 'value="kota, uji"' in (await client.get(path)).text
    bad = await client.post(f"{path}/tag", data=data | {"tag": "k@ta"})
    assert (bad.status_code, "tanda hubung" in bad.text) == (422, True)
    assert (await client.post(f"{path}/tag", data={"tag": "x"})).status_code == 403


async def test_an_admin_leads_a_rollout_by_page(
    program: Program, client: httpx.AsyncClient
) -> None:
    box = await known(program, FakeBox())
    await bring(program, box, box.heartbeat())
    await log_in(program, client, "admin")
    here = "/admin/pembaruan"
    data = await token(client, here)
    for content, status in ((b"PK zip", 422), (release_file(), 303)):
        files = {"file": ("rilis", content)}
        answer = await client.post(f"{here}/rilis", data=data, files=files)
        assert answer.status_code == status
    assert len(await rows(program, releases, "version")) == 1
    form = data | {"rilis": fingerprint_of(), "tahap": "desa", "gagal": "0", "persen": "90"}
    refused = await client.post(here, data=form)
    assert (refused.status_code, "tidak punya kotak" in refused.text) == (409, True)
    assert (await client.post(here, data=form | {"tahap": "*"})).status_code == 303
    page = (await client.get(here)).text
    assert "diperintah atau mengunduh: 1" in page
    assert "Mulai peluncuran" not in page  # one at a time
    await answer_update(program, box, records.FIRMWARE_ROLLED_BACK)
    page = (await client.get(here)).text
    for words_shown in ("lebih banyak kotak gagal", f'href="/admin/kotak/{box.box}"', "mengakui"):
        assert words_shown in page
    one = (await client.get(f"/admin/kotak/{box.box}")).text
    assert "kembali ke versi lama" in one
    assert "perangkat lunak berganti" in one
    empty = await client.post(f"{here}/1/lanjut", data=data | {"alasan": ""})
    assert (empty.status_code, "belum lengkap" in empty.text) == (422, True)
    for verb in ("lanjut", "akhiri"):
        answer = await client.post(f"{here}/1/{verb}", data=data | {"alasan": "sudah diperiksa"})
        assert answer.status_code == 303
    page = (await client.get(f"{here}?nomor=1&bahasa=en")).text
    assert "ended: sudah diperiksa" in page
    assert "accepted when resumed" in page
    assert (await client.get(f"{here}?nomor=99")).status_code == 404


async def test_an_auditor_looks_and_changes_nothing(
    program: Program, client: httpx.AsyncClient
) -> None:
    box = await known(program, FakeBox())
    await log_in(program, client, "auditor")
    for path in ("/admin/pembaruan", f"/admin/kotak/{box.box}"):
        page = await client.get(path)
        assert (page.status_code, "csrf_token" in page.text) == (200, False)
    for path in ("", "/rilis", "/1/lanjut", "/1/akhiri"):
        assert (await client.post(f"/admin/pembaruan{path}", data={})).status_code == 403


async def test_new_kinds_of_records_have_words_and_particulars(
    program: Program, client: httpx.AsyncClient
) -> None:
    box = await known(program, FakeBox())
    weighed = {1: 2, 2: 12_345, 3: 50, 4: 2, 5: 1, 6: []}
    await bring(
        program,
        box,
        box.stamp(records.THANKS_SHOWN, {1: 1}),
        box.stamp(records.WEIGHED, weighed),
        box.stamp(records.CONFIG_APPLIED, {1: 3, 2: [4]}),
        box.stamp(records.WEIGHED, {1: "x"}),
        box.stamp(records.EPOCH_START, {1: 0, 2: 0}),
    )
    await log_in(program, client, "auditor")
    page = (await client.get(f"/admin/kotak/{box.box}")).text
    for sentence in ("untuk pembayaran QRIS", "12,3 g", "revisi 3", "zone_min", "kunci lama"):
        assert sentence in page
    assert "jenis 1" not in page


def test_a_form_that_is_sent_as_it_was_shown_wishes_the_same() -> None:
    assert read_form(fields_shown(None)) == ({}, [])
    options, faults = read_form(FORM | {"alarm_silent": "ya", "zone_min": "450"})
    assert options == {"quiet_from_min": 1230, "zone_min": 450, "alarm_silent": 1}
    assert faults == []


def test_every_fault_on_these_pages_has_english() -> None:
    _, faults = read_form({})
    said = {fault.sentence for fault in [TAG_FAULT, *faults]} | {FORM_FAULT, NO_FILE}
    assert (said | set(FAULTS.values())) - set(words.catalogue(words.ENGLISH)) == set()


async def test_commands_tag_configure_and_lead_a_rollout(
    program: Program,
    command: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    box = await known(program, FakeBox())
    await bring(program, box, box.heartbeat())
    assert (await command.asks("box", "tag", box.box, "uji", "kota"))["tags"] == ["kota", "uji"]
    told = await command.asks("box", "configure", box.box, "zone_min=480")
    assert told["revision"] == 1
    bad = await command("box", "configure", box.box, "zone_min")
    assert (bad.exit_code, "OPTION=NUMBER" in bad.stderr) == (1, True)
    file = tmp_path / "rilis"
    file.write_bytes(release_file())
    unset = await command("release", "add", str(file))
    assert (unset.exit_code, "JIMPITAN_PUBLISHER_KEY" in unset.stderr) == (1, True)
    monkeypatch.setenv("JIMPITAN_PUBLISHER_KEY", PUBLISHER_KEY)
    for is_new in (True, False):
        assert (await command.asks("release", "add", str(file)))["is_new"] is is_new
    (listed,) = await command.asks("release", "list")
    assert listed["version"] == "1.2.0"
    started = await command.asks("rollout", "start", "1.2.0", "uji", "*", "--failures-max", "0")
    assert (started["rollout"], started["stages"]) == (1, ["uji", "*"])
    await program.maintain()  # by the clock of this test, on which the box was heard
    await answer_update(program, box, records.FIRMWARE_ROLLED_BACK)
    shown = await command("rollout", "show", "1")
    assert "Rollout 1 of 1.2.0: halted (failures)" in shown.stdout
    assert "box-0001: rolled_back, reason 2" in shown.stdout
    resumed = await command.asks("rollout", "resume", "1", "--reason", "diperiksa")
    assert resumed["state"] == "running"
    ended = await command.asks("rollout", "end", "1", "--reason", "cukup")
    assert ended["state"] == "ended"
    (line,) = await command.asks("rollout", "list")
    assert line["state"] == "ended"
    gone = await command("release", "add", str(tmp_path / "none"))
    assert (gone.exit_code, "cannot be read" in gone.stderr) == (1, True)
