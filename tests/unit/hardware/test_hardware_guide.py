"""The guide: every part in one step, nothing in the way, and words for every picture."""

import re
from dataclasses import replace

from components import ROOT
from jimpitan_hardware import assembly, guide, head, measuring, modules
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import bar

SOLIDS = assembly.assemble(Sizes())
WORDS = (ROOT / "hardware" / "panduan-merakit.md").read_text(encoding="utf-8")
PAPERS = ("panduan-merakit.md", "uji-terima.md", "perbaikan.md")


def changed(name, make):
    """Return the parts with one of them changed."""
    return [make(one) if one.name == name else one for one in SOLIDS]


def test_every_part_is_put_in_once_and_nothing_is_in_its_way():
    assert guide.check_steps(SOLIDS) == []
    assert guide.check_ways(SOLIDS) == []
    assert guide.check_modules_in(SOLIDS) == []


def test_modules_in_the_other_order_stand_in_each_others_way():
    wrong = guide.check_modules_in(SOLIDS, guide.MODULES[::-1])
    assert "scale converter: top of scale converter strikes something on the way." in wrong


def test_the_words_put_modules_in_in_the_order_that_is_checked():
    words = {
        "colour sensor": "Sensor warna",
        "amplifier": "penguat suara",
        "scale converter": "konverter timbangan",
        "motion sensor": "modul gerak",
        "charger": "pengisi, ",
        "battery holder": "dudukan baterai ",
        "module board": "papan modul di kiri",
    }
    step = WORDS.partition("Pasang modul lewat jendela belakang")[2]
    places = [step.index(words[name]) for name in guide.MODULES]
    assert places == sorted(places)


def test_the_strip_is_glued_after_what_hangs_under_it():
    step = WORDS.partition("## Langkah 8")[2].partition("## Langkah 9")[0]
    glued = step.index("Terakhir lem papan kepala di atas tenggorokan")
    for earlier in ("daun engsel ke bawah", "| lampu 1, 2 |", "bingkai layar", "Kabel W7"):
        assert step.index(earlier) < glued


def test_a_forgotten_part_and_an_empty_step_are_found():
    more = [*SOLIDS, replace(SOLIDS[0], name="umbrella")]
    assert guide.check_steps(more) == ["No step puts in umbrella."]
    fewer = [one for one in SOLIDS if not one.name.startswith(("rod", "leaf"))]
    assert guide.check_steps(fewer) == ["Step lidah puts in nothing."]


def test_a_cheek_wider_than_its_slot_does_not_come_in():
    wide = changed(
        "cheek left", lambda one: replace(one, outline=one.outline.union(bar(89, 310, 92, 380)))
    )
    assert any("throat, from below" in sentence for sentence in guide.check_ways(wide))


def test_a_module_larger_than_the_window_does_not_come_in():
    tall = changed(
        "controller", lambda one: replace(one, outline=one.outline.union(bar(20, 320, 30, 395)))
    )
    assert "module board: controller strikes something on the way." in guide.check_modules_in(tall)


def test_a_module_that_sits_fast_on_its_studs_is_found():
    long = changed("stud of motion sensor 2", lambda one: one.moved(0, 5, 0))
    assert any("motion sensor strikes" in sentence for sentence in guide.check_modules_in(long))


def test_a_blocked_floor_is_found():
    low = changed("block 1.1", lambda one: one.moved(3, 3, -3))
    assert any("the floor, from below" in sentence for sentence in guide.check_ways(low))


def test_a_step_shows_what_is_new_in_another_colour():
    shown = guide.shown(SOLIDS, 6)
    assert {one.name for one in shown if one.material.startswith("new")} == {"front", "catch"}
    assert not any(one.name == "lid" for one in shown)


def test_every_step_has_its_heading_and_its_picture():
    headings = re.findall(r"^## Langkah (\d+): (.+)$", WORDS, re.MULTILINE)
    assert [int(number) for number, _ in headings] == list(range(1, len(guide.STEPS) + 1))
    for (number, words), step in zip(headings, guide.STEPS, strict=True):
        assert step.name in words.lower()
        assert f"pictures/step-{int(number):02}.png" in WORDS


def test_the_words_tell_where_light_sound_and_screen_lie():
    sizes = Sizes()
    rows = {
        line.split("|")[1].split(" (")[0].strip(): [cell.strip() for cell in line.split("|")[2:4]]
        for line in WORDS.splitlines()
        if line.startswith("|")
    }
    lights = head.light_places(sizes)
    ys = f"{_written(lights[0][1])} dan {_written(lights[1][1])}"
    left, near, right, far = head.screen_room(sizes)
    assert rows["lampu 1, 2"] == [_written(lights[0][0]), ys]
    assert rows["lampu 3, 4"] == [_written(lights[2][0]), ys]
    assert rows["piezo"] == [_written(one) for one in head.buzzer_place(sizes)]
    assert rows["pengeras suara"] == [_written(one) for one in head.speaker_place(sizes)]
    assert rows["layar"] == [_written((left + right) / 2), _written((near + far) / 2)]


def _written(number):
    return f"{round(number, 2):g}".replace(".", ",")


def test_papers_lead_to_files_that_exist():
    for paper in PAPERS:
        text = (ROOT / "hardware" / paper).read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)#]+)", text):
            assert link.startswith("http") or (ROOT / "hardware" / link).exists(), (paper, link)


def test_everything_unverified_is_measured_before_it_is_cut(tmp_path):
    assert measuring.check_table() == []
    rows = {what: mm for what, mm, _ in measuring.module_rows()}
    for one in modules.load():
        if not one.instead_of:
            said = rows[f"{measuring.INDONESIAN[one.name]}: papan, lalu tinggi seluruhnya"]
            assert said == " x ".join(_written(number) for number in (*one.size, one.deep))
    old = tmp_path / "panduan.md"
    old.write_text(WORDS.replace("| 33,5", "| 34").replace("x 33,5", "x 34"), encoding="utf-8")
    assert measuring.check_table(old) != []


def test_the_table_is_written_and_compared_by_its_command(tmp_path, monkeypatch, capsys):
    copy = tmp_path / "panduan.md"
    copy.write_text(f"{measuring.BEGIN}\n{measuring.END}\n")
    monkeypatch.setattr(measuring, "GUIDE", copy)
    monkeypatch.setattr("sys.argv", ["measuring", "--write"])
    assert measuring.main() == 0
    assert "| dudukan baterai: papan" in copy.read_text()
    monkeypatch.setattr("sys.argv", ["measuring"])
    assert measuring.main() == 0  # looks at the committed guide, which is new
    monkeypatch.setattr(measuring, "check_table", lambda: ["It is old."])
    assert measuring.main() == 1
    assert capsys.readouterr().err == "It is old.\n"


def test_usb_is_asked_for_its_diode_before_two_supplies_meet():
    """A laptop and the charger on one 5 V rail: a controller without its diode joins them."""
    papers = {name: (ROOT / "hardware" / name).read_text(encoding="utf-8") for name in PAPERS}
    accepted = papers["uji-terima.md"].splitlines()
    asked = next(n for n, line in enumerate(accepted) if line.startswith("| 6a | dioda USB"))
    assert "di bawah 1 V" in accepted[asked]
    used = next(n for n, line in enumerate(accepted) if "box selftest" in line)
    assert asked < used
    for name in ("panduan-merakit.md", "perbaikan.md"):
        assert "[uji terima baris 6a](uji-terima.md)" in papers[name], name
    step = re.search(r"## Langkah 13.*?uji-terima", papers["panduan-merakit.md"], re.DOTALL)
    assert "adaptor dan baterai dilepas" in step[0]
    assert "VBUS" in (ROOT / "hardware/bill-of-materials/parts.csv").read_text(encoding="utf-8")


JOINED = re.compile(
    r"laptop|jimpitan-gateway|`box |USB[^.|]*(sambung|masuk|colok|hidup)|colok[^.|]*USB"
)


def joined_early(papers):
    """Return what is done with laptop or USB before the acceptance list has asked for the diode.

    In the guide that is all before its own warning; in the list the rows above 6a. Tools, sizes
    and where the socket points may be named; a live box may not be joined to a laptop.
    """
    guide, accepted = papers["panduan-merakit.md"], papers["uji-terima.md"]
    early = re.split(r"(?<=[.:])\s|\n", guide[: guide.index("Pertama kali, USB menghidupkan")])
    rows = accepted[accepted.index("## Daftar") : accepted.index("| 6a |")].splitlines()
    return [one for one in (*early, *rows) if JOINED.search(one)]


def test_no_laptop_meets_a_live_box_before_its_diode_is_tried():
    papers = {name: (ROOT / "hardware" / name).read_text(encoding="utf-8") for name in PAPERS}
    assert joined_early(papers) == []
    tools = papers["uji-terima.md"].partition("## Daftar")[0]
    assert "USB" not in tools
    bad = {
        ("uji-terima.md", "| 6a |"): "| 5a | lampu | `box selftest` menyalakan lampu | |",
        ("uji-terima.md", "| 6 |"): "| 5b | kabel USB masuk di pengendali | terisi | |",
        ("panduan-merakit.md", "## Langkah 13"): "Sambung laptop, isi perangkat lunak.",
        ("panduan-merakit.md", "## Langkah 12"): "Lewat USB pengendali hidup.",
    }
    for (name, place), words in bad.items():
        broken = {**papers, name: papers[name].replace(place, f"{words}\n{place}", 1)}
        assert len(joined_early(broken)) == 1, words


def test_the_fuse_is_asked_for_with_an_empty_battery():
    """A charger that takes 1 A beside what the box takes blows the fuse of 1 A."""
    paper = (ROOT / "hardware" / "uji-terima.md").read_text(encoding="utf-8")
    line = next(one for one in paper.splitlines() if one.startswith("| 7c |"))
    assert "di bawah 0,9 A" in line
    assert "kosong" in line
