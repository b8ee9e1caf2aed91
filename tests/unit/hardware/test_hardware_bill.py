"""The bill of materials: whole, counted, dated; and each check can fail."""

import csv
import io
import re
from dataclasses import replace

import pytest
from jimpitan_hardware import assembly, bill, cli, fixture, modules, sheets, wiring
from jimpitan_hardware.bill import Site, UnfitBill
from jimpitan_hardware.sizes import Sizes
from typer.testing import CliRunner

SIZES = Sizes()
SOLIDS = assembly.assemble(SIZES)
SHEETS = sheets.nested([*SOLIDS, *sheets.coupon(SIZES)], SIZES)
LINES = bill.load()
HARNESS = wiring.load()


def changed(name, /, **values):
    """Return the bill with one line changed."""
    assert any(line.name == name for line in LINES)
    return [replace(line, **values) if line.name == name else line for line in LINES]


def test_the_bill_harness_and_model_name_the_same_parts():
    assert bill.check_harness(LINES, HARNESS) == []
    assert bill.check_counts(LINES, SOLIDS, SHEETS) == []


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([line for line in LINES if "U3" not in line.refs], "U3 is wired but not on the bill."),
        (changed("jumper", refs=("JP1", "R99")), "R99 is on the bill but not wired."),
        (changed("jumper", refs=("JP1", "C1")), "C1 is on the bill twice."),
        (changed("colour sensor", option="core"), "U5 is core on the bill"),
        (changed("screen", option="core"), "U7 is core on the bill"),
        ([line for line in LINES if "LS1" not in line.refs], "LS1 is wired but not on the bill."),
        (changed("resistor 4k7", name="resistor 47k"), "R7 is 4k7 in the harness, resistor 47k"),
    ],
)
def test_a_bill_that_differs_from_the_harness_is_named(lines, sentence):
    assert any(found.startswith(sentence) for found in bill.check_harness(lines, HARNESS))


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (changed("neodymium magnet", quantity=1), "neodymium magnet: 1 to buy, 2 in the model."),
        (changed("clear acrylic 4 mm", quantity=3), "clear acrylic 4 mm: 3 to buy, 1"),
        (changed("resistor 100k", quantity=2), "resistor 100k: 2 to buy for 3 places."),
        ([line for line in LINES if line.name != "cam lock"], "lock is in the model but not"),
        ([line for line in LINES if line.name != "screen"], "screen is in the model but not"),
        (
            changed("plate screw M2.5 x 5", quantity=2),
            "plate screw M2.5 x 5: 2 to buy, 4 in the model.",
        ),
    ],
)
def test_a_bill_that_differs_from_the_model_is_named(lines, sentence):
    assert any(one.startswith(sentence) for one in bill.check_counts(lines, SOLIDS, SHEETS))


@pytest.mark.parametrize("thickness_mm", [3.6, 4.0, 4.4])
def test_bolts_end_above_the_table_and_every_module_has_its_screws(thickness_mm):
    sizes = Sizes(thickness_mm=thickness_mm)
    assert bill.check_fastenings(LINES, sizes, modules.load()) == []


@pytest.mark.parametrize("length_mm", [16, 30])
def test_a_bolt_that_stands_on_the_table_or_misses_its_nut_is_found(length_mm):
    name = next(line.name for line in LINES if line.name.startswith("bolt M4"))
    other = changed(name, name=f"bolt M4 x {length_mm} with two nuts")
    (fault,) = bill.check_fastenings(other, SIZES, modules.load())
    assert fault.startswith(f"bolt M4 x {length_mm} with two nuts comes out ")


def test_a_module_without_its_screws_is_found():
    few = [line for line in LINES if not line.name.startswith("module screw M2.5")]
    assert bill.check_fastenings(few, SIZES, modules.load()) == [
        "module screw M2.5 is not on the bill 5 times, once for each hole."
    ]


def test_prices_are_estimates_with_a_month_and_the_sums_are_told():
    core, plus = bill.cost_idr(LINES, "core"), bill.cost_idr(LINES, "plus")
    assert 450_000 <= core <= 740_000  # the range that the estimate itself gives
    assert plus > 0
    text = bill.shopping(LINES, 3)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sum(int(row["estimate_idr"]) for row in rows) == 3 * (core + plus)
    assert all(row["priced_on"] for row in rows)


def test_a_shopping_list_for_another_number_of_boxes_is_found():
    assert bill.check_shopping(bill.shopping(LINES, 4), LINES, 4) == []
    wrong = bill.check_shopping(bill.shopping(LINES, 4), LINES, 1)
    assert wrong[0] == "ESP32-S3 board: 4 on the list, 1 for 1 boxes."
    assert wrong[-1] == "The list does not say that it is for 1 boxes."


def test_a_pilot_is_told_what_one_box_needs(tmp_path):
    done = CliRunner().invoke(cli.app, ["boxes", "--number", "1", "--into", str(tmp_path)])
    assert done.exit_code == 0, done.output
    listed = (tmp_path / "bill-of-materials" / "shopping.csv").read_text()
    assert bill.check_shopping(listed, LINES, 1) == []
    for words in ([], ["--number", "1", "--sites", "lokasi.csv"]):
        done = CliRunner().invoke(cli.app, ["boxes", *words])
        assert done.exit_code == 2
        assert "--sites or --number" in done.output


def test_the_manual_tells_the_sums_of_the_bill():
    from components import ROOT

    manual = (ROOT / "hardware" / "README.md").read_text(encoding="utf-8")
    for option in bill.OPTIONS:
        assert f"Rp {bill.cost_idr(LINES, option):,}".replace(",", ".") in manual


@pytest.mark.parametrize(
    ("places", "spare"), [(0, 0), (1, 1), (20, 1), (21, 2), (200, 10), (201, 11)]
)
def test_five_percent_lie_ready_and_one_at_least(places, spare):
    found = bill.needed([Site(name="A", places=places, tier="box")])
    assert (found.boxes, found.spare_boxes) == (places, spare)
    assert (found.cans, found.spare_cans) == (0, 0)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("A,zero,box", "places is a whole number from 1 to 1000, not 'zero'"),
        ("A,0,box", "places is a whole number"),
        ("A,2,jar", "tier is box or can"),
        ("", "list 1 to 5000 sites"),
    ],
)
def test_a_list_of_sites_with_a_fault_is_refused(tmp_path, row, sentence):
    file = tmp_path / "lokasi.csv"
    file.write_text(f"site,places,tier\n{row}\n")
    with pytest.raises(UnfitBill, match=sentence):
        bill.load_sites(file)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (",core,115000,", ",deluxe,115000,", "line 2: option is core or plus"),
        (",115000,2025-12,", ",115000,soon,", "line 2: priced_on is a month"),
        (",115000,2025-12,", ",-5,2025-12,", "line 2: price_idr is a whole number"),
    ],
)
def test_a_bill_with_a_fault_is_refused(tmp_path, old, new, sentence):
    file = tmp_path / "parts.csv"
    text = bill.SOURCE.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    with pytest.raises(UnfitBill, match=sentence):
        bill.load(file)


def test_an_office_is_told_how_many_boxes_it_needs(tmp_path):
    file = tmp_path / "lokasi.csv"
    file.write_text("site,places,tier\nKantor Camat,3,box\nBalai,4,can\n")
    done = CliRunner().invoke(cli.app, ["boxes", "--sites", str(file), "--into", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "3 boxes and 1 spare, 4 cans and 1 spare" in " ".join(done.output.split())
    assert (tmp_path / "bill-of-materials" / "shopping.csv").exists()
    file.write_text("site,places,tier\nKantor Camat,3,jar\n")
    done = CliRunner().invoke(cli.app, ["boxes", "--sites", str(file), "--into", str(tmp_path)])
    assert done.exit_code == 2
    assert "tier is box or can" in " ".join(done.output.split())


def test_the_test_blade_tells_the_beams_apart():
    assert fixture.check_blade(SIZES) == []
    wide = replace(SIZES, slot_width_mm=84.0)
    assert fixture.blade(wide).outline.bounds[2] < fixture.blade(SIZES).outline.bounds[2] + 8


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"slot_gap_mm": 0.7}, "does not go into the slot"),
        ({"beam_spacing_mm": 1.0}, "do not tell the beams apart"),
        ({"beam_spacing_mm": 69.0}, "strikes the chute"),
    ],
)
def test_a_blade_that_does_not_fit_the_box_is_found(values, sentence):
    assert any(sentence in found for found in fixture.check_blade(replace(SIZES, **values)))


def test_a_shop_is_asked_in_indonesian(tmp_path):
    rows = list(csv.DictReader(io.StringIO(bill.shopping(LINES, 1))))
    asked = [row["indonesian"] for row in rows]
    assert len(set(asked)) == len(rows)
    english = re.compile(r"\b(with|screw|board|wires|resistor|and|cell|holder)\b")
    assert [one for one in asked if english.search(one)] == []
    for line in LINES:  # sizes and types stand in both
        for figure in re.findall(r"\bM\d[\d.]* x \d+|\b\d+k\d?|7\w+125|P6KE6\.8A", line.name):
            assert figure in line.indonesian, line.name
    old = tmp_path / "parts.csv"
    old.write_text(bill.SOURCE.read_text().replace(",tahanan 68k,", ",,"))
    with pytest.raises(UnfitBill, match="indonesian says what to ask for"):
        bill.load(old)
