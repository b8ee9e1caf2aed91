"""Every page, as every eye meets it: light and dark, 320 px to 4K, by axe, by finger, on paper."""

import csv
import re

import pytest
from components import ROOT
from test_browser_collector_axe import faults
from test_browser_faces import browser, log_in, server, visit

__all__ = ["browser", "server", "visit"]
pytestmark = pytest.mark.browser
SHOTS = ROOT / "tests" / "browser" / "shots"
NARROW = {"width": 320, "height": 640}
SIZES = {
    "narrow": NARROW,
    "desk": {"width": 1280, "height": 860},
    "4k": {"width": 3840, "height": 2160},
}
# Answers that are no pages: files, programs, streams, and what other tests open.
NO_PAGES = re.compile(
    r"^/(api/|seals|jimpitan_verify|healthz|metrics|live|totals|series|laporan.json|kolektor/"
    r"|hp/|pin/|static|docs|openapi)|\.(pdf|json|svg|ics|csv|js)$|/kehilangan$"
)
NAMES = {"box": "box-0007"}
# Smaller than this a finger misses (the figure; WCAG 2.2 wants 24 CSS px).
TOUCH_PX = 44
SMALL = """() => [...document.querySelectorAll('a.button, button, input, select, textarea,'
  + 'summary, .top a, .side a, thead a')]
  .filter((one) => one.checkVisibility() && one.type !== 'hidden')
  .filter((one) => !['checkbox', 'radio'].includes(one.type) || !one.closest('label'))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && box.height + 0.5 < %d)
  .map(([one, box]) => `${one.outerHTML.slice(0, 80)} ${Math.round(box.height)}`)"""


def pages() -> list[str]:
    """Return every page that the table of who may do what knows."""
    table = ROOT / "tests" / "integration" / "server" / "authorization.csv"
    with table.open(encoding="utf-8", newline="") as file:
        paths = [row["path"] for row in csv.DictReader(file) if row["method"] == "GET"]
    named = [re.sub(r"\{([a-z_]+)\}", lambda one: NAMES.get(one[1], "{}"), one) for one in paths]
    return [one for one in named if "{}" not in one and not NO_PAGES.search(one)]


def open_all(server, visit, size, **options):
    """Yield each page, opened by an admin."""
    page = visit(size, **options)
    log_in(page, server, "admin", "/admin")
    for path in pages():
        answer = page.goto(server.url + path)
        assert answer.status == 200, path
        yield path, page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_on_any_page(server, visit, scheme):
    server.deposit()
    found = {
        path: faults(page)
        for path, page in open_all(
            server, visit, NARROW, color_scheme=scheme, reduced_motion="reduce"
        )
    }
    assert len(found) > 20
    assert {path: told for path, told in found.items() if told} == {}


@pytest.mark.parametrize("name", SIZES)
def test_nothing_is_wider_than_the_screen_and_a_picture_is_kept(server, visit, name):
    SHOTS.mkdir(exist_ok=True)
    wide, small = [], {}
    for path, page in open_all(server, visit, SIZES[name]):
        file = re.sub(r"\W+", "-", path).strip("-") or "papan"
        if name != "4k":
            page.screenshot(path=SHOTS / f"{file}-{name}.png", full_page=True)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(path)
        if name == "narrow" and (told := page.evaluate(SMALL % TOUCH_PX)):
            small[path] = told
    assert wide == []
    assert small == {}


def test_a_page_on_paper_has_no_menu_and_dark_ink(server, visit):
    page = visit(SIZES["desk"], color_scheme="dark")
    log_in(page, server, "admin", "/admin/buku")
    page.emulate_media(media="print", color_scheme="dark")
    assert not page.is_visible("nav.side")
    assert not page.is_visible("header.top")
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert ink == "rgb(0, 0, 0)"


def test_the_menu_of_a_phone_opens_without_a_script_and_closes_by_escape(server, visit):
    page = visit(NARROW)
    log_in(page, server, "admin", "/admin")
    assert not page.is_visible("nav.side")
    page.click(".menu-button")
    assert page.is_visible("nav.side a[aria-current=page]")
    page.keyboard.press("Escape")
    assert not page.is_visible("nav.side")


def test_an_unknown_address_and_a_forbidden_one_say_what_to_do(server, visit):
    page = visit(NARROW)
    page.goto(f"{server.url}/bukan-halaman")
    page.wait_for_selector("h1:has-text('Tidak ada apa pun di alamat ini')")
    assert faults(page) == []
    log_in(page, server, "collector", "/kolektor")
    page.goto(f"{server.url}/admin")
    page.wait_for_selector("h1:has-text('bukan untuk peran Anda')")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
