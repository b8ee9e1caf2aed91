"""The step that checks and renders the wiring."""

from PIL import Image, ImageColor
from wireviz.wv_colors import translate_color

from jimpitan_hardware import (
    assembly,
    carrier,
    circuits,
    electrics,
    harness,
    painter,
    pinmap,
    pins_classic,
    pulls,
    reach,
    wiring,
)
from jimpitan_hardware.workshop import Workshop

HARNESS_PICTURE = (1640, 2400)  # to be read on paper


def wire(work: Workshop) -> None:
    """Check pins and wires, write harness, net list and pins, draw the harness."""
    nets = pinmap.load()
    wired = wiring.load()
    work.check("pins: ESP32-S3 by its rules", pinmap.broken_rules(nets))
    work.check("pins: classic ESP32 by its rules", pins_classic.broken_rules(nets))
    old = pinmap.TARGET.read_text(encoding="utf-8") != pinmap.render(nets)
    work.check("pins: the firmware's are the map's", ["pins.py is old."] if old else [])
    ends = sum(len(found) for found in wiring.net_list(wired, nets).values())
    work.check(
        f"wiring: {len(wired.cables)} cables, {ends} ends, each wire the same net at both",
        wiring.broken_rules(wired, nets),
    )
    placed = carrier.load(wired, nets)
    work.check(
        f"board: {len(placed.pads)} pads, each the net of pin map and harness",
        carrier.check_nets(placed, wired, nets),
    )
    solids = assembly.assemble(work.sizes)
    work.check(
        "wiring: every cable reaches from end to end",
        reach.check_reach(solids, wired, work.sizes),
    )
    for circuit in (*electrics.reckon(wired), pulls.pulls(wired)):
        work.check(circuit.words, circuit.faults)
    painter.save(circuits.picture(wired, nets), work.place("pictures/circuits.png"))
    source = work.write("wiring/harness.yml", harness.render(wired, nets))
    work.write("wiring/netlist.json", harness.net_list_text(wired, nets))
    work.write("wiring/pins_esp32.py", pins_classic.render(nets))
    if reason := harness.draw(source, source.parent):
        work.skip(reason)
        return
    picture = Image.open(source.with_suffix(".png")).convert("RGB")
    picture.thumbnail(HARNESS_PICTURE, Image.Resampling.LANCZOS)
    few = picture.quantize(palette=_paints(), dither=Image.Dither.NONE)
    few.save(work.place("pictures/harness.png"), optimize=True)


def _paints() -> Image.Image:
    """Return the colours of the harness picture: WireViz's wires, their edges, and greys.

    Left to choose few colours Pillow takes the many dark ones, and paints some wires grey.
    """
    wires = [ImageColor.getrgb(translate_color(code, "HEX")) for code in harness.CODES.values()]
    edges = [tuple(part // 2 for part in wire) for wire in wires]
    greys = [(grey, grey, grey) for grey in range(0, 256, 255 // 7)]
    paints = Image.new("P", (1, 1))
    paints.putpalette([part for colour in (*wires, *edges, *greys) for part in colour])
    return paints
