"""The one pin map: reads `wiring/pinmap.json`, checks it, renders the firmware's `pins.py`.

`python -m jimpitan_hardware.pinmap` prints the rendered file; `--write` puts it in its place;
`--check` says whether the committed file is the rendered one. A broken rule ends each of them
with a sentence and exit code 1.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

HARDWARE = Path(__file__).resolve().parent.parent
SOURCE = HARDWARE / "wiring" / "pinmap.json"
TARGET = HARDWARE.parent / "firmware" / "board" / "jimpitan_board" / "pins.py"

# ESP32-S3 datasheet: pin definitions, strapping pins, ADC1 and RTC channels. The flash takes
# 26-32; the octal PSRAM of the N8R8 and N16R8 modules takes 33-37 as well.
PINS = frozenset(range(22)) | frozenset(range(26, 49))
STRAPPING = frozenset({0, 3, 45, 46})
FLASH_AND_PSRAM = frozenset(range(26, 38))
USB = frozenset({19, 20})
ADC1 = frozenset(range(1, 11))
RTC = frozenset(range(22))
FIRST_REGISTER = frozenset(range(32))  # one read of GPIO_IN shows these
DIRECTIONS = ("in", "out", "both")
FUNCTIONS = (
    *("adc", "beam", "clock loop", "i2c", "i2s", "level"),
    *("pixels", "pwm", "serial", "wake"),
)
WAKE_SIGNALS = ("LID_A", "LID_B", "MOTION_WAKE")
CLOCK_LOOP = {"GATE_CLOCK_OUT": "out", "GATE_CLOCK_IN": "in"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Net:
    """One wire between the module and a part of the box."""

    signal: str
    gpio: int
    classic_gpio: int | None  # on the classic ESP32; None where it has no pin left
    direction: str
    function: str
    connector: str
    wire: str
    note: str


def load(source: Path = SOURCE) -> tuple[Net, ...]:
    """Return the nets in the order of their pins."""
    content = json.loads(source.read_text(encoding="utf-8"))
    return tuple(sorted((Net(**net) for net in content["nets"]), key=lambda net: net.gpio))


def check_words(nets: Sequence[Net]) -> list[str]:
    """A signal is an upper-case name given once; direction and function are known words."""
    wrong = []
    for net in nets:
        if not (net.signal.isidentifier() and net.signal == net.signal.upper()):
            wrong.append(f"{net.signal!r} is not an upper-case name.")
        if sum(other.signal == net.signal for other in nets) > 1:
            wrong.append(f"{net.signal} stands twice in the map.")
        if net.direction not in DIRECTIONS:
            wrong.append(f"{net.signal}: direction {net.direction!r} is not known.")
        if net.function not in FUNCTIONS:
            wrong.append(f"{net.signal}: function {net.function!r} is not known.")
    return wrong


def check_once(nets: Sequence[Net]) -> list[str]:
    """No GPIO carries two signals."""
    return [
        f"GPIO{net.gpio} is given to {net.signal} and to {other.signal}."
        for index, net in enumerate(nets)
        for other in nets[index + 1 :]
        if net.gpio == other.gpio
    ]


def check_exists(nets: Sequence[Net]) -> list[str]:
    """The module has every pin of the map."""
    return [f"{net.signal}: there is no GPIO{net.gpio}." for net in nets if net.gpio not in PINS]


def check_strapping(nets: Sequence[Net]) -> list[str]:
    """A wire on a strapping pin may keep the chip from starting."""
    return _outside(nets, STRAPPING, "is a strapping pin, read at reset")


def check_flash(nets: Sequence[Net]) -> list[str]:
    """Flash and PSRAM keep their pins."""
    return _outside(nets, FLASH_AND_PSRAM, "belongs to flash or PSRAM")


def check_usb(nets: Sequence[Net]) -> list[str]:
    """The bench reaches a box over USB."""
    return _outside(nets, USB, "is kept for USB, the bench's way in")


def check_adc(nets: Sequence[Net]) -> list[str]:
    """Analogue inputs stand on ADC1, because ADC2 is shared with Wi-Fi."""
    return _within(nets, "adc", ADC1, "is not on ADC1 (GPIO1-10), and ADC2 is shared with Wi-Fi")


def check_wake(nets: Sequence[Net]) -> list[str]:
    """What wakes a sleeping box stands on RTC pins, and the lid and motion do wake it."""
    wrong = _within(nets, "wake", RTC, "cannot wake the box: it is no RTC pin (GPIO0-21)")
    return wrong + [
        f"{net.signal} must wake the box, but its function is {net.function!r}."
        for net in nets
        if net.signal in WAKE_SIGNALS and net.function != "wake"
    ]


def check_beams(nets: Sequence[Net]) -> list[str]:
    """Both beams are seen by one read of the first input register."""
    sentence = "is not in the first input register (GPIO0-31), which the edge loop reads"
    return _within(nets, "beam", FIRST_REGISTER, sentence)


def check_clock_loop(nets: Sequence[Net]) -> list[str]:
    """The jumper that loops the gate clock back to the pulse counters is reserved."""
    there = {net.signal: net.direction for net in nets if net.function == "clock loop"}
    if there == CLOCK_LOOP:
        return []
    return ["The jumper of the gate clock (GATE_CLOCK_OUT to GATE_CLOCK_IN) is not reserved."]


def _outside(nets: Sequence[Net], pins: frozenset[int], sentence: str) -> list[str]:
    return [f"{net.signal}: GPIO{net.gpio} {sentence}." for net in nets if net.gpio in pins]


def _within(nets: Sequence[Net], function: str, pins: frozenset[int], sentence: str) -> list[str]:
    return [
        f"{net.signal}: GPIO{net.gpio} {sentence}."
        for net in nets
        if net.function == function and net.gpio not in pins
    ]


RULES: tuple[Callable[[Sequence[Net]], list[str]], ...] = (
    check_words,
    check_once,
    check_exists,
    check_strapping,
    check_flash,
    check_usb,
    check_adc,
    check_wake,
    check_beams,
    check_clock_loop,
)


def broken_rules(nets: Sequence[Net]) -> list[str]:
    """Return a sentence for each thing that is wrong with the map."""
    return [sentence for rule in RULES for sentence in rule(nets)]


def render(nets: Sequence[Net]) -> str:
    """Return the text of the firmware's `pins.py`."""
    lines = [
        '"""The pins of the reference board, ESP32-S3-WROOM-1. Unverified on hardware.',
        "",
        "Generated from hardware/wiring/pinmap.json: change it there, then run",
        "`python -m jimpitan_hardware.pinmap --write`, which also holds the rules it keeps.",
        '"""',
        "",
        *(f"{net.signal} = {net.gpio}  # {net.note}" for net in nets),
    ]
    return "\n".join(lines) + "\n"


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(description="The pin map of the box.")
    parser.add_argument("--write", action="store_true", help="put pins.py in its place")
    parser.add_argument("--check", action="store_true", help="compare with the committed pins.py")
    asked = parser.parse_args(words)
    nets = load()
    if wrong := broken_rules(nets):
        sys.stderr.write("\n".join(wrong) + "\n")
        return 1
    text = render(nets)
    if asked.write:
        TARGET.write_text(text, encoding="utf-8")
    elif asked.check:
        if TARGET.read_text(encoding="utf-8") != text:
            sys.stderr.write("pins.py is not what the pin map says: run it with --write.\n")
            return 1
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
