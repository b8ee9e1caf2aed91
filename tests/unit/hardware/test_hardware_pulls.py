"""Plain resistors: every value that a chip or the battery cannot live with is named."""

import ast
import dataclasses
import inspect
import re

import pytest
from jimpitan_hardware import electrics, pulls, wiring

HARNESS = wiring.load()


def faults(name, value):
    """Return what is wrong with another value at a place; None takes the part away."""
    board = dict(HARNESS.board)
    nets = board.pop(name)[1]
    if value is not None:
        board[name] = (value, nets)
    return pulls.pulls(dataclasses.replace(HARNESS, board=board)).faults


def test_the_values_of_the_wiring_are_within_their_bounds():
    assert pulls.pulls(HARNESS).faults == []
    parts = electrics.PARTS_OF_FIRMWARE.read_text(encoding="utf-8")
    assert "BUS_HZ = 400_000" in parts  # for which the rise is reckoned


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("R1", "1k", "BATTERY to BATTERY_ADC has 1000 ohm, not 42500 to 220000"),
        ("R5", "1k", "LID_A to GND has 1000 ohm"),
        ("R6", "100k", "LID_B to GND has 100000 ohm"),
        ("R7", "330", "BUS_DATA to 3V3 has 330 ohm"),
        ("R8", "10k", "BUS_CLOCK to 3V3 has 10000 ohm"),
        ("R9", "100", "BEAM_A to 3V3 has 100 ohm"),
        ("R10", "68k", "BEAM_B to 3V3 has 68000 ohm"),
        ("R10", None, "No single resistor joins BEAM_B and 3V3."),
        ("R11", "68k", "LIGHTS_5V to LIGHTS_OUT has 68000 ohm"),
        ("R11", "100", "LIGHTS_5V to LIGHTS_OUT has 100 ohm, not 204 to 909"),
        ("C2", "470u 10V", "BATTERY_ADC has no capacitor of 100n"),
    ],
)
def test_a_resistor_that_a_chip_cannot_live_with_is_named(name, value, sentence):
    assert any(sentence in fault for fault in faults(name, value)), faults(name, value)


def test_no_resistor_of_the_board_is_left_unreckoned():
    """Take each away: a circuit or a bound must miss it."""
    for name in (one for one in HARNESS.board if one.startswith("R")):
        board = {other: part for other, part in HARNESS.board.items() if other != name}
        broken = dataclasses.replace(HARNESS, board=board)
        circuits = [*electrics.reckon(broken), pulls.pulls(broken)]
        assert any(one.faults for one in circuits), name


SOURCED = re.compile(
    r"datasheet|\bbound\b|estimated|unsure|USB 2\.0|UM10204|of the firmware|Semiconductor|HCT125"
)


def unsourced(text):
    """Return the limits of a module whose comment names neither source nor that it is ours."""
    lines = text.splitlines()
    found = []
    for one in ast.parse(text).body:
        if not isinstance(one, ast.Assign) or not re.search(r"\d", ast.unparse(one.value)):
            continue
        said = lines[one.lineno - 1].partition("#")[2]
        above = lines[: one.lineno - 1]
        while not said and above and above[-1] and not above[-1].startswith("#"):
            above.pop()  # another limit of the same block
        if not said:
            while above and above[-1].startswith("#"):
                said = above.pop() + said
        if not SOURCED.search(said):
            found.append(ast.unparse(one.targets[0]).strip("()"))
    return found


def test_every_limit_says_where_it_was_read_or_that_it_is_ours():
    ours = {"TOLERANCE", "HOLD", "FIRMWARE", "CHARGER"}  # of bill and board, a folder, a name
    for module in (electrics, pulls):
        assert set(unsourced(inspect.getsource(module))) <= ours
    assert unsourced("A = 3.0\n") == ["A"]
    assert unsourced("# from memory\nA, B = 3.0, 4.0\n") == ["A, B"]
    assert unsourced("# WS2812B datasheet\nA, B = 3.0, 4.0\nC = 1.0  # bound: ours\n") == []
