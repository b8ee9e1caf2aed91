"""The step that lays the carrier board and lets KiCad check it, where KiCad is."""

import csv
import io
import json
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path

from PIL import Image, ImageDraw

from jimpitan_hardware import carrier, painter, pinmap, router, wiring
from jimpitan_hardware.carrier import Board
from jimpitan_hardware.router import Routed
from jimpitan_hardware.workshop import Workshop

SCRIPT = Path(__file__).resolve().parent / "kicad_board.py"
SYSTEM_PYTHON = "/usr/bin/python3"  # pcbnew belongs to the system's Python, not to ours
KICAD_S = 120
PIXELS_MM = 9


def plan(board: Board, laid: Routed) -> str:
    """Return board and tracks as the JSON that KiCad's script reads."""
    content = {
        "width": board.width,
        "height": board.height,
        "pad_mm": carrier.PAD_MM,
        "drill_mm": carrier.DRILL_MM,
        "hole_mm": carrier.HOLE_MM,
        "edge_mm": carrier.EDGE_MM,
        "track_mm": router.TRACK_MM,
        "via_mm": router.VIA_MM,
        "via_drill_mm": router.VIA_DRILL_MM,
        "pads": [asdict(pad) for pad in board.pads],
        "holes": board.holes,
        "tracks": [asdict(track) for track in laid.tracks],
        "vias": laid.vias,
        "names": board.names,
    }
    return json.dumps(content, indent=1) + "\n"


def positions(board: Board) -> str:
    """Return a CSV of where the first pin of each part goes."""
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(["part", "x_mm", "y_mm", "side"])
    seen = set()
    for pad in board.pads:
        if pad.part not in seen:
            seen.add(pad.part)
            writer.writerow([pad.part, f"{pad.x:.3f}", f"{pad.y:.3f}", "top"])
    return content.getvalue()


def picture(board: Board, laid: Routed) -> Image.Image:
    """Return the board as a picture: front copper red, back copper blue, seen from the front."""
    size = (int(board.width * PIXELS_MM), int(board.height * PIXELS_MM))
    image = Image.new("RGB", size, (24, 60, 48))
    draw = ImageDraw.Draw(image, "RGBA")
    for layer, colour in ((1, (90, 140, 255, 255)), (0, (255, 110, 90, 210))):
        for track in laid.tracks:
            if track.layer == layer:
                ends = [
                    tuple(round(v * PIXELS_MM) for v in end) for end in (track.start, track.end)
                ]
                draw.line(ends, fill=colour, width=round(router.TRACK_MM * PIXELS_MM))
    places = [(x, y, router.VIA_MM, router.VIA_DRILL_MM) for _, x, y in laid.vias]
    places += [(pad.x, pad.y, carrier.PAD_MM, carrier.DRILL_MM) for pad in board.pads]
    places += [(x, y, carrier.HOLE_MM, carrier.HOLE_MM) for x, y in board.holes]
    for x, y, wide, drill in places:
        for across, colour in ((wide, (226, 190, 90, 255)), (drill, (12, 24, 20, 255))):
            corners = [(v + s * across / 2) * PIXELS_MM for s in (-1, 1) for v in (x, y)]
            draw.ellipse(corners, fill=colour)
    for words, x, y in board.names:
        draw.text((x * PIXELS_MM, y * PIXELS_MM), words, fill=(255, 255, 255, 255), anchor="mm")
    return image


def kicad_is_here() -> bool:
    """Say whether the system's Python knows pcbnew."""
    if shutil.which(SYSTEM_PYTHON) is None:
        return False
    done = subprocess.run(  # noqa: S603 - fixed words
        [SYSTEM_PYTHON, "-c", "import pcbnew"], capture_output=True, timeout=KICAD_S, check=False
    )
    return done.returncode == 0


def check_in_kicad(source: Path, folder: Path, board: Board) -> list[str]:
    """Let KiCad make and check the board; return a sentence for each fault."""
    done = subprocess.run(  # noqa: S603 - fixed words and our own files
        [SYSTEM_PYTHON, str(SCRIPT), str(source), str(folder)],
        capture_output=True,
        text=True,
        timeout=KICAD_S,
        check=False,
    )
    if done.returncode:
        return [f"KiCad's script failed: {done.stderr.strip()[-300:]}"]
    found = json.loads(done.stdout.strip().splitlines()[-1])
    wrong = [
        f"KiCad found {found[what]} {what}, {', '.join(found['kinds'])}: see {folder / 'drc.txt'}."
        for what in ("violations", "unconnected")
        if found[what] != 0
    ]
    wanted = {f"{pad.part}-{pad.pin}": pad.net for pad in board.pads}
    return wrong + [
        f"{name} has net {found['pads'].get(name)!r} in KiCad, not {net!r}."
        for name, net in wanted.items()
        if found["pads"].get(name) != net
    ]


def lay(work: Workshop) -> None:
    """Route the board, check it ourselves, and have KiCad make and check it."""
    harness, nets = wiring.load(), pinmap.load()
    board = carrier.load(harness, nets)
    work.check("board: the nets of pin map and harness", carrier.check_nets(board, harness, nets))
    laid = router.route(board)
    tracks = f"{len(laid.tracks)} tracks, {len(laid.vias)} vias"
    work.check(f"board: {tracks}, clearances kept", router.check_clearance(board, laid))
    work.check("board: every net is one piece", router.check_joined(board, laid))
    source = work.write("board/carrier.json", plan(board, laid))
    work.write("board/positions.csv", positions(board))
    painter.save(picture(board, laid), work.place("pictures/carrier.png"))
    if not kicad_is_here():
        work.skip("KiCad's own check, Gerber and drill files: apt-get install kicad (version 6)")
        return
    faults = check_in_kicad(source, source.parent, board)
    work.check("board: KiCad finds nothing, and reads the same nets", faults)
