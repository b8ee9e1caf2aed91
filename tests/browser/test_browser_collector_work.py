"""Collections on a phone in a real browser: without a network in the middle, and nothing lost."""

import uuid

import pytest
from test_browser_collector import PHONE, enter, token_of
from test_browser_faces import (
    CODE,
    WITNESS_PIN,
    browser,
    fits,
    server,
    visit,
)

__all__ = ["browser", "server", "visit"]
OUTBOX = """() => new Promise((give) => {
  const open = indexedDB.open('jimpitan-kolektor');
  open.onsuccess = () => {
    const all = open.result.transaction('outbox').objectStore('outbox').getAll();
    all.onsuccess = () => { open.result.close(); give(all.result); };
  };
})"""
EVERYTHING = """async () => {
  const told = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), location.href];
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((give) => {
      const open = indexedDB.open(name);
      open.onsuccess = () => give(open.result);
    });
    for (const store of db.objectStoreNames) {
      const all = db.transaction(store).objectStore(store).getAll();
      await new Promise((give) => (all.onsuccess = give));
      told.push(JSON.stringify(all.result));
    }
    db.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) told.push(await (await cache.match(request)).text());
  }
  return told.join('\\n');
}"""


def begin(page, box):
    """Walk to the sticker: the box has no seal."""
    page.evaluate(f"location.hash = '#/kotak/{box}'")
    page.click("text=Mulai penarikan")
    page.wait_for_selector("h1:has-text('1. Kunjungan')")
    page.check("[name=tanpa-segel]")


def count(page, box, pieces, *, pin=WITNESS_PIN, seal=""):
    """Walk through a whole collection at a box, without its sticker."""
    begin(page, box)
    page.click("text=Lanjut ke stiker")
    page.click("text=Lewati, langsung hitung")
    for value, n in pieces.items():
        page.fill(f"#pecahan-{value}", str(n))
    page.click("text=Lanjut ke saksi")
    page.fill("#saksi", "bu-ani")
    page.fill("#pin", pin)
    page.click("text=Lanjut ke segel")
    page.fill("#segel", seal)
    page.click("text=Simpan penarikan")
    page.wait_for_selector("h1:has-text('Tanda terima')")


def outbox(page, kind=None):
    return [one for one in page.evaluate(OUTBOX) if kind in (None, one["kind"])]


def counted(server, page) -> int:
    """Return the sum of everything that was counted, as the public is told it."""
    page.wait_for_timeout(1_200)  # the figures are renewed once a second
    return page.context.request.get(f"{server.url}/totals.json").json()["counted_idr"]


def wait_until_sent(page):
    page.evaluate("location.hash = '#/kirim'")
    page.wait_for_selector("text=Semua sudah terkirim", timeout=20_000)


@pytest.fixture
def can(server, browser):
    """Return the id of a plain can that no other test has counted at."""
    name = f"can-{uuid.uuid4().hex[:8]}"
    session = browser.new_context()
    token = token_of(session, server, "admin")
    made = session.request.post(
        f"{server.url}/api/v1/cans",
        data={"box": name, "site": "Ruang uji"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert made.status == 201
    session.close()
    return name


@pytest.mark.browser
def test_a_collection_without_a_network_is_kept_through_a_reload_and_sent_later(
    server, visit, can
):
    page = visit(PHONE, is_mobile=True, has_touch=True)
    enter(page, server)
    before = counted(server, page)
    page.context.set_offline(True)
    begin(page, "box-0007")
    page.click("text=Beri tahu kotak")
    page.wait_for_selector("text=Kunjungan dicatat tanpa jaringan")
    page.click("text=Lanjut ke stiker")
    page.click("summary")
    page.fill("#isi", CODE)
    page.click("button:text-is('Periksa')")
    page.wait_for_selector("text=Stiker sama persis")
    page.click("text=Lanjut ke hitungan")
    page.fill("#pecahan-2000", "4")
    page.click(".pieces:has(#pecahan-500) [aria-label^=tambah]")
    page.wait_for_selector("[data-total]:text-is('Rp\u00a08.500')")
    page.reload()
    page.wait_for_selector("#pecahan-2000")
    assert page.inner_text("[data-total]") == "Rp\u00a08.500"
    page.click("text=Lanjut ke saksi")
    page.fill("#saksi", "bu-ani")
    page.fill("#pin", WITNESS_PIN)
    page.click("text=Lanjut ke segel")
    page.click("text=Simpan penarikan")
    page.wait_for_selector("text=Tersimpan di HP. Belum terkirim")
    page.wait_for_selector("text=PIN akan diperiksa saat terkirim")
    page.goto(f"{server.url}/kolektor#/kirim")
    page.reload()
    page.wait_for_selector("text=Menunggu dikirim")
    assert page.inner_text("#unsent") == "4"
    assert fits(page)
    page.context.set_offline(False)
    wait_until_sent(page)
    assert {one["state"] for one in outbox(page)} == {"done"}
    assert outbox(page, "witness")[0]["answer"]["witness_state"] == "confirmed"
    assert counted(server, page) == before + 8_500


@pytest.mark.browser
def test_no_pin_is_on_the_phone(server, visit, can):
    page = visit(PHONE)
    enter(page, server)
    page.context.set_offline(True)
    count(page, can, {1000: 3})
    told = page.evaluate(EVERYTHING)
    assert can in told
    assert "sealed_key" in told
    assert WITNESS_PIN not in told


@pytest.mark.browser
def test_two_tabs_that_keep_the_same_collection_make_one_count(server, visit, can):
    first = visit(PHONE)
    enter(first, server)
    before = counted(server, first)
    second = first.context.new_page()
    begin(first, can)
    first.click("text=Lanjut ke stiker")
    first.click("text=Lewati, langsung hitung")
    first.fill("#pecahan-1000", "5")
    first.click("text=Lanjut ke saksi")
    first.fill("#saksi", "bu-ani")
    first.click("text=Lanjut ke segel")
    first.wait_for_selector("#segel")
    second.goto(f"{server.url}/kolektor#/kotak/{can}/segel")
    second.wait_for_selector("#segel")
    for page in (first, second):
        page.evaluate("document.querySelector('.dock button').click()")
    for page in (first, second):
        page.wait_for_selector("h1:has-text('Tanda terima')")
    wait_until_sent(first)
    assert len([one for one in outbox(first, "count") if one["box"] == can]) == 1
    assert counted(server, first) == before + 5_000


@pytest.mark.browser
def test_a_second_touch_on_the_button_keeps_one_count(server, visit, can):
    page = visit(PHONE)
    enter(page, server)
    begin(page, can)
    page.evaluate(f"location.hash = '#/kotak/{can}/hitung'")
    page.fill("#pecahan-1000", "2")
    page.click("text=Lanjut ke saksi")
    page.fill("#saksi", "bu-ani")
    page.click("text=Lanjut ke segel")
    page.wait_for_selector("#segel")
    page.evaluate(
        "const save = document.querySelector('.dock button');"
        " save.click(); save.disabled = false; save.click()"
    )
    page.wait_for_selector("h1:has-text('Tanda terima')")
    wait_until_sent(page)
    assert len([one for one in outbox(page, "count") if one["box"] == can]) == 1
    page.go_back()  # the way back leads to no step of what is over
    page.wait_for_selector(f"h1:has-text('{can}'), h1:has-text('Kiriman'), h1:has-text('Tanda')")


@pytest.mark.browser
def test_an_answer_that_is_lost_is_asked_for_again_and_changes_nothing(server, visit, can):
    page = visit(PHONE)
    enter(page, server)
    before = counted(server, page)
    lost = []

    def lose(route):
        if not lost:
            lost.append(route.fetch().status)  # the server has it, the phone does not know
            route.abort()
        else:
            route.continue_()

    page.context.route("**/api/v1/collections", lose)
    count(page, can, {500: 7})
    for _ in range(100):
        if lost:
            break
        page.wait_for_timeout(100)
    assert lost == [201]
    page.wait_for_selector("text=Belum terkirim")
    page.evaluate("location.hash = '#/kirim'")
    page.click("text=Kirim sekarang")
    wait_until_sent(page)
    assert counted(server, page) == before + 3_500


@pytest.mark.browser
def test_a_wrong_pin_is_told_when_it_was_sent_and_typed_once_more(server, visit, can):
    page = visit(PHONE)
    enter(page, server)
    page.context.set_offline(True)
    count(page, can, {1000: 1}, pin="470922")
    page.context.set_offline(False)
    page.evaluate("location.hash = '#/kirim'")
    page.wait_for_selector("text=PIN itu bukan PIN saksi", timeout=20_000)
    assert page.get_attribute("#unsent", "data-tone") == "act"
    page.click("text=Ketik PIN lagi")
    page.fill("#pin", WITNESS_PIN)
    page.click("text=Sahkan hitungan")
    page.wait_for_selector("text=disahkan dengan PIN")
    wait_until_sent(page)


@pytest.mark.browser
def test_what_the_server_refuses_stays_with_its_sentence_and_what_to_do(server, visit):
    page = visit(PHONE)
    enter(page, server)
    begin(page, "box-9999")
    page.click("text=Beri tahu kotak")
    page.wait_for_selector("text=Server tidak mengenal kotak ini")
    page.click("text=Lanjut ke stiker")
    page.click("text=Stiker hilang atau rusak")
    page.wait_for_selector("text=Dicatat: stiker tidak terbaca")
    page.evaluate("location.hash = '#/kirim'")
    page.wait_for_selector("text=jangan hitung ulang")
    page.wait_for_selector("text=Jawaban server: There is no such box.")
    page.reload()
    page.click("text=Coba lagi")
    page.wait_for_selector("text=Jawaban server: There is no such box.")
    assert len(outbox(page, "scan")) == 1
    assert fits(page)


@pytest.mark.browser
def test_a_phone_without_room_says_so_and_keeps_what_is_on_screen(server, visit, can):
    page = visit(PHONE)
    enter(page, server)
    begin(page, can)
    page.evaluate(f"location.hash = '#/kotak/{can}/hitung'")
    page.fill("#pecahan-1000", "6")
    page.click("text=Lanjut ke saksi")
    page.fill("#saksi", "bu-ani")
    page.click("text=Lanjut ke segel")
    page.wait_for_selector("#segel")
    page.evaluate("""() => {
      const put = IDBObjectStore.prototype.put;
      window.free = () => (IDBObjectStore.prototype.put = put);
      IDBObjectStore.prototype.put = () => {
        throw new DOMException('full', 'QuotaExceededError');
      };
    }""")
    page.click("text=Simpan penarikan")
    page.wait_for_selector("text=Penyimpanan HP penuh")
    assert [one for one in outbox(page, "count") if one["box"] == can] == []
    page.evaluate("void free()")
    page.click("text=Simpan penarikan")
    page.wait_for_selector("h1:has-text('Tanda terima')")
    wait_until_sent(page)


@pytest.mark.browser
def test_a_photo_leaves_the_camera_s_words_behind(server, visit, can):
    page = visit(PHONE)
    enter(page, server)
    begin(page, can)
    page.evaluate(f"location.hash = '#/kotak/{can}/hitung'")
    page.fill("#pecahan-1000", "6")
    page.click("text=Lanjut ke saksi")
    page.fill("#saksi", "bu-ani")
    page.click("text=Lanjut ke segel")
    page.wait_for_selector("#segel")
    drawn = bytes(
        page.evaluate("""async () => {
          const canvas = new OffscreenCanvas(1600, 1200);
          const pen = canvas.getContext('2d');
          pen.fillRect(100, 100, 700, 500);
          const blob = await canvas.convertToBlob({ type: 'image/jpeg' });
          return [...new Uint8Array(await blob.arrayBuffer())];
        }""")
    )
    canary = b"Exif\x00\x00GPS -6.5571 106.2590"
    spoken = drawn[:2] + b"\xff\xe1" + (len(canary) + 2).to_bytes(2, "big") + canary + drawn[2:]
    file = {"name": "foto.jpg", "mimeType": "image/jpeg", "buffer": spoken}
    page.set_input_files("#foto", file)
    page.wait_for_selector("canvas.photo:not([hidden])")
    page.click("text=Simpan penarikan")
    page.wait_for_selector("h1:has-text('Tanda terima')")
    wait_until_sent(page)
    key = next(one["key"] for one in outbox(page, "photo") if one["box"] == can)
    kept = page.context.request.get(f"{server.url}/api/v1/collections/{key}/photo")
    assert kept.status == 200
    assert kept.body()[:2] == b"\xff\xd8"
    assert b"GPS" not in kept.body()
    assert len(kept.body()) < 300 * 1024
    assert all("file" not in one for one in outbox(page, "photo"))
