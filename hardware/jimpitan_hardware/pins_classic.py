"""The second column of the pin map: the classic ESP32, by its own rules.

ESP32 datasheet: strapping 0, 2, 5, 12, 15; flash 6-11; PSRAM of the WROVER 16, 17; 34-39 are
inputs only and have no pull resistors; ADC1 is 32-39; the USB bridge talks on 1 and 3.
"""

from collections.abc import Sequence

from jimpitan_hardware.pinmap import CLOCK_LOOP, Net

PINS = frozenset({*range(6), *range(12, 20), 21, 22, 23, 25, 26, 27, *range(32, 37), 39})
STRAPPING = frozenset({0, 2, 5, 12, 15})
PSRAM = frozenset({16, 17})
BENCH = frozenset({1, 3})
INPUT_ONLY = frozenset({34, 35, 36, 39})
ADC1 = frozenset({32, 33, 34, 35, 36, 39})
RTC = frozenset({0, 2, 4, 12, 13, 14, 15, 25, 26, 27, 32, 33, 34, 35, 36, 39})
FIRST_REGISTER = frozenset(range(32))
MAY_BE_MISSING = ("SPEAKER_CLOCK", "SPEAKER_FRAME", "SPEAKER_DATA")  # the speaker is optional


def broken_rules(nets: Sequence[Net]) -> list[str]:
    """Return a sentence for each thing that is wrong with the classic ESP32's column."""
    wrong = []
    taken: dict[int, str] = {}
    for net in nets:
        pin = net.classic_gpio
        if pin is None:
            if net.signal not in MAY_BE_MISSING:
                wrong.append(f"{net.signal} has no pin on the classic ESP32.")
            continue
        if pin in taken:
            wrong.append(f"GPIO{pin} is given to {taken[pin]} and to {net.signal}.")
        taken[pin] = net.signal
        wrong += [f"{net.signal}: GPIO{pin} {fault}." for fault in _faults(net, pin)]
    return wrong


def _faults(net: Net, pin: int) -> list[str]:
    tests = [
        (pin not in PINS, "is not led out, or belongs to the flash"),
        (pin in STRAPPING, "is a strapping pin, read at reset"),
        (pin in PSRAM, "belongs to the PSRAM of a WROVER"),
        (pin in BENCH, "is kept for the USB bridge"),
        (net.direction != "in" and pin in INPUT_ONLY, "is an input only"),
        (net.function == "adc" and pin not in ADC1, "is not on ADC1"),
        (net.function == "wake" and pin not in RTC, "cannot wake the box"),
        (net.function == "beam" and pin not in FIRST_REGISTER, "is not in the first register"),
        (net.signal in CLOCK_LOOP and net.function != "clock loop", "must stay in the clock loop"),
    ]
    return [sentence for is_wrong, sentence in tests if is_wrong]


def render(nets: Sequence[Net]) -> str:
    """Return the text of a `pins.py` for the classic ESP32."""
    lines = [
        '"""The pins of the second board, classic ESP32. Unverified on hardware.',
        "",
        "Generated from hardware/wiring/pinmap.json. The firmware does not run on it yet.",
        '"""',
        "",
        *(
            f"{net.signal} = {net.classic_gpio}  # {net.note}"
            for net in nets
            if net.classic_gpio is not None
        ),
    ]
    return "\n".join(lines) + "\n"
