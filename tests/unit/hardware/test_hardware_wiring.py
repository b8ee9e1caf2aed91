"""Wiring: one map for pins, harness and net list; every rule can fail."""

import dataclasses

import numpy
import pytest
import yaml
from components import ROOT, program
from jimpitan_hardware import assembly, harness, pinmap, pins_classic, reach, wiring
from jimpitan_hardware.sizes import Sizes
from PIL import Image

NETS = pinmap.load()
HARNESS = wiring.load()


def nets(signal, /, **values):
    """Return the map with one net changed."""
    assert any(net.signal == signal for net in NETS)
    return [dataclasses.replace(n, **values) if n.signal == signal else n for n in NETS]


def rewired(name, **values):
    """Return the harness with one cable changed."""
    cables = tuple(
        dataclasses.replace(one, **values) if one.name == name else one for one in HARNESS.cables
    )
    return dataclasses.replace(HARNESS, cables=cables)


def replugged(name, *pins):
    """Return the harness with another connector."""
    other = dataclasses.replace(HARNESS.connectors[name], pins=pins)
    return dataclasses.replace(HARNESS, connectors={**HARNESS.connectors, name: other})


def test_the_committed_wiring_keeps_every_rule():
    assert harness.broken_rules() == []


def test_the_committed_harness_and_table_are_the_rendered_ones():
    assert harness.main(["--check"]) == 0


def test_the_pins_of_firmware_harness_and_net_list_are_the_same():
    pins = {}
    exec(pinmap.TARGET.read_text(encoding="utf-8"), pins)
    pins = {name: value for name, value in pins.items() if name.isupper()}
    listed = wiring.net_list(HARNESS, NETS)
    for signal, gpio in pins.items():
        assert (wiring.CONTROLLER, f"GPIO{gpio}") in listed[signal]
    drawn = yaml.safe_load(harness.TARGET.read_text(encoding="utf-8"))["connectors"]
    for net in NETS:
        place, _, pin = net.connector.partition("-")
        if place in drawn:
            label = drawn[place]["pinlabels"][int(pin) - 1]
            assert label.endswith(f"(GPIO{pins[net.signal]})")


@pytest.mark.parametrize(
    ("wired", "sentence"),
    [
        (
            rewired("W7", wires=(("1", "GND"), ("2", "5V"))),
            "W7: J6-1 is 5V, A3-GND GND.",
        ),
        (rewired("W4", wires=(("1", "1"),)), "J3-2 has no wire."),
        (rewired("W4", wires=(("1", "1"), ("9", "2"))), "W4: J3-9 is None"),
        (
            replugged("J2", "SENDERS_HIGH", "SENDERS_LOW", "BEAM_B", "BEAM_A", "GND", "3V3"),
            "J2-3 carries",
        ),
        (replugged("J3", "3V3", "LID_A", "LID_B", "DOOR"), "J3 carries DOOR"),
        (rewired("W9", wires=(("red", "E-"),)), "W9: B1-red is CELL_E+"),
        (dataclasses.replace(HARNESS, rails={**HARNESS.rails, "GND": "red"}), "W1 has two red"),
        (
            dataclasses.replace(HARNESS, board={**HARNESS.board, "JP1": ("jumper", ("5V",))}),
            "GATE_CLOCK_OUT is not at JP1.",
        ),
        (
            dataclasses.replace(
                HARNESS, board={**HARNESS.board, "R99": ("1k", ("NOWHERE", "GND"))}
            ),
            "NOWHERE ends at R99 alone.",
        ),
    ],
)
def test_a_wire_that_breaks_a_rule_is_named(wired, sentence):
    assert any(found.startswith(sentence) for found in wiring.broken_rules(wired, NETS))


def test_a_signal_moved_in_the_map_alone_is_named():
    moved = nets("BUZZER", connector="J6-2")
    assert "J6-2 carries GND, but the pin map says BUZZER_LOW." in wiring.broken_rules(
        HARNESS, moved
    )


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (nets("LIGHTS", classic_gpio=12), "LIGHTS: GPIO12 is a strapping pin"),
        (nets("LIGHTS", classic_gpio=6), "LIGHTS: GPIO6 is not led out"),
        (nets("LIGHTS", classic_gpio=16), "LIGHTS: GPIO16 belongs to the PSRAM"),
        (nets("LIGHTS", classic_gpio=3), "LIGHTS: GPIO3 is kept for the USB"),
        (nets("LIGHTS", classic_gpio=34), "LIGHTS: GPIO34 is an input only"),
        (nets("LIGHTS", classic_gpio=18), "GPIO18 is given to"),
        (nets("LIGHTS", classic_gpio=None), "LIGHTS has no pin"),
        (nets("BATTERY_ADC", classic_gpio=27), "BATTERY_ADC: GPIO27 is not on ADC1"),
        (nets("LID_A", classic_gpio=23), "LID_A: GPIO23 cannot wake"),
        (nets("BEAM_A", classic_gpio=33), "BEAM_A: GPIO33 is not in the first register"),
        (nets("GATE_CLOCK_IN", function="level"), "GATE_CLOCK_IN: GPIO27 must stay"),
    ],
)
def test_a_classic_pin_that_breaks_a_rule_is_named(changed, sentence):
    assert pins_classic.broken_rules(NETS) == []
    assert any(found.startswith(sentence) for found in pins_classic.broken_rules(changed))


def test_the_classic_pins_are_rendered_as_the_map_says():
    found = {}
    exec(pins_classic.render(NETS), found)
    wanted = {n.signal: n.classic_gpio for n in NETS if n.classic_gpio is not None}
    assert {name: found[name] for name in found if name.isupper()} == wanted


def test_the_commands_write_refuse_and_print(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(harness, "TARGET", tmp_path / "harness.yml")
    manual = tmp_path / "README.md"
    manual.write_text(f"before\n{harness.BEGIN}\nold\n{harness.END}\nafter\n")
    monkeypatch.setattr(harness, "MANUAL", manual)
    guide = tmp_path / "panduan.md"
    guide.write_text(f"{harness.PARTS_BEGIN}\n{harness.PARTS_END}\n")
    monkeypatch.setattr(harness, "GUIDE", guide)
    assert harness.main(["--write"]) == 0
    assert "| BEAM_A | 4 | 25 |" in manual.read_text()
    assert "| Q1 | S8050 | E: GND | B: " in guide.read_text()
    assert "| R3 | 68k | J1-4 | GPIO2 |" in guide.read_text()
    assert manual.read_text().startswith("before\n")
    assert manual.read_text().endswith("after\n")
    assert harness.main(["--check"]) == 0
    manual.write_text(manual.read_text().replace("| BEAM_A | 4 |", "| BEAM_A | 5 |"))
    assert harness.main(["--check"]) == 1
    assert harness.main([]) == 0
    assert "connectors:" in capsys.readouterr().out
    monkeypatch.setattr(pinmap, "load", lambda: nets("BUZZER", gpio=19))
    assert harness.main(["--write"]) == 1


def test_a_harness_that_cannot_be_drawn_is_told(tmp_path):
    """The build draws ours, and its test looks for every cable in the picture."""
    program("dot", "apt-get install graphviz")
    source = tmp_path / "harness.yml"
    source.write_text("connectors: {A: {pincount: 1}}\nconnections: [[{A: [1]}, {W9: [1]}]]\n")
    assert "WireViz failed" in str(harness.draw(source, tmp_path))


def test_without_graphviz_the_picture_is_skipped_with_its_reason(monkeypatch, tmp_path):
    monkeypatch.setattr(harness.shutil, "which", lambda name: None)
    assert "graphviz's dot is missing" in str(harness.draw(tmp_path / "x.yml", tmp_path))


def test_every_cable_reaches_and_a_short_or_placeless_one_is_found():
    sizes = Sizes()
    solids = assembly.assemble(sizes)
    assert reach.check_reach(solids, HARNESS, sizes) == []
    ways = reach.ways_mm(solids, HARNESS, sizes)
    assert ways["W9"] > 500  # up the duct and across the bay
    for name, way_mm in ways.items():
        short = rewired(name, length_mm=int(way_mm) + reach.SPARE_MM - 1)
        (fault,) = reach.check_reach(solids, short, sizes)
        assert fault.startswith(f"{name} has ")
    lost = [solid for solid in solids if solid.name != "charger"]
    assert any("W1: where U4 lies" in one for one in reach.check_reach(lost, HARNESS, sizes))
    assert set(ways) == {cable.name for cable in HARNESS.cables}
    blind = [solid for solid in solids if solid.name not in ("screen", "speaker")]
    assert reach.check_reach(blind, HARNESS, sizes) == [
        "W14: where U7 lies in the box is not known.",
        "W15: where LS1 lies in the box is not known.",
    ]


PAINT = {  # as WireViz paints them
    "red": (255, 0, 0),
    "brown": (137, 89, 86),
    "blue": (0, 102, 255),
    "violet": (128, 0, 255),
    "green": (0, 255, 0),
    "yellow": (255, 255, 0),
    "orange": (255, 128, 0),
    "grey": (153, 153, 153),
}


def lost_colours(picture):
    """Return the colours of wires that a picture does not show."""
    seen = numpy.unique(numpy.asarray(picture.convert("RGB")).reshape(-1, 3), axis=0).astype(int)
    return [name for name, rgb in PAINT.items() if abs(seen - rgb).sum(1).min() > 40]


def test_the_picture_of_the_harness_shows_wires_in_their_colours_and_can_be_read():
    """It was once 760 dots wide and of 20 colours: blue and violet wires were grey."""
    committed = Image.open(ROOT / "hardware" / "pictures" / "harness.png")
    assert committed.size[0] >= 1600
    assert lost_colours(committed) == []
    few = committed.convert("RGB").quantize(20, dither=Image.Dither.NONE)
    assert {"blue", "violet"} <= set(lost_colours(few))
    used = {net.wire for net in NETS} | {*HARNESS.rails.values(), *HARNESS.fed.values()}
    assert used - {"none", "black", "white"} == set(PAINT)
