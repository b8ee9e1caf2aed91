"""Makes the carrier board in KiCad 6 and lets KiCad check it; run by the system's own Python.

`/usr/bin/python3 kicad_board.py BOARD.json FOLDER` reads what the router laid and writes the
board, KiCad's report, Gerber and drill files. It prints, as JSON, which net each pad has in the
written board, and how often the report complains. Only `pcbnew` and the standard library.
"""

import itertools
import json
import re
import sys
from pathlib import Path
from typing import Any

import pcbnew

GERBERS = {
    "F.Cu": "front copper",
    "B.Cu": "back copper",
    "F.Mask": "front mask",
    "B.Mask": "back mask",
    "F.SilkS": "front print",
    "Edge.Cuts": "outline",
}
POUR_CLEARANCE_MM = 0.3
LETTER_MM = 1.0


def mm(value: float) -> int:
    """Return KiCad's nanometres."""
    return round(value * 1_000_000)


def point(x: float, y: float) -> Any:
    """Return KiCad's point."""
    return pcbnew.wxPoint(mm(x), mm(y))


def make(plan: dict[str, Any]) -> Any:
    """Return the board of a plan."""
    board = pcbnew.BOARD()
    nets = {}
    for name in sorted({pad["net"] for pad in plan["pads"] if pad["net"]}):
        nets[name] = pcbnew.NETINFO_ITEM(board, name)
        board.Add(nets[name])
    _outline(board, plan)
    for part in sorted({pad["part"] for pad in plan["pads"]}):
        _part(board, part, [pad for pad in plan["pads"] if pad["part"] == part], nets, plan)
    for words, x, y in plan["names"]:
        _print(board, words, x, y)
    for number, (x, y) in enumerate(plan["holes"], start=1):
        _hole(board, f"H{number}", x, y, plan["hole_mm"])
    for track in plan["tracks"]:
        _track(board, track, nets, plan)
    for net, x, y in plan["vias"]:
        via = pcbnew.PCB_VIA(board)
        via.SetPosition(point(x, y))
        via.SetWidth(mm(plan["via_mm"]))
        via.SetDrill(mm(plan["via_drill_mm"]))
        via.SetNet(nets[net])
        board.Add(via)
    for layer in (pcbnew.F_Cu, pcbnew.B_Cu):
        _pour(board, layer, nets["GND"], plan)
    return board


def _outline(board: Any, plan: dict[str, Any]) -> None:
    w, h = plan["width"], plan["height"]
    corners = [(0, 0), (w, 0), (w, h), (0, h), (0, 0)]
    for start, end in itertools.pairwise(corners):
        line = pcbnew.PCB_SHAPE(board)
        line.SetShape(pcbnew.SHAPE_T_SEGMENT)
        line.SetStart(point(*start))
        line.SetEnd(point(*end))
        line.SetLayer(pcbnew.Edge_Cuts)
        line.SetWidth(mm(0.1))
        board.Add(line)


def _part(
    board: Any, name: str, pads: list[dict[str, Any]], nets: dict[str, Any], plan: dict[str, Any]
) -> None:
    footprint = pcbnew.FOOTPRINT(board)
    footprint.SetReference(name)
    footprint.SetPosition(point(pads[0]["x"], pads[0]["y"]))
    footprint.Reference().SetLayer(pcbnew.F_Fab)
    footprint.Value().SetLayer(pcbnew.F_Fab)
    for one in pads:
        pad = pcbnew.PAD(footprint)
        pad.SetShape(pcbnew.PAD_SHAPE_CIRCLE)
        pad.SetAttribute(pcbnew.PAD_ATTRIB_PTH)
        pad.SetSize(pcbnew.wxSize(mm(plan["pad_mm"]), mm(plan["pad_mm"])))
        pad.SetDrillSize(pcbnew.wxSize(mm(plan["drill_mm"]), mm(plan["drill_mm"])))
        pad.SetLayerSet(pad.PTHMask())
        pad.SetNumber(one["pin"])
        pad.SetPosition(point(one["x"], one["y"]))
        if one["net"]:
            pad.SetNet(nets[one["net"]])
        footprint.Add(pad)
        pad.SetLocalCoord()  # what is written is the place within the part
    board.Add(footprint)


def _print(board: Any, words: str, x: float, y: float) -> None:
    """Print a name on the front, centred at a place."""
    text = pcbnew.PCB_TEXT(board)
    text.SetText(words)
    text.SetPosition(point(x, y))
    text.SetLayer(pcbnew.F_SilkS)
    text.SetTextSize(pcbnew.wxSize(mm(LETTER_MM), mm(LETTER_MM)))
    text.SetTextThickness(mm(0.15))
    board.Add(text)


def _hole(board: Any, name: str, x: float, y: float, size: float) -> None:
    footprint = pcbnew.FOOTPRINT(board)
    footprint.SetReference(name)
    footprint.SetPosition(point(x, y))
    footprint.Reference().SetLayer(pcbnew.F_Fab)
    footprint.Value().SetLayer(pcbnew.F_Fab)
    pad = pcbnew.PAD(footprint)
    pad.SetShape(pcbnew.PAD_SHAPE_CIRCLE)
    pad.SetAttribute(pcbnew.PAD_ATTRIB_NPTH)
    pad.SetSize(pcbnew.wxSize(mm(size), mm(size)))
    pad.SetDrillSize(pcbnew.wxSize(mm(size), mm(size)))
    pad.SetLayerSet(pad.UnplatedHoleMask())
    pad.SetPosition(point(x, y))
    footprint.Add(pad)
    board.Add(footprint)


def _track(board: Any, track: dict[str, Any], nets: dict[str, Any], plan: dict[str, Any]) -> None:
    line = pcbnew.PCB_TRACK(board)
    line.SetStart(point(*track["start"]))
    line.SetEnd(point(*track["end"]))
    line.SetWidth(mm(plan["track_mm"]))
    line.SetLayer(pcbnew.B_Cu if track["layer"] else pcbnew.F_Cu)
    line.SetNet(nets[track["net"]])
    board.Add(line)


def _pour(board: Any, layer: int, net: Any, plan: dict[str, Any]) -> None:
    zone = pcbnew.ZONE(board)
    zone.SetLayer(layer)
    zone.SetNet(net)
    zone.SetLocalClearance(mm(POUR_CLEARANCE_MM))
    zone.SetMinThickness(mm(0.3))
    zone.SetThermalReliefGap(mm(0.3))
    zone.SetThermalReliefSpokeWidth(mm(0.5))
    edge = plan["edge_mm"]
    outline = zone.Outline()
    outline.NewOutline()
    w, h = plan["width"], plan["height"]
    for x, y in ((edge, edge), (w - edge, edge), (w - edge, h - edge), (edge, h - edge)):
        outline.Append(mm(x), mm(y))
    board.Add(zone)


def plot(board: Any, folder: Path) -> None:
    """Write Gerber and drill files."""
    controller = pcbnew.PLOT_CONTROLLER(board)
    options = controller.GetPlotOptions()
    options.SetOutputDirectory(str(folder))
    options.SetPlotFrameRef(False)
    options.SetUseGerberProtelExtensions(False)
    for name, words in GERBERS.items():
        controller.SetLayer(board.GetLayerID(name))
        controller.OpenPlotfile(name.replace(".", "_"), pcbnew.PLOT_FORMAT_GERBER, words)
        controller.PlotLayer()
    controller.ClosePlot()
    drill = pcbnew.EXCELLON_WRITER(board)
    drill.SetOptions(False, False, pcbnew.wxPoint(0, 0), False)
    drill.SetFormat(True)
    drill.CreateDrillandMapFilesSet(str(folder), True, False)


def main(source: Path, folder: Path) -> int:
    """Make, check and plot the board; print what came out."""
    plan = json.loads(source.read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "carrier.kicad_pcb"
    # KiCad 6 fills only zones of a board that was loaded: it needs the board's project.
    pcbnew.SaveBoard(str(file), make(plan))
    board = pcbnew.LoadBoard(str(file))
    pcbnew.ZONE_FILLER(board).Fill(board.Zones())
    pcbnew.SaveBoard(str(file), board)
    report = folder / "drc.txt"
    pcbnew.WriteDRCReport(board, str(report), pcbnew.EDA_UNITS_MILLIMETRES, True)
    text = report.read_text(encoding="utf-8", errors="replace")
    counts = {
        "violations": int(_found(text, r"Found (\d+) DRC violations")),
        "unconnected": int(_found(text, r"Found (\d+) unconnected")),
    }
    plot(board, folder)
    pads = {
        f"{part.GetReference()}-{pad.GetNumber()}": pad.GetNetname()
        for part in board.GetFootprints()
        for pad in part.Pads()
        if pad.GetNumber()
    }
    kinds = sorted(set(re.findall(r"^\[(\w+)\]", text, re.MULTILINE)))
    sys.stdout.write(json.dumps({**counts, "kinds": kinds, "pads": pads}) + "\n")
    return 0


def _found(text: str, pattern: str) -> str:
    match = re.search(pattern, text)
    return match.group(1) if match else "-1"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
