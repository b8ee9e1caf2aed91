"""Sheets for the laser: kerf, contours, bounds, spacing; and each check can fail."""

from dataclasses import replace

import ezdxf
import pytest
from jimpitan_hardware import assembly, sheets
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import BrokenOutline, bar, disc, without
from shapely import affinity
from shapely.geometry import Polygon

SIZES = Sizes()
SOLIDS = [*assembly.assemble(SIZES), *sheets.coupon(SIZES)]
SHEETS = sheets.nested(SOLIDS, SIZES)


def drawn(tmp_path, sheet):
    """Return the file of a sheet."""
    file = tmp_path / f"{sheet.name}.dxf"
    file.write_text(sheets.drawing(sheet, SIZES))
    return file


def moved(sheet, index, x, y):
    """Return a sheet with one part moved."""
    placed = list(sheet.placed)
    one = placed[index]
    placed[index] = replace(
        one,
        line=affinity.translate(one.line, x, y),
        nominal=affinity.translate(one.nominal, x, y),
    )
    return replace(sheet, placed=tuple(placed))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_a_sheet_is_well_when_read_again(tmp_path, sheet):
    assert sheets.check_drawing(drawn(tmp_path, sheet), SIZES) == []


def test_every_part_is_cut_once_and_drawn_with_its_kerf():
    assert sheets.check_complete(SHEETS, SOLIDS) == []
    assert sheets.check_kerf(SHEETS, SIZES) == []


def test_the_front_is_drawn_as_wide_as_it_is_and_kerf_less_clearance():
    front = next(one for sheet in SHEETS for one in sheet.placed if one.name == "front")
    left, low, right, top = front.line.bounds
    assert (right - left, top - low) == pytest.approx((396.1, 200.1))


def test_a_part_drawn_without_kerf_is_found():
    bare = [
        replace(one, placed=tuple(replace(part, line=part.nominal) for part in one.placed))
        for one in SHEETS
    ]
    assert any("front is drawn 0.000 mm larger" in one for one in sheets.check_kerf(bare, SIZES))


def test_a_hole_that_ignores_the_kerf_is_found():
    def blunt(part):
        holes = [ring.coords for ring in part.nominal.interiors]
        return replace(part, line=Polygon(part.line.exterior.coords, holes))

    bare = [replace(one, placed=tuple(map(blunt, one.placed))) for one in SHEETS]
    assert any("strip has a hole" in one for one in sheets.check_kerf(bare, SIZES))


def test_a_forgotten_part_and_one_cut_twice_are_found():
    first = SHEETS[0]
    fewer = [replace(first, placed=first.placed[1:]), *SHEETS[1:]]
    assert len(sheets.check_complete(fewer, SOLIDS)) == 1
    assert len(sheets.check_complete([*SHEETS, SHEETS[-1]], SOLIDS)) == len(SHEETS[-1].placed)


def test_parts_too_close_and_off_the_sheet_are_found(tmp_path):
    near = moved(SHEETS[0], 1, -3, 0)
    assert any("mm apart" in one for one in sheets.check_drawing(drawn(tmp_path, near), SIZES))
    off = moved(SHEETS[0], 0, -20, 0)
    assert any("leaves the sheet" in o for o in sheets.check_drawing(drawn(tmp_path, off), SIZES))


def test_an_open_contour_a_lost_hole_and_other_units_are_found(tmp_path):
    document = ezdxf.readfile(drawn(tmp_path, SHEETS[0]))
    document.units = ezdxf.units.IN
    document.modelspace().add_lwpolyline([(0, 0), (5, 0), (5, 5)], dxfattribs={"layer": "OUTER"})
    lost = [(700, 580), (705, 580), (705, 585)]
    document.modelspace().add_lwpolyline(lost, close=True, dxfattribs={"layer": "INNER"})
    file = tmp_path / "spoilt.dxf"
    document.saveas(file)
    wrong = " ".join(sheets.check_drawing(file, SIZES))
    assert "is open" in wrong
    assert "a hole is in no part" in wrong
    assert "not in millimetres" in wrong


def test_a_part_larger_than_a_sheet_is_refused():
    with pytest.raises(BrokenOutline, match="larger than a sheet"):
        sheets.nested(SOLIDS, replace(SIZES, sheet_width_mm=300.0))


def test_a_gap_that_the_kerf_swallows_is_refused():
    slit = bar(0, 0, 20, 20).difference(bar(5, 9.99, 15, 10.01))
    with pytest.raises(BrokenOutline, match="swallows"):
        sheets.cut_line(slit, 0.5)


def coupon_file(folder, sizes, **values):
    """Return the drawing of the coupon, of sizes with other values where they are told."""
    (sheet,) = [one for one in sheets.nested(sheets.coupon(sizes), sizes) if one.placed]
    placed = tuple(replace(one, **values) if one.marks else one for one in sheet.placed)
    file = folder / "coupon.dxf"
    file.write_text(sheets.drawing(replace(sheet, placed=placed), sizes))
    return file


@pytest.mark.parametrize("sizes", [SIZES, Sizes(thickness_mm=3.95, kerf_mm=0.33)])
def test_each_gap_of_the_coupon_is_cut_as_wide_as_its_number(tmp_path, sizes):
    assert sheets.check_coupon(coupon_file(tmp_path, sizes), sizes) == []
    _, square = sheets.coupon(sizes)
    wide = [gap for _, gap in sheets.coupon_gaps(sizes)]
    assert wide[-1] - wide[0] == pytest.approx(0.6)
    assert wide[3] == sizes.thickness_mm
    assert len(square.outline.interiors) == 2


def test_a_coupon_cut_with_the_clearance_of_joints_is_found(tmp_path):
    comb = sheets.coupon(SIZES)[0]
    tight = sheets.cut_line(comb.outline, SIZES.kerf_mm - SIZES.clearance_mm)
    placed = next(one for one in sheets.nested(sheets.coupon(SIZES), SIZES)[0].placed if one.marks)
    left, low, _, _ = placed.nominal.bounds
    file = coupon_file(tmp_path, SIZES, line=affinity.translate(tight, left, low))
    wrong = sheets.check_coupon(file, SIZES)
    assert len(wrong) == 7
    assert wrong[0] == "coupon.dxf: the gap named 3.7 is cut 3.80 mm wide."
    bare = coupon_file(tmp_path, SIZES, marks=())
    assert sheets.check_coupon(bare, SIZES) == ["coupon.dxf: 0 gaps have a number, not 7."]


def test_a_drawing_is_the_same_text_twice():
    assert sheets.drawing(SHEETS[0], SIZES) == sheets.drawing(SHEETS[0], SIZES)


def test_a_hole_too_near_to_an_edge_or_a_hole_is_found():
    assert sheets.check_webs(SOLIDS) == []
    lid = next(one for one in SOLIDS if one.name == "lid")
    for place in ((4.0, 20.0), (166.0, 12.0)):
        weak = replace(lid, outline=without(lid.outline, disc(*place, 6.0)))
        (fault,) = sheets.check_webs([weak])
        assert fault.startswith("lid: ")
