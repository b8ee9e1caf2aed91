"""HX711 on two wires: bits clocked out, gain by the number of pulses, power-down by a long one.

Avia Semiconductor datasheet, 'Serial Interface' and 'Reset and Power-Down Mode'.
"""

from collections.abc import Callable

from jimpitan_simulator.chips.wires import Wires

CONVERSION_US = 100_000
SETTLE_US = 400_000
POWER_DOWN_US = 60
GAINS = {25: 128, 26: 32, 27: 64}


class Hx711Chip:
    """One chip; `load` gives what it converts at a gain."""

    def __init__(self, wires: Wires, clock: int, out: int) -> None:
        self._wires, self._clock, self._out = wires, clock, out
        self.load: Callable[[int], int] = lambda _: 0
        self.gain = 128
        self.resets = 0
        self.is_cut = False  # the wire of DOUT, which is pulled up
        self._pulses = 0
        self._word = 0
        self._rise_us = 0
        self._is_on = True
        self._next_us = wires.now_us + SETTLE_US
        wires.set(out, 1)
        wires.watch(clock, self._clocked)
        wires.on_elapsed(self._elapsed)

    def _elapsed(self, _start_us: int, end_us: int) -> None:
        if not self._is_on:
            return
        if self._wires.level(self._clock):
            self._is_on = end_us - self._rise_us <= POWER_DOWN_US
            if not self._is_on:
                self._wires.set(self._out, 1)
        elif end_us >= self._next_us:
            self._convert(end_us)

    def _convert(self, now_us: int) -> None:
        gain = GAINS.get(self._pulses, self.gain)
        self._pulses = 0
        if gain != self.gain:
            self.gain = gain
            self._next_us = now_us + SETTLE_US
            self._wires.set(self._out, 1)
            return
        limit = 1 << 23
        self._word = max(-limit, min(limit - 1, self.load(gain))) & 0xFFFFFF
        self._next_us = now_us + CONVERSION_US
        self._wires.set(self._out, int(self.is_cut))

    def _clocked(self, level: int) -> None:
        now_us = self._wires.now_us
        if level:
            self._rise_us = now_us
            if self._is_on:
                self._pulses += 1
                shift = 24 - self._pulses
                self._wires.set(self._out, self._word >> shift & 1 if shift >= 0 else 1)
        elif not self._is_on:
            self.resets += 1
            self._is_on = True
            self.gain, self._pulses = 128, 0
            self._next_us = now_us + SETTLE_US
            self._wires.set(self._out, 1)
