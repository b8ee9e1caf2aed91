"""The first run as an office meets it: an empty server, a link on the console, and the guide."""

import base64
import os
import re
import secrets
import subprocess
import sys
import threading
from pathlib import Path

import components
import pytest
from jimpitan_simulator.processes import free_port
from test_browser_collector_axe import faults
from test_browser_faces import CODE, browser, fits, visit

__all__ = ["browser", "visit"]
pytestmark = pytest.mark.browser
PASSWORD = "tiga kata acak"
PHONE = {"width": 360, "height": 740}
LINK = re.compile(r"http://\S+/undangan/\S+")
START_S = 60


@pytest.fixture
def console(tmp_path):
    """Start the server as an office does, on nothing; yield the link that its console tells."""
    if not (components.ROOT / "node_modules").exists():
        components.missing("the web assets", "run `python3 run.py setup`")
    environment = {
        "JIMPITAN_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/server.db",
        "JIMPITAN_MASTER_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "JIMPITAN_PORT": str(free_port()),
        "JIMPITAN_PROGRAMME_NAME": "Program Uji",
    }
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("jimpitan-server")), "run"],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    told, is_ready = [], threading.Event()

    def listen() -> None:
        for line in process.stdout:
            told.extend(LINK.findall(line))
            if "server_ready" in line:
                is_ready.set()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    assert is_ready.wait(START_S)
    yield told[0]
    process.terminate()
    process.wait(10)
    listener.join(10)
    process.stdout.close()


def test_an_office_comes_from_nothing_to_a_box_that_can_be_followed(console, visit):
    page = visit(PHONE)
    page.goto(console)
    assert faults(page) == []
    page.fill("[name=sandi]", PASSWORD)
    page.fill("[name=sandi-lagi]", PASSWORD)
    page.click("text=Simpan kata sandi")
    page.wait_for_url("**/masuk?next=/admin")
    page.fill("[name=login_name]", "admin")
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_url("**/admin/mulai")  # nothing is set up: the guide comes first
    assert page.inner_text("[aria-current=step] h2").startswith("1")
    page.fill("[name=rekening]", "REK 1!")
    page.click("text=Simpan rekening")
    page.wait_for_selector("#account [role=alert]:has-text('huruf kecil')")
    page.fill("[name=rekening]", "bsi-1")
    page.click("text=Simpan rekening")
    page.wait_for_selector("#account.done")
    page.click("text=Daftarkan kaleng dan tempatnya")
    page.fill("form:has-text('Tambah kaleng') [name=kotak]", "kaleng-1")
    page.fill("form:has-text('Tambah kaleng') [name=tempat]", "Ruang rapat")
    page.click("form:has-text('Tambah kaleng') button")
    page.goto(console.split("/undangan")[0] + "/admin/mulai")
    page.wait_for_selector("#box.done")
    page.fill("[name=kotak]", "kaleng-1")
    page.fill("[name=isi]", "000201 ini bukan kode")
    page.click("text=Daftarkan kode")
    page.wait_for_selector("#code [role=alert]:has-text('tidak dapat dibaca')")
    page.fill("[name=isi]", CODE)
    page.click("text=Daftarkan kode")
    page.wait_for_selector("#code.done")
    page.click("text=Undang kolektor")
    page.fill("[name=nama]", "ani")
    page.click("text=Buat tautan")
    link = page.inner_text("#tautan")
    assert fits(page)
    assert faults(page) == []
    page.goto(console.split("/undangan")[0] + "/admin/mulai")
    assert page.inner_text("[aria-current=step] h2").startswith("5")
    assert fits(page)
    assert faults(page) == []
    other = visit(PHONE)
    other.goto(link)
    other.wait_for_selector("text=ani")
    page.goto(console)
    page.wait_for_selector("text=sudah dipakai")


def test_the_guide_works_without_any_script(console, visit):
    page = visit(PHONE, java_script_enabled=False)
    page.goto(console)
    page.fill("[name=sandi]", PASSWORD)
    page.fill("[name=sandi-lagi]", PASSWORD)
    page.click("text=Simpan kata sandi")
    page.fill("[name=login_name]", "admin")
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.click("text=Buat token untuk kotak sensor")
    assert len(page.inner_text("#token")) > 20
    page.fill("[name=gateway]", "gw-1")
    page.click("text=Buat token gateway")
    assert len(page.inner_text("#token-gateway")) > 20
    page.wait_for_selector("#gateway.done")
