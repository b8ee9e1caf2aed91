"""How long a beam was broken, counted by hardware: a clock that runs only while it is.

The pulse counter counts a 20 kHz clock, looped back over a jumper, while the beam's pin is
high; no stall of the interpreter can touch it. Behaviour of `esp32.PCNT`: MicroPython 1.29
docs, library/esp32, and ports/esp32/esp32_pcnt.c of its development branch, which refuses a
`min` of 0; that one looped clock feeds both counters is unverified on hardware.
"""

import esp32
import machine

from jimpitan_board.ticks import passed

CLOCK_HZ = 20_000
TICK_US = 1_000_000 // CLOCK_HZ
COUNT_MAX = 30_000  # the counter starts again here: 1.5 s, more than the edge loop looks back


class Gate:
    """The broken time of one beam since it was last asked for."""

    def __init__(self, counter: "esp32.PCNT") -> None:
        self._counter = counter
        self._last = 0

    def take_us(self) -> int:
        """Return the microseconds for which the beam was broken since the last call."""
        count = self._counter.value()
        ticks = (count - self._last) % COUNT_MAX
        self._last = count
        return ticks * TICK_US


def make_gates(
    clock_out: "machine.Pin", clock_in: "machine.Pin", beams: "tuple[machine.Pin, ...]"
) -> "tuple[Gate, ...]":
    """Start the clock and a counter a beam; return nothing where the port has no counters.

    Do this before any interrupt is set on a beam: the counter takes its pins with a pull-up and
    without an interrupt (ESP-IDF, pcnt_new_channel; unverified on hardware).
    """
    if not hasattr(esp32, "PCNT"):
        return ()
    machine.PWM(clock_out, freq=CLOCK_HZ, duty_u16=1 << 15)
    gates = []
    for unit, beam in enumerate(beams):
        counter = esp32.PCNT(
            unit,
            pin=clock_in,
            rising=esp32.PCNT.INCREMENT,
            mode_pin=beam,
            mode_low=esp32.PCNT.HOLD,
            mode_high=esp32.PCNT.NORMAL,
            max=COUNT_MAX,
        )
        counter.start()
        gates.append(Gate(counter))
    return tuple(gates)


def lead_us(trail_us: int, dwell_us: int, stamped_us: int, late_us_max: int) -> "int | None":
    """Return when a beam broke: the exact end less the counted time; None when that is no time.

    The stamp came by a scheduled interrupt, so the truth lies before it and not long before.
    """
    lead = (trail_us - dwell_us) & 0x3FFF_FFFF
    late_us = passed(stamped_us, lead)
    if late_us < -TICK_US or late_us > late_us_max:
        return None
    return lead if late_us >= 0 else stamped_us
