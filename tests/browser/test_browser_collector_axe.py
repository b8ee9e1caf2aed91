"""The collector's page for people who see, hear or move otherwise: axe finds no fault in it."""

import pytest
from components import ROOT
from test_browser_collector import PHONE, VIEWS, enter
from test_browser_faces import WITNESS_PIN, browser, log_in, server, visit

__all__ = ["browser", "server", "visit"]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'] });
  return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(' ')}`);
}"""


def faults(page) -> list[str]:
    """Return what axe holds against the page as it stands."""
    page.evaluate(AXE.read_text(encoding="utf-8") + "; undefined")
    return page.evaluate(RUN)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_in_any_view(server, visit, scheme):
    page = visit(PHONE, color_scheme=scheme, reduced_motion="reduce")
    enter(page, server)
    found = {}
    for view, heading in VIEWS.items():
        page.evaluate(f"location.hash = '{view}'")
        page.wait_for_selector(f"h1:has-text('{heading}')")
        found[view] = faults(page)
    page.fill("#segel", "LBK-1")
    page.click("text=Simpan penarikan")
    page.wait_for_selector("h1:has-text('Tanda terima')")
    page.wait_for_selector("text=Sudah diterima server")
    found["receipt"] = faults(page)
    assert WITNESS_PIN not in page.content()
    assert {view: told for view, told in found.items() if told} == {}


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_in_the_pages_of_phones(server, visit, scheme):
    page = visit(PHONE, color_scheme=scheme)
    log_in(page, server, "admin", "/admin/hp")
    page.click("text=Buat tautan")
    page.wait_for_selector("strong.value")
    assert faults(page) == []
    page.goto(page.inner_text("code"))
    assert faults(page) == []


@pytest.mark.browser
def test_the_keyboard_reaches_everything_in_the_order_of_the_screen(server, visit):
    page = visit(PHONE)
    enter(page, server, "#/kotak/box-0007/kunjungan")
    page.wait_for_selector("h1:has-text('1. Kunjungan')")
    page.evaluate("location.hash = '#/kotak/box-0007/hitung'")
    page.wait_for_selector("#pecahan-1000")
    tops = []
    for _ in range(60):
        page.keyboard.press("Tab")
        place = page.evaluate("""() => {
          const one = document.activeElement;
          if (!document.querySelector('main').contains(one) || one.closest('.dock')) return null;
          return one.getBoundingClientRect().top + scrollY;
        }""")
        if place is None and tops:
            break  # what is below comes after all of it
        if place is not None:
            tops.append(round(place))
    rows = sorted(set(tops))
    assert len(rows) > 10
    assert [top for top, before in zip(tops, [0, *tops], strict=False) if top < before - 20] == []
