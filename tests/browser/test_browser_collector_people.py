"""Whose work it is: another login, a login that is over, a revoked phone, a shared phone."""

import pytest
from test_browser_collector import PHONE, be, enter
from test_browser_collector_work import begin, can, count, outbox, wait_until_sent
from test_browser_faces import DESK, browser, fits, log_in, server, visit

__all__ = ["browser", "can", "server", "visit"]


@pytest.mark.browser
def test_work_of_somebody_else_is_neither_shown_nor_sent(server, visit, can):
    page = visit(PHONE)
    enter(page, server)
    page.context.set_offline(True)
    count(page, can, {1000: 9})
    page.route("**/api/v1/collections", lambda route: route.abort())  # before it can be sent
    page.context.set_offline(False)
    page.context.clear_cookies()
    page.goto(f"{server.url}/masuk?next=/kolektor")
    page.fill("[name=login_name]", "admin")
    page.fill("[name=password]", "sandi-uji-coba")
    page.click("main button")
    page.wait_for_selector("h1:has-text('Rute hari ini')")
    page.unroute("**/api/v1/collections")
    page.wait_for_selector("#line", state="hidden")
    page.evaluate("location.hash = '#/kirim'")
    page.wait_for_selector("text=milik orang lain")
    mine = [one for one in outbox(page, "count") if one["box"] == can]
    assert [one["state"] for one in mine] == ["waiting"]
    page.context.clear_cookies()
    enter(page, server)
    wait_until_sent(page)


@pytest.mark.browser
def test_a_login_that_is_over_is_told_and_the_work_waits(server, visit, can):
    page = visit(PHONE)
    enter(page, server)
    page.context.clear_cookies()
    count(page, can, {1000: 4})
    page.wait_for_selector("text=Anda perlu masuk lagi")
    page.wait_for_selector("text=Belum terkirim")
    page.click("#line a")
    page.wait_for_url("**/masuk?next=/kolektor")
    enter(page, server)
    wait_until_sent(page)


@pytest.mark.browser
def test_a_revoked_phone_says_so_and_keeps_its_work(server, visit, can):
    admin = visit(DESK)
    log_in(admin, server, "admin", "/admin/hp")
    admin.click("text=Buat tautan")
    link = admin.inner_text("code")
    pin = admin.inner_text("strong.value")
    page = visit(PHONE)
    page.goto(link)
    page.fill("[name=pin]", pin)
    page.fill("[name=nama]", "HP biru")
    assert fits(page)
    page.click("button.main")
    page.wait_for_selector(".finder")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    count(page, can, {1000: 8})
    admin.goto(f"{server.url}/admin/hp")
    assert fits(admin)
    admin.click("li:has-text('HP biru') >> text=Cabut")
    admin.wait_for_selector("text=dicabut")
    page.context.set_offline(False)
    page.wait_for_selector("text=HP ini sudah dicabut oleh admin")
    page.wait_for_selector("text=Belum terkirim")
    page.click("#line a")
    page.wait_for_url("**/masuk?next=/kolektor")
    enter(page, server)
    wait_until_sent(page)


@pytest.mark.browser
def test_nobody_goes_on_with_what_somebody_else_began(server, visit, can):
    page = visit(PHONE)
    enter(page, server)
    begin(page, can)
    page.evaluate(f"location.hash = '#/kotak/{can}/hitung'")
    page.fill("#pecahan-1000", "6")
    page.wait_for_selector("[data-total]:text-is('Rp\u00a06.000')")
    page.context.clear_cookies()
    be(page.context, server, "admin")
    page.goto(f"{server.url}/kolektor")
    page.reload()
    page.wait_for_selector("#line", state="hidden")
    page.evaluate(f"location.hash = '#/kotak/{can}/hitung'")
    page.wait_for_selector("text=Mulai penarikan")  # nothing of the other one to go on with
    page.context.clear_cookies()
    enter(page, server)
    page.evaluate(f"location.hash = '#/kotak/{can}/hitung'")
    page.wait_for_selector("#pecahan-1000")
    assert page.input_value("#pecahan-1000") == "6"
