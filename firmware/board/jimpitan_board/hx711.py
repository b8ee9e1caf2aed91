"""HX711, the amplifier of the load cell: 24 bits clocked out by hand.

Figures are of the Avia Semiconductor datasheet, 'Serial Interface' and 'Reset and Power-Down':
PD_SCK high is at most 50 us in normal use, above 60 us the chip powers down; DOUT low means a
conversion is ready; 25, 26 or 27 pulses choose the next input and gain, and the last of them
brings DOUT back to high; after a reset the output has settled in 400 ms at 10 SPS.

Interrupts of this core are off while PD_SCK is high. What they cannot keep out (the other core
writing flash stops both) is measured: a read with a pulse above 50 us, one that takes so long
that the next conversion may have fallen into it, and one with DOUT low at its end is torn; it
is discarded and counted, and the chip settles again.
"""

import errno
import time

import machine

from jimpitan_board.ticks import passed, ticks_ms, ticks_us

MYPY = False
if MYPY:
    from typing import Callable

PULSES_BY_GAIN = {128: 25, 32: 26, 64: 27}  # 128 and 64 are channel A, 32 is channel B
PULSE_US_MAX = 50
READ_US_MAX = 5_000
POWER_DOWN_US = 70  # above the 60 us of the datasheet
SETTLE_MS = 400
READY_MS_MAX = 1_000  # 10 SPS and a settling, twice over: after this the chip is unplugged
FULL_SCALE = 1 << 23


class Hx711:
    """One HX711. `read` takes about 0.5 ms when a conversion is ready (estimate, unverified)."""

    def __init__(self, clock: "machine.Pin", out: "machine.Pin", gain: int = 128) -> None:
        """Take PD_SCK (an output) and DOUT (an input with pull-up, so that unplugged is high)."""
        self._clock = clock
        self._out = out
        self._pulses = PULSES_BY_GAIN[gain]
        self.torn = 0
        self.saturated = 0
        self.has_answered = False  # a chip is known to be there by its first conversion only
        self._is_on = True
        self._settled_ms = 0
        self._ready_ms = 0
        self._last = 0
        self.power_up()

    def power_up(self) -> None:
        """Reset the chip and let it settle; 70 us."""
        self.power_down()
        self._clock.value(0)
        self._settle()

    def power_down(self) -> None:
        """Hold PD_SCK high, which ends the bridge's current too; 70 us."""
        self._is_on = False
        self._clock.value(0)
        self._clock.value(1)
        time.sleep_us(POWER_DOWN_US)

    def choose(self, gain: int) -> None:
        """Set the gain and channel, which hold from the second read on."""
        self._pulses = PULSES_BY_GAIN[gain]
        self._settle()

    def _settle(self) -> None:
        now_ms = ticks_ms()
        self._is_on = True
        self._settled_ms = (now_ms + SETTLE_MS) & 0x3FFF_FFFF
        self._ready_ms = self._settled_ms
        self._is_first = True

    def read(self) -> "int | None":
        """Return one conversion, None when none is ready; OSError when none comes any more."""
        if not self._is_on:
            return None
        now_ms = ticks_ms()
        if self._out.value():
            if passed(now_ms, self._ready_ms) > READY_MS_MAX:
                self._ready_ms = now_ms
                raise OSError(errno.ETIMEDOUT)
            return None
        value, is_torn = self._clock_out()
        self._ready_ms = now_ms
        if is_torn:
            self.torn += 1
            self.power_up()
            return None
        if self._is_first:  # converted at the reset gain, or while settling: told to nobody
            self._is_first = passed(now_ms, self._settled_ms) < 0
            return None
        self._last = value
        self.has_answered = True
        if value in (-FULL_SCALE, FULL_SCALE - 1):
            self.saturated += 1
        return value

    def _clock_out(self) -> "tuple[int, bool]":
        clock: "Callable[[int], None]" = self._clock.value
        out: "Callable[[], int]" = self._out.value
        # Names looked up once: of 25 pulses, looking up is a third of the time.
        disable_irq, enable_irq = machine.disable_irq, machine.enable_irq
        ticks: "Callable[[], int]" = time.ticks_us  # pyright: ignore[reportAssignmentType]
        value = 0
        is_torn = False
        first_us = ticks_us()
        for pulse in range(self._pulses):
            state = disable_irq()
            start_us = ticks()
            clock(1)
            clock(0)
            high_us = (ticks() - start_us) & 0x3FFF_FFFF
            enable_irq(state)
            if high_us > PULSE_US_MAX:
                is_torn = True
            if pulse < 24:
                value = value << 1 | out()
        if value & FULL_SCALE:
            value -= 1 << 24
        read_us = passed(ticks_us(), first_us)
        return value, is_torn or read_us > READ_US_MAX or not out()

    def selftest(self) -> "tuple[str, bool, str]":
        """Say whether the scale answers; at most 1.5 s."""
        try:
            for _ in range(150):
                if self.read() is not None:
                    return "scale", True, "HX711 gives %d" % self._last
                time.sleep_ms(10)
        except OSError:
            pass
        return "scale", False, "HX711 gives nothing: check its plug and the wires DT and SCK"
