"""The pages of alerts in a real browser: phone and desk, light and dark, without scripts too."""

import asyncio
import json
from collections.abc import Iterator

import components
import pytest
from alert_services import Service, http_service
from jimpitan_server.adapters.database.finding_rows import raise_discrepancies
from jimpitan_server.bootstrap import build
from jimpitan_server.domain.discrepancy import Discrepancy, Severity
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.entrypoints.alerting import alert_desk
from jimpitan_server.settings import Settings
from test_browser_collector_axe import faults
from test_browser_faces import DESK, PHONE, Server, browser, fits, log_in, running, visit

__all__ = ["browser", "visit"]
pytestmark = pytest.mark.browser
HERE = "/admin/peringatan"
SMALL = {"width": 320, "height": 640}
KINDS = ("fishing", "shaken", "gap_unexplained")
# A browser that is told has these from its push service; the point is one of the curve P-256.
SUBSCRIPTION = {
    "endpoint": "https://fcm.googleapis.com/fcm/send/contoh",
    "keys": {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6"
        "SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    },
}
SUBSCRIBED = f"""
PushManager.prototype.getSubscription = async () => null;
PushManager.prototype.subscribe = async function (wanted) {{
  window.wanted = wanted.applicationServerKey.length;
  return {json.dumps(SUBSCRIPTION)};
}};"""


async def _raise(made: Server) -> None:
    named = {
        name.removeprefix("JIMPITAN_").lower(): value for name, value in made.environment.items()
    }
    program = await build(Settings(**named))
    found = [
        Discrepancy(
            kind=kind,
            severity=Severity.WARNING,
            subject=f"box-0007/{kind}",
            found_at=program.clock.now(),
            box=BoxId("box-0007"),
        )
        for kind in KINDS
    ]
    try:
        async with program.database.write() as connection:
            await raise_discrepancies(connection, found)
        await alert_desk(program).step()
    finally:
        await program.close()


@pytest.fixture(scope="module")
def telegram() -> Iterator[Service]:
    """Return what stands for Telegram."""
    with http_service(200, {"ok": True, "result": {}}) as service:
        yield service


@pytest.fixture(scope="module")
def told(tmp_path_factory, telegram):
    """Start a server that offers Telegram and the browser, with three alerts for the admin."""
    if not (components.ROOT / "node_modules").exists():
        components.missing("the web assets", "run `python3 run.py setup`")
    made = Server(tmp_path_factory.mktemp("alerts"))
    made.environment |= {
        "JIMPITAN_ALERT_TELEGRAM_TOKEN": "1:contoh",
        "JIMPITAN_ALERT_TELEGRAM_URL": telegram.url,
        "JIMPITAN_ALERT_PUSH_CONTACT": "mailto:admin@contoh.id",
        "JIMPITAN_PUBLIC_URL": made.url,
    }
    asyncio.run(_raise(made))
    with running(made):
        yield made


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [SMALL, PHONE, DESK], ids=["small", "phone", "desk"])
def test_both_pages_fit_and_axe_finds_no_fault(told, visit, tmp_path, size, scheme):
    page = visit(size, color_scheme=scheme)
    log_in(page, told, "admin", HERE)
    page.wait_for_selector("article.alert >> nth=2")
    for path in (HERE, f"{HERE}/atur"):
        page.goto(told.url + path)
        page.screenshot(path=tmp_path / f"{path.rsplit('/', 1)[1]}.png", full_page=True)
        assert fits(page), path
        assert faults(page) == []
        small = page.evaluate("""() =>
          [...document.querySelectorAll('main button, main .button')]
            .filter((one) => one.offsetHeight && one.offsetHeight < 44)
            .map((one) => one.outerHTML)""")
        assert small == [], "a finger needs 44 px"


def test_an_alert_is_taken_on_by_the_keyboard_and_says_who(told, visit):
    page = visit(PHONE)
    log_in(page, told, "admin", HERE)
    worst = page.locator("article.alert").first
    assert "penting" in worst.inner_text()
    taken = page.locator("article.alert:has-text('box-0007')").last
    number = taken.get_attribute("id")
    taken.locator("button").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#{number} >> text=diurus admin")
    assert page.locator(f"#{number} button").count() == 0
    page.go_back()
    page.reload()
    page.wait_for_selector(f"#{number} >> text=diurus admin")


def test_wishes_and_an_address_are_set_without_scripts(told, visit, telegram):
    page = visit(PHONE, java_script_enabled=False)
    log_in(page, told, "admin", HERE)
    page.click("text=Tambahkan alamat")
    page.select_option("[name=kanal]", "telegram")
    page.fill("[name=alamat]:visible", "12345678")
    page.click("button:has-text('Tambahkan alamat')")
    page.wait_for_selector("text=Alamat ditambahkan.")
    page.click("button:has-text('Coba')")
    page.wait_for_selector("text=Pesan percobaan sudah dikirim")
    assert telegram.asked[-1].fields["chat_id"] == 12345678
    assert "percobaan" in str(telegram.asked[-1].fields["text"])
    telegram.will(403, {"ok": False, "description": "Forbidden: bot was blocked by the user"})
    page.click("button:has-text('Coba')")
    page.wait_for_selector("text=Alamat ini tidak ada lagi")
    page.fill("[name=tenang_dari]", "20:15")
    page.select_option("[name=ringkasan]", "day")
    page.check("[name=terobos]")
    page.click("text=Simpan")
    page.wait_for_selector("text=Tersimpan.")
    assert page.input_value("[name=tenang_dari]") == "20:15"
    assert page.input_value("[name=ringkasan]") == "day"
    assert page.is_checked("[name=terobos]")


def test_this_browser_can_be_told(told, visit):
    page = visit(PHONE)
    page.add_init_script(SUBSCRIBED)
    log_in(page, told, "admin", f"{HERE}/atur")
    page.click("button:has-text('Notifikasi di peramban ini')")
    page.wait_for_selector("text=Alamat ditambahkan.")
    page.wait_for_selector("small:has-text('fcm.googleapis.com')")


def test_a_browser_that_refuses_says_what_to_do(told, visit):
    page = visit(DESK)
    page.add_init_script("PushManager.prototype.subscribe = () => Promise.reject(new Error());")
    log_in(page, told, "admin", f"{HERE}/atur")
    page.click("button:has-text('Notifikasi di peramban ini')")
    page.wait_for_selector("text=Izinkan notifikasi untuk situs ini")
    assert faults(page) == []


def test_a_pushed_alert_is_shown_and_opens_only_our_own_pages(told, visit):
    page = visit(DESK)
    page.context.grant_permissions(["notifications"], origin=told.url)
    log_in(page, told, "admin", f"{HERE}/atur")
    devtools = page.context.new_cdp_session(page)
    seen: list[str] = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda found: seen.extend(one["registrationId"] for one in found["registrations"]),
    )
    devtools.send("ServiceWorker.enable")
    page.evaluate(
        f"navigator.serviceWorker.register('{HERE}/sw.js', {{scope: '{HERE}/'}})"
        ".then(() => navigator.serviceWorker.ready).then(() => true)"
    )
    content = {"title": "Peringatan: contoh", "body": "Periksa kotak.", "url": told.url + HERE}
    devtools.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": told.url, "registrationId": seen[-1], "data": json.dumps(content)},
    )
    shown = page.evaluate("""async () => {
      const registration = await navigator.serviceWorker.ready;
      for (;;) {
        const [one] = await registration.getNotifications();
        if (one) return [one.title, one.body, one.data.url];
        await new Promise((done) => requestAnimationFrame(done));
      }
    }""")
    assert shown == [content["title"], content["body"], content["url"]]
