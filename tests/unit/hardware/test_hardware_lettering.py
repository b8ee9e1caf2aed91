"""Names engraved in parts: Indonesian, inside the part, off every cut; each check can fail."""

from dataclasses import replace

import pytest
from components import ROOT
from jimpitan_hardware import assembly, fixture, lettering, sheets
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import BrokenOutline, bar, disc, without
from shapely.geometry import Polygon

SIZES = Sizes()
SOLIDS = assembly.assemble(SIZES)
PARTS = [*SOLIDS, *sheets.coupon(SIZES), fixture.blade(SIZES)]
LEAVES = [one for one in SOLIDS if one.name.startswith("leaf")]


def drawn(folder, solids, letters=None):
    """Return a sheet's DXF, with other letters when they are given."""
    (sheet,) = [one for one in sheets.nested(solids, SIZES) if one.placed]
    marks = {"marks": letters} if letters is not None else {}
    placed = tuple(replace(one, **marks) for one in sheet.placed)
    file = folder / "sheet.dxf"
    file.write_text(sheets.drawing(replace(sheet, placed=placed), SIZES))
    return file


@pytest.mark.parametrize("thickness_mm", [3.6, 4.0, 4.4])
def test_every_part_has_room_for_its_own_name(thickness_mm, tmp_path):
    sizes = Sizes(thickness_mm=thickness_mm)
    solids = [*assembly.assemble(sizes), *sheets.coupon(sizes)]
    for sheet in sheets.nested(solids, sizes):
        file = tmp_path / f"{sheet.name}.dxf"
        file.write_text(sheets.drawing(sheet, sizes))
        assert lettering.check_letters(file) == []


def test_a_name_is_as_large_as_there_is_room_and_none_is_the_english_one():
    wide, narrow = bar(0, 0, 120, 40), bar(0, 0, 14, 14)
    assert lettering.place("cover", wide) == ("penutup", 60.0, 20.0, 4.0)
    assert lettering.place("block 1.1", narrow)[3] == 1.5
    holed = without(wide, disc(60, 20, 30))
    words, x, y, height_mm = lettering.place("cover", holed)
    assert (words, height_mm) == ("penutup", 4.0)
    assert abs(x - 60) > 15 or abs(y - 20) > 15
    for one in (one for one in PARTS if one.is_cut):
        assert lettering.engraved(one.name).split()[0] != one.name.split()[0], one.name


def test_a_part_without_name_or_room_is_refused():
    with pytest.raises(BrokenOutline, match="shelf has no Indonesian name"):
        lettering.engraved("shelf")
    with pytest.raises(BrokenOutline, match="coverlet has no Indonesian name"):
        lettering.engraved("coverlet")
    with pytest.raises(BrokenOutline, match="cover has no room for 'penutup'"):
        lettering.place("cover", Polygon([(0, 0), (4, 0), (4, 4), (0, 4)]))


@pytest.mark.parametrize(
    ("letters", "sentence"),
    [
        ((("bilah", 0.0, 0.0),), "sheet.dxf: bilah is engraved beyond its part."),
        ((), "sheet.dxf: nothing is engraved."),
    ],
)
def test_letters_beyond_a_part_or_none_are_found(letters, sentence, tmp_path):
    leaf = LEAVES[:1]
    assert lettering.check_letters(drawn(tmp_path, leaf)) == []
    file = drawn(tmp_path, leaf, letters)
    if not letters:
        text = file.read_text().replace("bilah 1\n  8\nNAMES", "bilah 1\n  8\nOUTER")
        file.write_text(text.replace("  8\nNAMES\n", "  8\nOTHER\n"))
    assert sentence in lettering.check_letters(file)


def test_letters_over_a_hole_and_the_same_name_twice_are_found(tmp_path):
    square = next(one for one in sheets.coupon(SIZES) if "square" in one.name)
    placed = next(one for s in sheets.nested([square], SIZES) for one in s.placed)
    hole = placed.line.interiors[0].centroid
    wrong = lettering.check_letters(drawn(tmp_path, [square], (("4", hole.x, hole.y),)))
    assert wrong == ["sheet.dxf: 4 is engraved over a hole."]
    twins = [LEAVES[0], LEAVES[0]]
    assert "sheet.dxf: bilah 1 is engraved twice." in lettering.check_letters(
        drawn(tmp_path, twins)
    )


def test_the_guides_table_names_every_part_that_is_cut(tmp_path):
    assert lettering.check_table(SOLIDS) == []
    guide = ROOT / "hardware" / "panduan-merakit.md"
    old = tmp_path / "guide.md"
    old.write_text(guide.read_text(encoding="utf-8").replace("| pipi kiri |", "| cheek left |"))
    assert lettering.check_table(SOLIDS, old) != []
    more = [*SOLIDS, replace(SOLIDS[0], name="front door")]
    assert any("every part" in one for one in lettering.check_table(more))


def test_the_table_is_written_and_compared_by_its_command(tmp_path, monkeypatch, capsys):
    copy = tmp_path / "panduan.md"
    copy.write_text(f"{lettering.BEGIN}\n{lettering.END}\n")
    monkeypatch.setattr(lettering, "GUIDE", copy)
    monkeypatch.setattr("sys.argv", ["lettering", "--write"])
    assert lettering.main() == 0
    assert "| bilah 1 sampai 17 | film | 17 | 2 | leaf |" in copy.read_text()
    monkeypatch.setattr(lettering, "check_table", lambda solids: ["It is old."])
    monkeypatch.setattr("sys.argv", ["lettering"])
    assert lettering.main() == 1
    assert capsys.readouterr().err == "It is old.\n"
