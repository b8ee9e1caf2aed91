"""The pin map: rendered as committed, used in both directions, and every rule can fail."""

import ast
import dataclasses

import pytest
from components import ROOT
from jimpitan_hardware import pinmap

NETS = pinmap.load()
BOARD = ROOT / "firmware" / "board"


def changed(signal, /, **values):
    """Return the map with one net changed."""
    assert any(net.signal == signal for net in NETS)
    return [dataclasses.replace(n, **values) if n.signal == signal else n for n in NETS]


def pins_used():
    """Return every name that board code takes from `pins`."""
    used = set()
    for file in BOARD.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                used |= {node.attr} if node.value.id == "pins" else set()
            if isinstance(node, ast.ImportFrom) and str(node.module).endswith("pins"):
                raise AssertionError(f"{file.name} imports names from pins: say pins.NAME")
    return used


def test_the_committed_pins_are_the_rendered_ones():
    assert pinmap.TARGET.read_text(encoding="utf-8") == pinmap.render(NETS)
    assert pinmap.main(["--check"]) == 0


def test_the_rendered_file_says_what_the_map_says():
    found = {}
    exec(pinmap.render(NETS), found)
    assert {n: found[n] for n in found if n.isupper()} == {net.signal: net.gpio for net in NETS}
    assert max(len(line) for line in pinmap.render(NETS).splitlines()) <= 99


def test_every_pin_used_is_in_the_map_and_every_pin_of_the_map_is_used():
    assert pins_used() == {net.signal for net in NETS}


def test_no_board_code_names_a_gpio_by_number():
    numbered = []
    for file in BOARD.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            is_pin = isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "Pin"
            if is_pin and node.args and isinstance(node.args[0], ast.Constant):
                numbered.append(f"{file.name}:{node.lineno}")
    assert numbered == []


def test_the_committed_map_keeps_every_rule():
    assert pinmap.broken_rules(NETS) == []


@pytest.mark.parametrize(
    ("nets", "sentence"),
    [
        (changed("LID_A", gpio=0), "LID_A: GPIO0 is a strapping pin"),
        (changed("BUZZER", gpio=46), "BUZZER: GPIO46 is a strapping pin"),
        (changed("BUZZER", gpio=26), "BUZZER: GPIO26 belongs to flash or PSRAM"),
        (changed("BUZZER", gpio=37), "BUZZER: GPIO37 belongs to flash or PSRAM"),
        (changed("BUZZER", gpio=19), "BUZZER: GPIO19 is kept for USB"),
        (changed("BUZZER", gpio=20), "BUZZER: GPIO20 is kept for USB"),
        (changed("BUZZER", gpio=23), "BUZZER: there is no GPIO23"),
        (changed("BUZZER", gpio=49), "BUZZER: there is no GPIO49"),
        (changed("BUZZER", gpio=18), "GPIO18 is given to LIGHTS and to BUZZER"),
        (changed("BATTERY_ADC", gpio=11), "BATTERY_ADC: GPIO11 is not on ADC1"),
        (changed("LID_A", gpio=38), "LID_A: GPIO38 cannot wake the box"),
        (changed("LID_B", function="level"), "LID_B must wake the box"),
        (changed("MOTION_WAKE", gpio=47), "MOTION_WAKE: GPIO47 cannot wake the box"),
        (changed("BEAM_B", gpio=41), "BEAM_B: GPIO41 is not in the first input register"),
        (changed("GATE_CLOCK_IN", function="level"), "The jumper of the gate clock"),
        ([n for n in NETS if n.signal != "GATE_CLOCK_OUT"], "The jumper of the gate clock"),
        (changed("BUZZER", signal="LIGHTS"), "LIGHTS stands twice"),
        (changed("BUZZER", signal="buzzer"), "'buzzer' is not an upper-case name"),
        (changed("BUZZER", direction="up"), "BUZZER: direction 'up' is not known"),
        (changed("BUZZER", function="noise"), "BUZZER: function 'noise' is not known"),
    ],
)
def test_each_rule_says_a_sentence_when_it_is_broken(nets, sentence):
    assert any(found.startswith(sentence) for found in pinmap.broken_rules(nets))


def test_a_broken_map_is_neither_shown_nor_written(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(pinmap, "load", lambda: changed("BUZZER", gpio=19))
    monkeypatch.setattr(pinmap, "TARGET", tmp_path / "pins.py")
    assert pinmap.main(["--write"]) == 1
    assert "kept for USB" in capsys.readouterr().err
    assert not (tmp_path / "pins.py").exists()


def test_the_command_prints_writes_and_compares(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(pinmap, "TARGET", tmp_path / "pins.py")
    assert pinmap.main([]) == 0
    assert capsys.readouterr().out == pinmap.render(NETS)
    assert pinmap.main(["--write"]) == 0
    assert pinmap.main(["--check"]) == 0
    (tmp_path / "pins.py").write_text("BEAM_A = 9\n")
    assert pinmap.main(["--check"]) == 1
    assert "--write" in capsys.readouterr().err
