"""The pages in a real browser, at the size of a phone and of a desk, in both languages."""

import asyncio
import base64
import os
import secrets
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import components
import pytest
from jimpitan_server.adapters.database import account_rows
from jimpitan_server.bootstrap import build
from jimpitan_server.domain.books import Settlement
from jimpitan_server.domain.partner import Account
from jimpitan_server.domain.qris import compose
from jimpitan_server.settings import Settings
from jimpitan_simulator.processes import free_port
from jimpitan_wire import cbor, cose, records

PASSWORD = "sandi-uji-coba"
WITNESS_PIN = "470921"
SECRET = bytes(range(32))
CODE = compose(
    mpan="936009990000000007", nmid="ID0000000000007", merchant_name="KOTAK 0007", city="LEBAK"
)
STATEMENT = "date,time,amount,balance,description,reference\n" + "".join(
    f"2026-11-09,10:{at:02d},1000,{at + 1}000,QRIS 93600999000000000{at:02d} DARI DONATUR,R{at}\n"
    for at in range(30)
)
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 860}


class Server:
    """A server of our own with one box, an admin and a collector."""

    def __init__(self, folder: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.environment = {
            "JIMPITAN_DATABASE_URL": f"sqlite+aiosqlite:///{folder}/server.db",
            "JIMPITAN_MASTER_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "JIMPITAN_PORT": self.url.rsplit(":", 1)[1],
            "JIMPITAN_PROGRAMME_NAME": "Program Uji",
        }
        self.token = asyncio.run(self._prepare())
        self.seq = 0

    async def _prepare(self) -> str:
        settings = {
            name.removeprefix("JIMPITAN_").lower(): value
            for name, value in self.environment.items()
        }
        program = await build(Settings(**settings))
        try:
            await program.migrate()
            await program.add_box("box-0007", epoch=1, key=SECRET)
            account = Account(account_id="bsi-1", settlement=Settlement.PAYMENT)
            async with program.database.write() as connection:
                await account_rows.add_account(connection, account, program.clock.now())
            await program.money.register_code(
                box="box-0007", payload=CODE, store_id=None, merchant_id=None
            )
            for role in ("admin", "collector"):
                await program.add_user(role, role=role, password=PASSWORD)
            invitation = await program.collections.add_witness(
                "bu-ani", institution="Masjid Contoh", actor="test"
            )
            await program.collections.set_invited_pin(invitation, WITNESS_PIN)
            await program.visits.add_can(
                "kaleng-1",
                site="Ruang rapat kecamatan yang panjang namanya",
                host="",
                actor="test",
            )
            return await program.add_gateway("gateway")
        finally:
            await program.close()

    def deposit(self) -> None:
        """Bring one deposit of the box to the server's door."""
        self.seq += 1
        payload = records.payload(
            epoch=1,
            boot=1,
            seq=self.seq,
            uptime_ms=1000 * self.seq,
            wall_s=None,
            wall_uncertainty_s=0,
            prev=bytes(8),
            kind=records.DEPOSIT,
            body={1: 32_000, 2: 32_000, 3: 40_000, 4: [[1, 900], [0, 100]]},
        )
        aad = cose.external_aad("box-0007", 1, cose.UP)
        message = cose.seal(cose.Key(SECRET), aad, payload)
        request = urllib.request.Request(
            f"{self.url}/api/v1/records",
            cbor.encode([["box-0007", 1, message]]),
            {"Content-Type": "application/cbor", "Authorization": f"Bearer {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Start a server with its built assets."""
    if not (components.ROOT / "node_modules").exists():
        components.missing("the web assets", "run `python3 run.py setup`")
    with running(Server(tmp_path_factory.mktemp("faces"))) as made:
        yield made


@contextmanager
def running(made: Server) -> Iterator[Server]:
    """Run a server that was made, in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "jimpitan_simulator.whole.server_process"],
        env={**os.environ, **made.environment},
        stderr=subprocess.DEVNULL,
    )
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{made.url}/healthz", timeout=1).close()
            break
        except OSError:
            assert process.poll() is None
            import threading

            threading.Event().wait(0.05)
    try:
        yield made
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def browser():
    """Start the system's Chromium."""
    path = components.program("chromium", "install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        words = ["--no-sandbox", "--disable-background-networking", "--disable-sync"]
        opened = playwright.chromium.launch(executable_path=path, args=words)
        yield opened
        opened.close()


@pytest.fixture
def visit(browser):
    """Return a function that opens a fresh page and notes every complaint of the browser."""
    complaints: list[str] = []
    contexts = []

    def begin(size, **options):
        context = browser.new_context(viewport=size, locale="id-ID", **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield begin
    for context in contexts:
        context.close()
    # A refusal or a lost network that a test provokes is told as a resource that failed.
    provoked = ("with a status of 4", "with a status of 5", "net::ERR_")
    assert [one for one in complaints if not any(word in one for word in provoked)] == []


def log_in(page, server, role, target):
    page.goto(f"{server.url}/masuk?next={target}")
    page.fill("[name=login_name]", role)
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_url(f"**{target}")


def fits(page) -> bool:
    """Return whether nothing is wider than the screen."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.browser
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_board_moves_when_a_box_received(server, visit, size):
    page = visit(size)
    page.goto(server.url)
    page.wait_for_selector('[data-live="on"]')
    shown = int(page.inner_text('[data-figure="sensed.deposits"]'))
    server.deposit()
    page.wait_for_function(
        "shown => document.querySelector('[data-figure=\"sensed.deposits\"]').textContent"
        " === String(shown + 1)",
        arg=shown,
    )
    for word in ("perkiraan sensor", "terhitung", "terkonfirmasi bank"):
        page.wait_for_selector(f"text={word} >> nth=0")
    page.wait_for_selector(".u-wrap canvas")
    assert fits(page)


@pytest.mark.browser
def test_the_board_is_whole_without_scripts_and_in_english(server, visit):
    page = visit(PHONE, java_script_enabled=False)
    page.goto(f"{server.url}/?bahasa=en")
    page.wait_for_selector("text=sensor estimate")
    page.wait_for_selector("text=confirmed by the bank")
    page.goto(server.url)
    page.wait_for_selector("text=sensor estimate")  # the choice is remembered


@pytest.mark.browser
def test_the_admin_sees_boxes_and_one_boxs_dossier(server, visit):
    page = visit(DESK)
    server.deposit()
    log_in(page, server, "admin", "/admin")
    page.wait_for_selector("text=Ringkasan >> nth=0")
    page.click('nav a[href="/admin/kotak"]')
    page.click("text=box-0007")
    page.wait_for_selector("text=Berkas penarikan")
    page.wait_for_selector("text=donasi masuk kotak >> nth=0")
    page.click('nav a[href="/admin/temuan"]')
    page.wait_for_selector("h1:has-text('Perlu ditinjau')")


@pytest.mark.browser
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_statement_is_looked_at_before_it_is_imported(server, visit, size):
    page = visit(size)
    log_in(page, server, "admin", "/admin/mutasi")
    assert fits(page)
    page.set_input_files(
        "[name=file]", {"name": "mutasi.csv", "mimeType": "text/csv", "buffer": STATEMENT.encode()}
    )
    page.click("text=Lihat dahulu")
    page.wait_for_selector("text=Kredit dalam berkas")
    page.wait_for_selector("text=Rp\u00a030.000 >> nth=0")
    assert fits(page)
    page.click("button:has-text('baris baru')")
    page.wait_for_url("**/admin/mutasi?impor=*")
    page.wait_for_selector("h2:has-text('Tersimpan')")
    assert fits(page)


@pytest.mark.browser
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_donor_checks_a_sticker_and_the_admin_sees_what_is_printed(server, visit, size):
    page = visit(size)
    page.goto(f"{server.url}/cek?kotak=box-0007")
    page.fill("[name=isi]", CODE)
    page.click("button.main")
    page.wait_for_selector("text=Ini kode yang terdaftar")
    page.fill("[name=isi]", CODE.replace("KOTAK 0007", "KOTAK 0008"))
    page.click("button.main")
    page.wait_for_selector("text=tetapi tidak sama")
    assert fits(page)
    log_in(page, server, "admin", "/admin/stiker")
    page.wait_for_selector("text=kode sendiri")
    assert fits(page)


@pytest.mark.browser
def test_a_collector_counts_on_a_phone_and_gets_a_receipt(server, visit):
    page = visit(PHONE, is_mobile=True)
    log_in(page, server, "collector", "/kolektor/box-0007")
    page.click("text=1. Mulai kunjungan")
    page.click("text=Lanjut ke hitungan")
    page.fill("#pecahan-1000", "7")
    page.click('.stepper:has(#pecahan-500) [data-step="1"]')
    assert page.inner_text("[data-total]") == "Rp\u00a07.500"
    assert fits(page)
    page.fill("[name=saksi]", "Tuan rumah")
    page.click("text=3. Simpan hitungan")
    assert page.inner_text(".receipt .value") == "Rp\u00a07.500"
    page.reload()
    assert page.inner_text(".receipt .value") == "Rp\u00a07.500"
    board = visit(DESK)
    board.goto(server.url)
    assert board.inner_text('[data-rupiah="counted_idr"]') == "Rp\u00a07.500"


@pytest.mark.browser
def test_a_witness_types_her_pin_and_the_admin_sees_the_whole_dossier(server, visit):
    page = visit({"width": 360, "height": 740}, is_mobile=True)
    log_in(page, server, "collector", "/kolektor/kaleng-1")
    page.fill("#pecahan-2000", "4")
    page.check("[name=tanpa-segel]")
    page.fill("[name=segel]", "LBK-0001")
    page.fill("[name=saksi]", "bu-ani")
    page.fill("[name=pin]", "470922")
    assert fits(page)
    page.click("text=3. Simpan hitungan")
    page.wait_for_selector("text=PIN itu bukan PIN saksi ini")
    page.fill("[name=pin]", WITNESS_PIN)
    page.click("text=Sahkan hitungan")
    page.wait_for_selector("text=sudah mengesahkan")
    for size in ({"width": 360, "height": 740}, DESK):
        admin = visit(size)
        log_in(admin, server, "admin", "/admin/berkas/kaleng-1")
        admin.wait_for_selector("text=PIN orang kedua")
        admin.wait_for_selector("text=LBK-0001")
        assert fits(admin)
        for path in ("/admin/kunjungan", "/admin/wadah", "/admin/saksi", "/pin"):
            admin.goto(server.url + path)
            assert fits(admin), path


@pytest.mark.browser
def test_a_count_without_a_witness_is_asked_for_again(server, visit):
    page = visit(PHONE)
    log_in(page, server, "collector", "/kolektor")
    page.goto(f"{server.url}/kolektor/box-0007")
    page.evaluate("document.querySelector('[name=saksi]').required = false")
    page.fill("#pecahan-1000", "1")
    with page.expect_response("**/hitung") as answered:
        page.click("text=3. Simpan hitungan")
    assert answered.value.status == 422
    page.wait_for_selector("text=Isi nama saksi")


@pytest.mark.browser
def test_a_collector_is_not_let_into_the_admins_pages(server, visit):
    page = visit(PHONE)
    log_in(page, server, "collector", "/kolektor")
    answer = page.context.request.get(f"{server.url}/admin")
    assert answer.status == 403
