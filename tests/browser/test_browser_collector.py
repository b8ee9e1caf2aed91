"""The collector's page on a phone: opens without a network, plain, small, in two languages."""

import gzip
import json
import re

import pytest
from components import ROOT
from test_browser_faces import DESK, PASSWORD, browser, fits, log_in, server, visit

__all__ = ["browser", "server", "visit"]
PHONE = {"width": 360, "height": 740}
SMALL = {"width": 320, "height": 640}
BUILT = ROOT / "server/jimpitan_server/entrypoints/web/static/built"
JS_BYTES_MAX = 15 * 1024
# What may be smaller than a thumb: links inside a sentence are not among the page's own parts.
TARGETS = "main a, main button, main input:not([type=checkbox]), .tabs a"
SMALLER = """elements => elements.filter(one => one.offsetParent)
  .map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect().height])
  .filter(([, height]) => height < 44)"""


VIEWS = {
    "#/": "Rute hari ini",
    "#/kotak/box-0007": "box-0007",
    "#/kirim": "Kiriman",
    "#/impor": "Catatan kotak",
    "#/lainnya": "Lainnya",
    "#/kotak/box-0007/kunjungan": "1. Kunjungan",
    "#/kotak/box-0007/stiker": "2. Stiker",
    "#/kotak/box-0007/hitung": "3. Hitung",
    "#/kotak/box-0007/saksi": "4. Saksi",
    "#/kotak/box-0007/segel": "5. Segel",
}


def token_of(context, server, role) -> str:
    """Return the session of a role, opened once: the door for logins is narrow on purpose."""
    tokens = server.__dict__.setdefault("tokens", {})
    if role not in tokens:
        login = {"login_name": role, "password": PASSWORD}
        answer = context.request.post(f"{server.url}/api/v1/sessions", data=login)
        tokens[role] = answer.json()["token"]
    return tokens[role]


def be(context, server, role):
    """Let a browser be logged in as somebody of a role."""
    token = token_of(context, server, role)
    context.add_cookies([{"name": "jimpitan", "value": token, "url": server.url}])


def enter(page, server, view=""):
    """Log in as the collector and wait until the page works without a network."""
    be(page.context, server, "collector")
    page.goto(f"{server.url}/kolektor")
    page.wait_for_selector("h1:has-text('Rute hari ini')")
    page.wait_for_selector(".finder")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    until(page, "() => Boolean(navigator.serviceWorker.controller)")
    if view:
        page.evaluate(f"location.hash = {json.dumps(view)}")


def until(page, condition):
    """Wait until a function of the page answers something true; our policy forbids polling it."""
    for _ in range(100):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(100)
    raise AssertionError(condition)


def first_scripts() -> list[str]:
    """Return the built files that the page loads before anybody touches it."""
    manifest = json.loads((BUILT / "manifest.json").read_text())
    found, left = [], [manifest["app.js"]]
    while left:
        name = left.pop()
        if name not in found:
            found.append(name)
            text = (BUILT / name).read_text(encoding="utf-8")
            left += re.findall(r'(?:from|import)"\./([^"]+\.js)"', text)
    return [*found, manifest["worker.js"]]


@pytest.mark.browser
def test_the_script_of_the_first_opening_is_small(server):
    size = sum(len(gzip.compress((BUILT / name).read_bytes(), 9)) for name in first_scripts())
    assert size <= JS_BYTES_MAX


@pytest.mark.browser
def test_the_page_opens_without_a_network_and_says_how_old_it_is(server, visit):
    page = visit(PHONE, is_mobile=True)
    enter(page, server)
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("text=Tanpa jaringan")
    page.wait_for_selector("text=diperbarui")
    page.click("text=kaleng-1")
    page.wait_for_selector("text=Kaleng biasa tanpa sensor")
    page.go_back()
    page.wait_for_selector("h1:has-text('Rute hari ini')")
    page.goto(f"{server.url}/kolektor/box-0007")  # the form of a box needs the server
    page.wait_for_selector("h1:has-text('box-0007')")
    assert page.url.endswith("/kolektor#/kotak/box-0007")
    page.context.set_offline(False)
    page.reload()
    page.wait_for_selector("#line", state="hidden")


@pytest.mark.browser
def test_a_phone_can_install_the_page(server, visit):
    page = visit(PHONE)
    enter(page, server)
    described = page.context.request.get(f"{server.url}/kolektor/app.webmanifest").json()
    assert (described["start_url"], described["scope"]) == ("/kolektor", "/kolektor")
    for icon in described["icons"]:
        assert page.context.request.get(server.url + icon["src"]).status == 200
    session = page.context.new_cdp_session(page)
    found = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # A fresh profile counts as a private window, where nothing is installed.
    assert {one["errorId"] for one in found} <= {"in-incognito"}


@pytest.mark.browser
@pytest.mark.parametrize("size", [SMALL, PHONE, DESK], ids=["small", "phone", "desk"])
def test_nothing_is_too_wide_or_too_small_to_touch(server, visit, size):
    page = visit(size)
    enter(page, server)
    for view, heading in VIEWS.items():
        page.evaluate(f"location.hash = '{view}'")
        page.wait_for_selector(f"h1:has-text('{heading}')")
        assert fits(page), view
        assert page.locator(TARGETS).evaluate_all(SMALLER) == [], view


@pytest.mark.browser
def test_the_page_speaks_english_also_without_a_network(server, visit):
    page = visit(PHONE)
    enter(page, server, "#/lainnya")
    page.click("text=English")
    page.wait_for_selector('h1:has-text("Today\'s route")')
    page.context.set_offline(True)
    page.goto(f"{server.url}/kolektor")
    page.wait_for_selector("text=No network")


@pytest.mark.browser
def test_without_scripts_the_forms_do_the_same(server, visit):
    page = visit(PHONE, java_script_enabled=False)
    log_in(page, server, "collector", "/kolektor")
    page.click("text=kaleng-1")
    page.fill("#pecahan-1000", "3")
    page.check("[name=tanpa-segel]")
    page.fill("[name=saksi]", "Tuan rumah")
    page.click("text=3. Simpan hitungan")
    assert page.inner_text(".receipt .value") == "Rp\u00a03.000"


@pytest.mark.browser
def test_nobody_is_named_in_what_the_worker_keeps(server, visit):
    page = visit(PHONE)
    answer = page.context.request.get(f"{server.url}/kolektor/shell.html")
    assert answer.status == 200
    log_in(page, server, "collector", "/kolektor")
    shell = page.context.request.get(f"{server.url}/kolektor/shell.html").text()
    assert shell == answer.text()
    assert PASSWORD not in shell
