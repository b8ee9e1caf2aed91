"""Whether the plain resistors of the wiring have values that chips and battery can live with.

Each bound is a current or a time of a datasheet, turned into ohms. As in `electrics.py`, a
resistor is found by the nets it joins. Nothing here has been measured on a box.
"""

from dataclasses import dataclass

from jimpitan_hardware.electrics import LOGIC_V, Reckoned, resistor
from jimpitan_hardware.wiring import Harness

# Each limit stands with where it was read; "bound" is one that we set ourselves.
# NXP UM10204 (I2C), tables 9 and 10: an output sinks 3 mA at 0.4 V; 0.3 us of rise at 400 kHz,
# from 0.3 to 0.7 of the supply: 0.8473 RC.
BUS_MA, BUS_LOW_V, BUS_RISE_S, RISE_SHARE = 3.0, 0.4, 0.3e-6, 0.8473
BUS_F = 50e-12  # estimated: UM10204 gives a pin 10 pF; three chips and 0.6 m of loose wire
MODULES_PULL_OHM, MODULES_MAX = 10_000.0, 3  # estimated: what bought modules bring along
# Vishay TSSP4 class: output low is specified at 0.5 mA in the datasheets of the family; not read
# in that of the TSSP4056 itself: unsure.
RECEIVER_MA = 0.5
RECEIVER_OHM_MAX = 47_000.0  # bound: a cut wire (50 pF, estimated) reads as broken within 10 us
LID_MA, LID_OHM_MAX = 1.0, 22_000.0  # bound: while a lid is open; half of the pull of 45 k
# WS2812B datasheet: 15 pF of input, times of a bit to 150 ns; 0.4 m of wire is estimated 60 pF.
PIXEL_S, PIXEL_F, RISE_10_90 = 0.15e-6, 75e-12, 2.2
PIXEL_V, BUFFER_MA_MAX = 5.1, 25.0  # SN74AHCT125: an output bears 25 mA, the HCT125 35
DIVIDER_UA_MAX = 50.0  # bound: 1.2 Ah in a thousand days
DIVIDER_OHM_MAX = 220_000.0  # ESP32 datasheet, table 13: an input leaks 50 nA at most, 6 mV
BATTERY_V = 4.25  # bound: of a full cell, 4.2 V and 1 % (TP4056 class of charger)
HOLD = "100n"  # beside the battery's divider: it holds the voltage while the ADC samples


@dataclass(frozen=True, slots=True)
class Bound:
    """The least and the most ohms between two nets, and why."""

    one: str
    other: str
    ohm_min: float
    ohm_max: float
    why: str


def _bus_ohm() -> tuple[float, float]:
    """Return the bounds of a bus pull-up: least with every module's beside it, most with none."""
    least = (LOGIC_V[1] - BUS_LOW_V) / BUS_MA * 1000
    alone = 1 / (1 / least - MODULES_MAX / MODULES_PULL_OHM)
    return alone, BUS_RISE_S / (RISE_SHARE * BUS_F)


def bounds() -> tuple[Bound, ...]:
    """Return the bounds of every plain resistor that no circuit of `electrics.py` reckons."""
    receiver = LOGIC_V[1] / RECEIVER_MA * 1000
    lid = LOGIC_V[1] / LID_MA * 1000
    divider = BATTERY_V / DIVIDER_UA_MAX * 1e6 / 2
    bus = "the bus sinks 3 mA and rises within 0.3 us"
    battery = "the divider must neither empty the battery nor starve the ADC"
    return (
        Bound("BUS_DATA", "3V3", *_bus_ohm(), bus),
        Bound("BUS_CLOCK", "3V3", *_bus_ohm(), bus),
        Bound("BEAM_A", "3V3", receiver, RECEIVER_OHM_MAX, "a receiver sinks 0.5 mA"),
        Bound("BEAM_B", "3V3", receiver, RECEIVER_OHM_MAX, "a receiver sinks 0.5 mA"),
        Bound("LID_A", "GND", lid, LID_OHM_MAX, "an open lid takes 1 mA at most"),
        Bound("LID_B", "GND", lid, LID_OHM_MAX, "an open lid takes 1 mA at most"),
        Bound(
            "LIGHTS_5V",
            "LIGHTS_OUT",
            PIXEL_V / BUFFER_MA_MAX * 1000,
            PIXEL_S / (RISE_10_90 * PIXEL_F),
            "the lights' edges must stay steep, and a shorted wire bearable",
        ),
        Bound("BATTERY", "BATTERY_ADC", divider, DIVIDER_OHM_MAX, battery),
    )


def pulls(harness: Harness) -> Reckoned:
    """Every plain resistor is there once and within its bounds; the ADC has its capacitor."""
    wrong = []
    for bound in bounds():
        value = resistor(harness, bound.one, bound.other)
        if value is None:
            wrong.append(f"No single resistor joins {bound.one} and {bound.other}.")
        elif not bound.ohm_min <= value <= bound.ohm_max:
            wrong.append(
                f"{bound.one} to {bound.other} has {value:.0f} ohm, not {bound.ohm_min:.0f} to "
                f"{bound.ohm_max:.0f}: {bound.why}."
            )
    if not any(
        value == HOLD and set(nets) == {"BATTERY_ADC", "GND"}
        for value, nets in harness.board.values()
    ):
        wrong.append(f"BATTERY_ADC has no capacitor of {HOLD} to GND.")
    return Reckoned(f"pulls: {len(bounds())} plain resistors within their bounds", wrong)
