"""What a phone's camera and its files bring: codes of boxes and stickers, records of a box."""

import pytest
import segno
from components import program
from jimpitan_gateway.bench.box import Pulled
from jimpitan_gateway.bench.pull import write_pull
from jimpitan_wire import cose, records
from test_browser_collector import PHONE, enter, until
from test_browser_collector_work import OUTBOX, begin, wait_until_sent
from test_browser_faces import CODE, SECRET, browser, fits, server, visit

__all__ = ["browser", "server", "visit"]
WIDTH, HEIGHT = 640, 480
SCALE = 8
# A phone whose browser reads no codes itself.
NO_DETECTOR = "delete globalThis.BarcodeDetector"


def film(path, text: str):
    """Write a film (YUV4MPEG2, 4:2:0) that shows a code and nothing else."""
    code = segno.make(text, error="m")
    rows = [[1] * WIDTH for _ in range(HEIGHT)]
    modules = list(code.matrix_iter(scale=min(SCALE, HEIGHT // code.symbol_size(border=4)[0])))
    top, left = (HEIGHT - len(modules)) // 2, (WIDTH - len(modules[0])) // 2
    for y, row in enumerate(modules):
        for x, is_dark in enumerate(row):
            rows[top + y][left + x] = 0 if is_dark else 1
    picture = bytes(235 if light else 16 for row in rows for light in row)
    frame = b"FRAME\n" + picture + bytes([128]) * (WIDTH * HEIGHT // 2)
    head = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode()
    path.write_bytes(head + frame * 3)
    return path


@pytest.fixture
def filming(tmp_path, visit):
    """Return a function that opens a page with a camera that sees one code."""
    path = program("chromium", "install chromium")
    opened = []

    def begin_filming(browser, text):
        words = [
            "--no-sandbox",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={film(tmp_path / 'code.y4m', text)}",
        ]
        own = browser.browser_type.launch(executable_path=path, args=words)
        opened.append(own)
        context = own.new_context(viewport=PHONE, locale="id-ID", permissions=["camera"])
        return context.new_page()

    yield begin_filming
    for one in opened:
        one.close()


@pytest.mark.browser
def test_a_box_is_found_by_the_address_on_it(server, browser, filming):
    page = filming(browser, f"{server.url}/kolektor/box-0007")
    page.add_init_script(NO_DETECTOR)
    enter(page, server)
    page.click("text=Pindai kode kotak")
    page.wait_for_selector("h1:has-text('box-0007')")


@pytest.mark.browser
def test_a_sticker_is_read_without_a_network_where_the_browser_reads_no_codes(
    server, browser, filming
):
    page = filming(browser, CODE)
    page.add_init_script(NO_DETECTOR)
    enter(page, server)
    until(
        page,
        """async () => {
          const all = (await caches.keys()).map(async (name) => (await caches.open(name)).keys());
          return (await Promise.all(all)).flat().some((one) => one.url.includes('decode-'));
        }""",
    )  # the reader was taken along while there was a network
    page.context.set_offline(True)
    begin(page, "box-0007")
    page.click("text=Lanjut ke stiker")
    page.click("text=Pindai stiker")
    page.wait_for_selector("text=Stiker sama persis")
    assert fits(page)


@pytest.mark.browser
def test_a_phone_without_a_camera_types_instead(server, visit):
    page = visit(PHONE)
    page.add_init_script("navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error())")
    enter(page, server)
    page.click("text=Pindai kode kotak")
    page.wait_for_selector("text=Kamera tidak dapat dipakai")
    page.fill("#kode", "BOX-0007")
    page.press("#kode", "Enter")
    page.wait_for_selector("h1:has-text('box-0007')")


@pytest.mark.browser
def test_records_of_a_box_without_network_are_carried_and_sent_once(server, visit, tmp_path):
    page = visit(PHONE)
    enter(page, server)
    stamped = []
    for _ in range(2):
        server.seq += 1
        payload = records.payload(
            epoch=1,
            boot=1,
            seq=server.seq,
            uptime_ms=1000 * server.seq,
            wall_s=None,
            wall_uncertainty_s=0,
            prev=bytes(8),
            kind=records.DEPOSIT,
            body={1: 32_000, 2: 32_000, 3: 40_000, 4: [[1, 900], [0, 100]]},
        )
        aad = cose.external_aad("box-0007", 1, cose.UP)
        message = cose.seal(cose.Key(SECRET), aad, payload)
        stamped.append(Pulled(server.seq, server.seq, message))
    file = tmp_path / "box-0007.pull"
    write_pull(file, "box-0007", stamped)
    page.context.set_offline(True)
    page.evaluate("location.hash = '#/kirim'")
    page.click("text=Kirim berkas catatan kotak")
    page.set_input_files("#berkas", {"name": "x", "mimeType": "text/plain", "buffer": b"no"})
    page.wait_for_selector("text=Ini bukan berkas catatan kotak")
    for _ in range(2):
        page.set_input_files("#berkas", file)
        page.wait_for_selector("li:has-text('Menunggu dikirim')")
    assert len([one for one in page.evaluate(OUTBOX) if one["kind"] == "records"]) == 1
    assert fits(page)
    page.context.set_offline(False)
    wait_until_sent(page)
    page.click("text=Kirim berkas catatan kotak")
    page.wait_for_selector("text=2 catatan baru, 0 sudah dikenal, 0 ditolak")
    with page.expect_download() as downloaded:
        page.click("text=Jawaban untuk kotak")
    assert downloaded.value.suggested_filename == "box-0007.answer"
