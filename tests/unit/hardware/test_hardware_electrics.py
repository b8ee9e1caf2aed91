"""What the small circuits do: levels, currents, entry; each sentence with its broken circuit."""

import dataclasses

import pytest
from jimpitan_hardware import circuits, electrics, wiring

HARNESS = wiring.load()


def board(**parts):
    """Return the harness with other small parts; None takes one away."""
    kept = {**HARNESS.board, **parts}
    return dataclasses.replace(HARNESS, board={n: one for n, one in kept.items() if one})


def valued(name, value):
    """Return the harness with another value at a place."""
    return board(**{name: (value, HARNESS.board[name][1])})


def found(harness, pull="none"):
    """Return every fault of every circuit."""
    return [f for one in electrics.reckon(harness, mains_pull=pull) for f in one.faults]


def test_every_circuit_does_what_it_must_with_the_firmwares_pull():
    assert electrics.pull_of("MAINS_PRESENT") == "none"
    assert [fault for one in electrics.reckon(HARNESS) for fault in one.faults] == []
    words = [one.words for one in electrics.reckon(HARNESS)]
    assert words[0] == "mains: 2.60 to 3.15 V at its input, pull none"
    assert "8.2 to 13.2 mA at the peak" in words[2]


def test_the_divider_and_pull_of_before_are_found():
    """A pull of 45 k under 100 k over 100 k: such a box believed that it is always on battery."""
    level = electrics.mains_level_v(upper_ohm=100_000, lower_ohm=100_000, pull="down", mains_v=5.0)
    assert level == pytest.approx(1.18, abs=0.01)
    (fault,) = found(valued("R3", "100k"), "down")
    assert fault.startswith("The input for mains has 1.0")
    (fault,) = found(valued("R3", "100k"))  # without the pull it is still not surely high
    assert "high begins at 2.55" in fault


@pytest.mark.parametrize(
    ("harness", "pull", "sentence"),
    [
        (valued("R3", "47k"), "none", "The input for mains has 3.59 V at 5.25 V, over 3.30."),
        (HARNESS, "up", "V without mains."),
        (board(R4=None), "none", "MAINS_PRESENT has no divider"),
        (valued("R1", "68k"), "none", "not two equal resistors"),
        (valued("R14", "47"), "none", "The LEDs get 38."),
        (valued("R14", "1k"), "none", "The LEDs get 1.8 to 2.9 mA"),
        (board(R14=None), "none", "The LEDs have no resistor"),
        (valued("R12", "100"), "none", "BEAM_CARRIER: its GPIO would give 26.5 mA."),
        (valued("R12", "4k7"), "none", "The LEDs' transistor does not shut through"),
        (valued("R16", "100k"), "none", "BUZZER: the pull of a reset leaves 2.33 V"),
        (board(Q2=("S8050", ("BUZZER_LOW", "BUZZER_BASE", "GND"))), "none", "BUZZER has no"),
        (board(R17=None), "none", "The piezo has no resistor"),
        (valued("R17", "47"), "none", "The piezo's transistor does not shut through"),
        (board(D2=None), "none", "The lights take 3.57 V for high, and get 3.2."),
        (board(D2=("1N4001", ("5V", "LIGHTS_SUPPLY"))), "none", "The lights take 3.57 V"),
    ],
)
def test_a_circuit_that_does_not_do_it_is_named(harness, pull, sentence):
    assert any(sentence in fault for fault in found(harness, pull)), found(harness, pull)


def test_a_suppressor_behind_the_charger_turned_round_or_gone_is_found():
    def entered(part, **cable):
        cables = tuple(
            dataclasses.replace(one, **cable) if one.name == "W16" else one
            for one in HARNESS.cables
        )
        parts = {k: v for k, v in {**HARNESS.parts, "D1": part}.items() if v}
        return electrics.entry(dataclasses.replace(HARNESS, parts=parts, cables=cables)).faults

    d1 = HARNESS.parts["D1"]
    behind = dataclasses.replace(d1, nets_by_pin={"ring": "5V", "plain": "GND"})
    assert entered(behind) == ["D1 is not between MAINS and GND, its ring at MAINS."]
    turned = dataclasses.replace(d1, nets_by_pin={"ring": "GND", "plain": "MAINS"})
    assert entered(turned) == ["D1 is not between MAINS and GND, its ring at MAINS."]
    assert entered(d1, end="J1") == ["D1 is not where the cable from outside ends."]
    assert "No suppressor diode" in entered(None)[0]


def test_the_pull_is_read_from_the_firmware_however_it_is_written(tmp_path):
    source = tmp_path / "parts.py"
    source.write_text("a = Pin(pins.MAINS_PRESENT, Pin.IN, Pin.PULL_DOWN)\n")
    assert electrics.pull_of("MAINS_PRESENT", source) == "down"
    source.write_text(
        "def _up(n):\n    return Pin(n, PULL_UP)\na = B(c, _up(pins.MAINS_PRESENT))\n"
    )
    assert electrics.pull_of("MAINS_PRESENT", source) == "up"
    source.write_text("a = 1\n")
    with pytest.raises(ValueError, match="has no MAINS_PRESENT"):
        electrics.pull_of("MAINS_PRESENT", source)


def test_the_firmware_does_what_the_circuits_are_reckoned_for():
    text = {
        name: (electrics.FIRMWARE / f"{name}.py").read_text(encoding="utf-8")
        for name in ("parts", "battery", "lights")
    }
    assert "freq=CARRIER_HZ, duty_u16=1 << 15" in text["parts"]  # half of the time
    assert electrics.CARRIER_DUTY == 0.5
    assert "RATIO = 2 " in text["battery"]
    assert "BRIGHTNESS_MAX = 64 " in text["lights"]  # 60 mA, for which the diode's drop is taken


def test_the_acceptance_list_asks_for_what_is_reckoned_with():
    from components import ROOT

    paper = (ROOT / "hardware" / "uji-terima.md").read_text(encoding="utf-8")

    def said(low, high):
        return f"{low:g} sampai {high:g} V".replace(".", ",")

    assert f"5V {said(*electrics.RAIL_V)}; 3V3 {said(*electrics.LOGIC_V)}" in paper
    highest = electrics.RAIL_V[1] - electrics.DIODE_V[0]
    assert f"J6-1 4,0 sampai {highest:.1f} V".replace(".", ",") in paper
    series = electrics.resistor(HARNESS, "5V", "SENDERS_HIGH")
    mean = [ma / 1000 * electrics.CARRIER_DUTY * series for ma in (8.2, 13.2)]
    assert said(round(mean[0], 1), round(mean[1], 2)) in paper


@pytest.mark.parametrize(("value", "number"), [("330", 330), ("4k7", 4700), ("68k", 68_000)])
def test_a_value_is_read_as_it_is_printed(value, number):
    assert electrics.ohms(value) == number
    with pytest.raises(ValueError, match="no resistor"):
        electrics.ohms("470u 10V")


def test_a_drawing_that_says_what_is_not_wired_is_refused():
    circuits.picture(HARNESS)
    moved = board(R13=("4k7", ("BUZZER_BASE", "GND")), Q1=("S8050", ("5V", "B", "SENDERS_LOW")))
    with pytest.raises(circuits.WrongDrawing, match=r"share no net|is not at"):
        circuits.picture(moved)
    with pytest.raises(circuits.WrongDrawing, match="mains: R3 is not at MAINS"):
        circuits.picture(board(R3=("68k", ("5V", "MAINS_PRESENT"))))
