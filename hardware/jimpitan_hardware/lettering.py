"""What is engraved in each part: its Indonesian name, as large as there is room for.

A workshop reads the guide, and the guide speaks Indonesian; the model's English names stand
beside them in the guide's table. `python -m jimpitan_hardware.lettering --write` puts that table
into panduan-merakit.md; each build says when the committed one is another.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from ezdxf.entities import LWPolyline, Text
from ezdxf.filemanagement import readfile
from shapely import prepare
from shapely.geometry import Polygon, box

from jimpitan_hardware import assembly, guide
from jimpitan_hardware.harness import GUIDE
from jimpitan_hardware.manual_table import with_table, write_or_compare
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import BrokenOutline, Solid

BEGIN, END = "<!-- names: rendered -->", "<!-- /names -->"
HEIGHTS_MM = (4.0, 3.0, 2.5, 2.0, 1.5)
WIDE = 0.8  # of a letter's height; the fonts of laser programs are narrower (an estimate)
EDGE_MM = 0.5  # free between letters and a cut
GRID_MM = 2.0  # places are tried so far apart, nearer in a small part
NAMES = (  # the beginning of the model's name, or all of it; what is engraved instead
    ("bay floor", "lantai ruang"),
    ("bay front", "depan ruang"),
    ("module plate behind", "pelat belakang"),
    ("module plate left", "pelat modul kiri"),
    ("module plate right", "pelat modul kanan"),
    ("cover frame", "bingkai penutup"),
    ("cover", "penutup"),
    ("front", "depan"),
    ("back", "belakang"),
    ("left", "kiri"),
    ("right", "kanan"),
    ("floor", "lantai"),
    ("strip", "papan kepala"),
    ("lid", "tutup"),
    ("lip", "lapis tutup"),
    ("catch", "kait"),
    ("plate", "pelat timbang"),
    ("skirt", "bingkai timbang"),
    ("spacer fixed", "ganjal 1"),
    ("spacer free", "ganjal 2"),
    ("block", "balok"),
    ("duct side", "saluran sisi"),
    ("duct front", "saluran muka"),
    ("rail left groove", "alur kiri"),
    ("rail left cover", "rel kiri"),
    ("rail right groove", "alur kanan"),
    ("rail right cover", "rel kanan"),
    ("cheek left", "pipi kiri"),
    ("cheek right", "pipi kanan"),
    ("throat front", "muka tenggorokan"),
    ("throat back", "belakang tenggorokan"),
    ("throat pane", "keping"),
    ("chute", "luncuran"),
    ("leaf", "bilah"),
    ("sender mount", "pemancar"),
    ("receiver mount", "penerima"),
    ("screen bezel", "bingkai layar"),
    ("coupon comb", "sisir"),
    ("coupon square", "persegi"),
    ("test blade", "bilah uji"),
)
MATERIALS = {"clear": "bening", "black": "hitam", "film": "film"}


def engraved(name: str) -> str:
    """Return what is engraved in a part; raise `BrokenOutline` for one without a name."""
    for start, words in NAMES:
        rest = name.removeprefix(start)
        if rest != name and (not rest or rest.startswith(" ")):
            return words + rest
    raise BrokenOutline(f"{name} has no Indonesian name to engrave.")


def _frame(words: str, x: float, y: float, height_mm: float) -> Polygon:
    """Return the room that words take about their middle."""
    half = len(words) * WIDE * height_mm / 2
    return box(x - half, y - height_mm / 2, x + half, y + height_mm / 2)


def _places(line: Polygon) -> list[tuple[float, float]]:
    """Return the places to try, those nearest to a part's middle first."""
    left, low, right, top = line.bounds
    middle = line.centroid
    step = min(GRID_MM, (right - left) / 30, (top - low) / 30)
    across, up = int((right - left) / step), int((top - low) / step)
    places = [(middle.x, middle.y), ((left + right) / 2, (low + top) / 2)]
    places += [
        (left + (column + 0.5) * (right - left) / across, low + (row + 0.5) * (top - low) / up)
        for column in range(across)
        for row in range(up)
    ]
    return sorted(places, key=lambda one: abs(one[0] - middle.x) + abs(one[1] - middle.y))


def place(name: str, line: Polygon) -> tuple[str, float, float, float]:
    """Return a part's words, their middle and height; raise `BrokenOutline` without room."""
    words = engraved(name)
    room = line.buffer(-EDGE_MM)
    prepare(room)
    for height_mm in HEIGHTS_MM:
        for x, y in _places(line):
            if room.contains(_frame(words, x, y, height_mm)):
                return words, round(x, 3), round(y, 3), height_mm
    raise BrokenOutline(f"{name} has no room for {words!r}.")


def check_letters(file: Path) -> list[str]:
    """Read a DXF again: each name lies in a part, off every cut, and stands there once."""
    space = readfile(file).modelspace()
    rings: dict[str, list[Polygon]] = {"OUTER": [], "INNER": []}
    for line in space.query("LWPOLYLINE"):
        if isinstance(line, LWPolyline) and line.dxf.layer in rings:
            points = [(point[0], point[1]) for point in line.get_points()]
            rings[line.dxf.layer].append(Polygon(points))
    wrong, seen = [], []
    for text in space.query("TEXT[layer=='NAMES']"):
        if not isinstance(text, Text):
            continue
        words, middle = text.dxf.text, text.dxf.align_point
        frame = _frame(words, middle.x, middle.y, text.dxf.height)
        seen.append(words)
        if not any(one.contains(frame) for one in rings["OUTER"]):
            wrong.append(f"{file.name}: {words} is engraved beyond its part.")
        if any(one.intersects(frame) for one in rings["INNER"]):
            wrong.append(f"{file.name}: {words} is engraved over a hole.")
    wrong += [f"{file.name}: {one} is engraved twice." for one in set(seen) if seen.count(one) > 1]
    if not seen:
        wrong.append(f"{file.name}: nothing is engraved.")
    return sorted(wrong)


def table(solids: Sequence[Solid]) -> str:
    """Return the guide's table: what is engraved, how many, of what, and where it is put in."""
    lines = ["| terukir | bahan | buah | langkah | dalam model |", "|---|---|---|---|---|"]
    rows = []
    for start, words in NAMES:
        parts = [s for s in solids if s.is_cut and re.fullmatch(rf"{start}( [\d.]+)?", s.name)]
        if not parts:
            continue
        said = words if len(parts) == 1 else f"{words} {_span(parts)}"
        step = (guide.step_of(parts[0]) or 0) + 1
        material = MATERIALS[parts[0].material]
        rows.append((step, f"| {said} | {material} | {len(parts)} | {step} | {start} |"))
    return "\n".join([*lines, *(row for _, row in sorted(rows, key=lambda one: one[0]))])


def _span(parts: Sequence[Solid]) -> str:
    """Return the first and the last number of parts that are alike."""
    numbers = sorted(
        (s.name.split()[-1] for s in parts), key=lambda one: [*map(int, one.split("."))]
    )
    return f"{numbers[0]} sampai {numbers[-1]}"


def rendered(text: str, solids: Sequence[Solid]) -> str:
    """Return the guide with its table of names rendered anew."""
    return with_table(text, table(solids), BEGIN, END)


def check_table(solids: Sequence[Solid], paper: Path = GUIDE) -> list[str]:
    """The committed table is the model's, and no cut part is missing from it."""
    text = paper.read_text(encoding="utf-8")
    wrong = []
    if rendered(text, solids) != text:
        wrong.append("The table of names is old: python -m jimpitan_hardware.lettering --write.")
    counts = re.findall(r"^\| [^|]+ \| \w+ \| (\d+) \| \d+ \|", table(solids), re.MULTILINE)
    if sum(map(int, counts)) != sum(one.is_cut for one in solids):
        wrong.append("The table of names does not name every part that is cut.")
    return wrong


def main() -> int:
    """Write the table into the guide when asked with `--write`; else say whether it is old."""
    solids = assembly.assemble(Sizes())
    return write_or_compare(
        GUIDE, lambda text: rendered(text, solids), lambda: check_table(solids)
    )


if __name__ == "__main__":
    sys.exit(main())
