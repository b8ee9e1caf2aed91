"""The workshop's table: what to measure of bought parts before anything is cut.

Every size in the model is as commonly sold and unverified. The table says which is expected, has
a place for what was measured, and says where to change it. `python -m jimpitan_hardware.measuring
--write` puts it into panduan-merakit.md; each build says when the committed one is another.
"""

import math
import sys
from collections.abc import Iterable
from pathlib import Path

from jimpitan_hardware import bought, head, inside, modules, shell, stack, throat
from jimpitan_hardware.harness import GUIDE
from jimpitan_hardware.manual_table import with_table, write_or_compare
from jimpitan_hardware.sizes import Sizes

BEGIN, END = "<!-- measures: rendered -->", "<!-- /measures -->"
Row = tuple[str, str, str]  # what, in Indonesian; expected, in mm; where it is changed
PLACES = {"bought": bought, "head": head, "inside": inside, "shell": shell}
PLACES |= {"stack": stack, "throat": throat}
MEASURED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("film: tebal", "sizes", ("flap_thick_mm",)),
    ("engsel: buku, lebar daun, tebal daun", "sizes", ("knuckle_mm", "leaf_mm", "leaf_thick_mm")),
    ("kunci: lubang", "shell", ("LOCK_MM",)),
    ("sel beban: panjang, sisi", "sizes", ("cell_length_mm", "cell_side_mm")),
    ("magnet: garis tengah", "sizes", ("magnet_mm",)),
    ("magnet: tebal", "bought", ("MAGNET_THICK_MM",)),
    ("reed: tebal, panjang", "bought", ("REED_MM",)),
    ("sisipan kuningan M4: lubang", "inside", ("INSERT_MM",)),
    ("LED inframerah: lubang", "sizes", ("beam_part_mm",)),
    ("penerima: jendela", "throat", ("RECEIVER_MM",)),
    ("lampu: garis tengah papan, tebal", "head", ("LIGHT_MM", "LIGHT_THICK_MM")),
    ("piezo: garis tengah, tebal", "head", ("BUZZER_MM", "BUZZER_THICK_MM")),
    ("pengeras suara: garis tengah, tebal", "head", ("SPEAKER_MM", "SPEAKER_THICK_MM")),
    ("layar: papan, tebal", "head", ("SCREEN_MM", "SCREEN_THICK_MM")),
    ("soket pengendali: tinggi", "stack", ("SOCKET_MM",)),
    ("pengendali: lebar papan", "stack", ("CONTROLLER_WIDE_MM",)),
    ("steker USB siku: lebar, di bawah soket, tebal", "stack", ("USB_PLUG_MM",)),
)
INDONESIAN = {
    "module board": "papan modul (dipotong)",
    "battery holder": "dudukan baterai",
    "scale converter": "konverter timbangan",
    "motion sensor": "modul gerak",
    "charger": "pengisi",
    "amplifier": "penguat suara",
    "colour sensor": "sensor warna",
}


def _mm(*numbers: float) -> str:
    """Return lengths as Indonesians write them: 33,5 x 20,5."""
    return " x ".join(f"{round(number, 2):g}".replace(".", ",") for number in numbers)


def module_rows() -> list[Row]:
    """Return what to measure of each module: its board, its height, its holes."""
    rows = []
    for one in (one for one in modules.load() if not one.instead_of):
        what = INDONESIAN[one.name]
        where = f"`wiring/modules.json`, {one.part}"
        rows.append((f"{what}: papan, lalu tinggi seluruhnya", _mm(*one.size, one.deep), where))
        if len(one.holes) > 1:
            (x0, y0), (x1, y1) = one.holes[:2]
            apart = _mm(math.dist((x0, y0), (x1, y1)))
            rows.append(
                (f"{what}: jarak lubang 1 ke 2; lubang", f"{apart}; {_mm(one.hole_mm)}", where)
            )
    return rows


def part_rows(s: Sizes) -> list[Row]:
    """Return what to measure of everything else that is bought, as the model has it."""
    options = [
        ("lembaran akrilik: tebal (kupon)", _mm(s.thickness_mm), "`--thickness`"),
        ("lebar potong laser (kupon)", _mm(s.kerf_mm), "`--kerf`"),
    ]
    rows = []
    for what, file, names in MEASURED:
        holder = s if file == "sizes" else PLACES[file]
        numbers: list[float] = []
        for value in (getattr(holder, name) for name in names):
            numbers += value if isinstance(value, tuple) else (value,)
        rows.append((what, _mm(*numbers), f"`{file}.py`, {', '.join(names)}"))
    left = (s.width_mm - s.cell_length_mm) / 2
    ends = _mm(*(x - left for x, _ in shell.cell_screws(s, is_free_end=False)))
    return [*options, *rows, ("sel beban: lubang dari ujung", ends, "`shell.py`, cell_screws")]


def table(rows: Iterable[Row]) -> str:
    """Return the table, with an empty place for what was measured."""
    lines = ["| apa | dalam model, mm | terukur | kalau lain, ubah |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {what} | {mm} | | {where} |" for what, mm, where in rows)])


def rendered(text: str) -> str:
    """Return the guide with its table rendered anew."""
    return with_table(text, table([*part_rows(Sizes()), *module_rows()]), BEGIN, END)


def check_table(guide: Path = GUIDE) -> list[str]:
    """The committed table is the model's."""
    text = guide.read_text(encoding="utf-8")
    if rendered(text) == text:
        return []
    return ["The measuring table is old: python -m jimpitan_hardware.measuring --write."]


def main() -> int:
    """Write the table into the guide when asked with `--write`; else say whether it is old."""
    return write_or_compare(GUIDE, rendered, check_table)


if __name__ == "__main__":
    sys.exit(main())
