"""Labels: read back from their PDF, artwork untouched, and every check can fail."""

import io
import json
from dataclasses import replace

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
import segno
from jimpitan_hardware import cli, label_page, label_sheets, label_steps, labels, sticker_layers
from jimpitan_hardware.labels import Container, UnfitLabel
from jimpitan_hardware.sizes import Sizes
from PIL import Image, ImageChops
from typer.testing import CliRunner

TEXTS = labels.load_texts()
LIST = labels.load_containers()
BOX, CAN = label_sheets.KINDS["box"], label_sheets.KINDS["can"]
# As long as a real one, and no code that anybody could pay to.
PAYLOAD = "SYNTHETIC-QRIS-" + "0123456789ABCDEFGHIJ" * 9


def artwork(folder, name="asli.png", scale=12):
    """Write a picture as an acquirer would send one; its code says PAYLOAD."""
    stream = io.BytesIO()
    segno.make(PAYLOAD, error="m").save(stream, kind="png", scale=scale, border=4)
    code = Image.open(stream).convert("RGB")
    whole = Image.new("RGB", (code.width, code.height + 120), (255, 255, 255))
    whole.paste(code, (0, 80))
    whole.paste((200, 30, 40), (0, 0, code.width, 60))
    whole.save(folder / name)
    return folder / name


def boxed(folder):
    """Return a box whose label has artwork."""
    return Container(code="box-0007", tier="box", site="Kantor", artwork=artwork(folder))


@pytest.mark.parametrize("dpi", label_sheets.DPI_TRIED)
def test_artwork_and_own_code_are_read_from_the_rendered_sticker(tmp_path, dpi):
    container = boxed(tmp_path)
    page = label_sheets.rendered(label_sheets.single(BOX, TEXTS, [container]), 0, dpi)
    assert {PAYLOAD, labels.info_of(TEXTS, container)} <= label_sheets.codes_on(page)


def test_artwork_comes_out_of_the_pdf_as_it_went_in(tmp_path):
    container = boxed(tmp_path)
    content = label_sheets.single(BOX, TEXTS, [container])
    with pypdfium2.PdfDocument(content) as document:
        page = document[0]
        found = list(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE]))
        assert len(found) == 1
        placed = found[0].get_bitmap(render=False).to_pil().convert("RGB")
        left, low, right, top = found[0].get_bounds()
    original = Image.open(container.artwork).convert("RGB")
    assert ImageChops.difference(placed, original).getbbox() is None
    assert (right - left) / (top - low) == pytest.approx(
        original.width / original.height, rel=1e-3
    )
    assert (right - left) / 72 * 25.4 >= 70


def test_a_sheet_holds_many_and_every_code_is_on_it():
    chosen = [Container(code=f"can-{n:04}", tier="can", site="") for n in range(1, 16)]
    content = label_sheets.many(CAN, TEXTS, chosen)
    places = label_sheets.grid(CAN.size, CAN.sheet)
    with pypdfium2.PdfDocument(content) as document:
        assert len(document) == -(-len(chosen) // len(places))
        assert document[0].get_size() == pytest.approx((320 / 25.4 * 72, 450 / 25.4 * 72), abs=0.1)
    first = label_sheets.codes_on(label_sheets.rendered(content, 0, 150))
    assert first == {labels.info_of(TEXTS, one) for one in chosen[: len(places)]}


def test_labels_of_a_sheet_do_not_touch_and_stay_on_it():
    for kind in (BOX, CAN):
        places = label_sheets.grid(kind.size, kind.sheet)
        assert len(places) >= 6
        for x, y in places:
            assert x - label_sheets.MARK_MM >= 0
            assert x + kind.size[0] + label_sheets.MARK_MM <= kind.sheet[0] + 1e-6
            assert y - label_sheets.MARK_MM >= -1e-6
            assert y + kind.size[1] + label_sheets.MARK_MM <= kind.sheet[1] + 1e-6
        apart = {
            (abs(a - c), abs(b - d)) for a, b in places for c, d in places if (a, b) != (c, d)
        }
        assert all(x >= kind.size[0] + 6 or y >= kind.size[1] + 6 for x, y in apart)


def test_a_label_larger_than_the_sheet_is_refused():
    with pytest.raises(UnfitLabel, match="larger than the sheet"):
        label_sheets.grid(BOX.size, (100.0, 100.0))


def test_a_sticker_has_its_real_size_with_bleed_and_cut_marks():
    content = label_sheets.single(BOX, TEXTS, LIST[:1])
    with pypdfium2.PdfDocument(content) as document:
        width, height = (size / 72 * 25.4 for size in document[0].get_size())
    assert (width, height) == pytest.approx((180 + 15, 300 + 15), abs=0.05)
    page = label_sheets.rendered(content, 0, 254)  # ten pixels a millimetre
    marks = [page.getpixel((x, 75)) for x in (10, 30)]  # left of the upper edge of the trim
    assert all(sum(mark) < 500 for mark in marks)
    assert page.getpixel((50, 200)) == page.getpixel((100, 200)) != (255, 255, 255)  # bleed


def test_another_code_than_the_containers_is_found():
    content = label_sheets.single(BOX, TEXTS, LIST[:1])
    other = {0: replace(LIST[0], code="box-9999")}
    wrong = label_sheets.check_codes(content, TEXTS, other, dpis=(150,))
    assert wrong == ["box-9999: its code cannot be read at 150 dpi."]


def test_a_code_too_fine_to_print_is_refused():
    long = replace(TEXTS, info_url="https://server.example/" + "a" * 200 + "{code}")
    with pytest.raises(UnfitLabel, match="too long: its code would have"):
        label_sheets.single(BOX, long, LIST[:1])


def test_a_text_too_long_for_its_place_is_refused():
    with pytest.raises(UnfitLabel, match="too long for its place: shorten it"):
        label_sheets.single(BOX, replace(TEXTS, receiver="YAYASAN " * 30), LIST[:1])


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"programme": " "}, "programme: write 1 to 400"),
        ({"contact": "☎ 1"}, "contact: the font has no '☎'"),
        ({"colour": "green"}, "#RRGGBB"),
        ({"colour": "#FFE000"}, "white letters on it cannot be read"),
        ({"info_url": "https://server.example/cek"}, "has {code} once"),
        ({"info_url": "http://server.example/{code}"}, "begins with https://"),
    ],
)
def test_texts_that_cannot_be_printed_are_refused(values, sentence):
    with pytest.raises(UnfitLabel, match=sentence.replace("{", r"\{")):
        replace(TEXTS, **values)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("", "list 1 to 2000"),
        ("Kotak 1,box,A,", "'Kotak 1' is no code such as box-0007"),
        ("box-1,tin,A,", "tier is box or can, not 'tin'"),
        ("box-1,box,A,\nbox-1,box,B,", "box-1 is listed twice"),
        ("box-1,box,A,gone.png", "gone.png is no picture"),
    ],
)
def test_a_list_with_a_fault_is_refused(tmp_path, rows, sentence):
    file = tmp_path / "kotak.csv"
    file.write_text(f"code,tier,site,artwork\n{rows}\n")
    with pytest.raises(UnfitLabel, match=sentence):
        labels.load_containers(file)


def test_artwork_too_coarse_or_of_another_form_is_refused(tmp_path):
    with pytest.raises(UnfitLabel, match="do not enlarge it yourself"):
        labels.check_artwork(artwork(tmp_path, scale=3))
    with pytest.raises(UnfitLabel, match="PNG or JPEG, not GIF"):
        labels.check_artwork(artwork(tmp_path, "asli.gif"))


def test_texts_with_a_missing_key_are_refused(tmp_path):
    content = json.loads(labels.TEXTS.read_text())
    del content["receiver"]
    file = tmp_path / "kantor.json"
    file.write_text(json.dumps(content))
    with pytest.raises(UnfitLabel, match="missing or unknown: receiver"):
        labels.load_texts(file)
    file.write_text("{")
    with pytest.raises(UnfitLabel, match=r"kantor\.json cannot be read"):
        labels.load_texts(file)


@pytest.mark.parametrize(
    ("english", "sentence"),
    [
        (None, "missing or unknown: english"),
        ({}, r"missing or unknown: english\.can_hint"),
        ({"contact": ""}, r"english\.contact: write 1 to 400"),
        ({"tagline": "→"}, r"english\.tagline: the font has no"),
        ({"receiver": "X"}, r"missing or unknown: english\.receiver\."),
    ],
)
def test_texts_without_their_english_are_refused(tmp_path, english, sentence):
    content = json.loads(labels.TEXTS.read_text())
    if english is None:
        del content["english"]
    else:
        content["english"] = {**content["english"], **english} if english else {}
    file = tmp_path / "kantor.json"
    file.write_text(json.dumps(content))
    with pytest.raises(UnfitLabel, match=sentence):
        labels.load_texts(file)


def test_the_sticker_is_as_large_as_its_field_on_the_front():
    assert label_steps.check_size(Sizes()) == []
    assert label_steps.check_size(replace(Sizes(), sticker_height_mm=250.0)) != []
    assert label_page.MODULE_MM_MIN >= 0.8
    assert label_page.QUIET_MODULES >= 4


def test_an_office_makes_its_own_labels(tmp_path):
    artwork(tmp_path)
    (tmp_path / "kotak.csv").write_text(
        "code,tier,site,artwork\nbox-0107,box,Kantor Camat,asli.png\n"
    )
    words = ["labels", "--texts", str(labels.TEXTS), "--containers", str(tmp_path / "kotak.csv")]
    done = CliRunner().invoke(cli.app, [*words, "--into", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    content = (tmp_path / "out" / "label" / "stickers.pdf").read_bytes()
    assert PAYLOAD in label_sheets.codes_on(label_sheets.rendered(content, 0, 150))
    assert not (tmp_path / "out" / "label" / "can-labels.pdf").exists()


def test_an_office_with_a_fault_gets_a_sentence(tmp_path):
    (tmp_path / "kotak.csv").write_text("code,tier,site,artwork\n")
    words = ["labels", "--texts", str(labels.TEXTS), "--containers", str(tmp_path / "kotak.csv")]
    done = CliRunner().invoke(cli.app, words)
    assert done.exit_code == 2
    assert "No label can be made: kotak.csv: list 1 to 2000 containers." in done.output


def test_a_sticker_is_held_by_glue_on_its_printed_side():
    layers = sticker_layers
    assert layers.check(layers.STICKER) == layers.check(layers.ORIGINAL) == []
    glued_behind = replace(layers.VINYL, glues_in=True)
    ordinary = (layers.ACRYLIC, layers.PRINT, glued_behind)
    (fault,) = layers.check(ordinary)
    assert fault.startswith("Nothing holds the print at the acrylic")
    one_sided = (layers.ACRYLIC, replace(layers.GLUE, glues_in=False), layers.PRINT)
    assert layers.check(one_sided) == [fault]
    hidden = (layers.ACRYLIC, layers.GLUE, layers.VINYL, layers.PRINT)
    assert layers.check(hidden) == [f"{layers.VINYL.name} hides the print."]
    assert layers.check((layers.ACRYLIC, layers.GLUE)) == ["The sticker has no print."]
