"""One simulated board, and the modules that MicroPython's `import` would find on it."""

import sys
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from jimpitan_simulator.chips.peripherals import Adc, I2c, I2s, Pin, Pins, PulseCounter, Pwm
from jimpitan_simulator.chips.wires import TICKS_MASK, TURN_US, Misuse, Wires

GPIO_IN = 0x6000403C  # ESP32-S3 technical reference manual: levels of GPIO0 to GPIO31
FONT_WIDTH = 8
HIDDEN = ("machine", "esp32", "neopixel", "framebuf", "micropython", "network", "time")


class InputRegister:
    """The memory at GPIO_IN, as a pointer of compiled code reads it."""

    def __init__(self, wires: Wires) -> None:
        self._wires = wires

    def __getitem__(self, index: int) -> int:
        if index:
            raise Misuse("the edge loop reads beside the input register")
        self._wires.operate(TURN_US)
        return sum(level << gpio for gpio, level in self._wires.levels.items() if gpio < 32)


class Pixels:
    """`neopixel.NeoPixel`: what was written, frame by frame."""

    def __init__(self, pin: Pin, count: int) -> None:
        self.pin = pin
        self.frames: list[list[tuple[int, int, int]]] = []
        self._row = [(0, 0, 0)] * count

    def __setitem__(self, index: int, colour: tuple[int, int, int]) -> None:
        if min(colour) < 0 or max(colour) > 255:
            raise Misuse(f"{colour} is no colour")
        self._row[index] = colour

    def write(self) -> None:
        """Send the row."""
        self.frames.append(list(self._row))


class FrameBuffer:
    """`framebuf.FrameBuffer` in MONO_VLSB: a letter is eight columns that name its code."""

    def __init__(self, buffer: bytearray, width: int, height: int, form: int) -> None:
        if form != 0 or len(buffer) < width * height // 8:
            raise ValueError("the buffer is too small")
        self._buffer, self._width = buffer, width

    def fill(self, colour: int) -> None:
        """Set every pixel."""
        self._buffer[:] = bytes((255 if colour else 0,)) * len(self._buffer)

    def text(self, letters: str, x: int, y: int, colour: int) -> None:
        """Write letters; only whole lines, in the colour 1."""
        if y % 8 or colour != 1:
            raise Misuse("this font stands on whole lines")
        start = y // 8 * self._width + x
        for index, letter in enumerate(letters):
            at = start + index * FONT_WIDTH
            self._buffer[at : at + FONT_WIDTH] = bytes((ord(letter),)) * FONT_WIDTH


@dataclass(slots=True)
class SimulatedBoard:
    """Wires, peripherals and the chips that are plugged in."""

    wires: Wires = field(default_factory=Wires)
    pins: Pins = field(init=False)
    i2s: list[I2s] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pins = Pins(self.wires)

    def pin(self, gpio: int, mode: int = -1, pull: int | None = -1, **rest: Any) -> Pin:
        """Return `machine.Pin(...)`: the one object of that GPIO."""
        pin = self.pins.pins.get(gpio)
        if pin is None:
            pin = self.pins.pins[gpio] = Pin(self.pins, gpio)
        if mode != -1 or rest:
            pin.init(mode, pull, **rest)
        return pin

    def ticks_us(self) -> int:
        """Return `time.ticks_us()`."""
        self.wires.operate(1)
        return self.wires.now_us & TICKS_MASK

    def _sleep_us(self, length_us: int) -> None:
        self.wires.run(length_us)

    def modules(self) -> dict[str, ModuleType]:
        """Return the modules by name."""
        made = {name: ModuleType(name) for name in HIDDEN}
        self._fill_machine(made["machine"])
        self._fill_micropython(made["micropython"])
        pins = self.pins
        vars(made["time"]).update(
            ticks_us=self.ticks_us,
            ticks_ms=lambda: self.wires.now_us // 1000 & TICKS_MASK,
            sleep_us=self._sleep_us,
            sleep_ms=lambda length_ms: self._sleep_us(length_ms * 1000),
        )
        if pins.has_pulse_counters:
            made["esp32"].PCNT = _bound(PulseCounter, pins)  # type: ignore[attr-defined]
        made["neopixel"].NeoPixel = Pixels  # type: ignore[attr-defined]
        vars(made["framebuf"]).update(FrameBuffer=FrameBuffer, MONO_VLSB=0)
        return made

    def _fill_machine(self, machine: ModuleType) -> None:
        pins, wires = self.pins, self.wires

        def disable_irq() -> bool:
            before, wires.is_masked = wires.is_masked, True
            return before

        def enable_irq(before: bool) -> None:
            wires.is_masked = before

        def i2s(unit: int, **settings: Any) -> I2s:
            self.i2s.append(I2s(unit=unit, **settings))
            return self.i2s[-1]

        def i2c(_unit: int, *, scl: Pin, sda: Pin, freq: int, timeout: int = 50_000) -> I2c:  # noqa: ARG001
            return I2c(pins, freq)

        vars(machine).update(
            Pin=_with_constants(self.pin, Pin),
            PWM=lambda pin, *, freq, duty_u16=0: Pwm(pins, pin, freq, duty_u16),
            ADC=_with_constants(lambda pin, atten=0: Adc(pins, pin, atten), Adc),
            I2C=i2c,
            I2S=_with_constants(i2s, I2s),
            disable_irq=disable_irq,
            enable_irq=enable_irq,
        )

    def _fill_micropython(self, micropython: ModuleType) -> None:
        register = InputRegister(self.wires)

        def pointer(to: "int | bytearray | array[int]") -> Any:
            if not isinstance(to, int):
                return to
            if to != GPIO_IN:
                raise Misuse(f"compiled code reads at {to:#x}")
            return register

        vars(micropython).update(
            viper=lambda function: function,
            native=lambda function: function,
            const=lambda value: value,
            ptr8=pointer,
            ptr32=pointer,
        )


def _bound(kind: type, pins: Pins) -> Callable[..., Any]:
    return _with_constants(lambda *words, **named: kind(pins, *words, **named), kind)


def _with_constants(make: Callable[..., Any], kind: type) -> Callable[..., Any]:
    """Return a callable that carries the upper-case names of a class, as MicroPython's do."""

    def call(*words: Any, **named: Any) -> Any:
        return make(*words, **named)

    vars(call).update({name: one for name, one in vars(kind).items() if name.isupper()})
    return call


@contextmanager
def plugged_in(board: SimulatedBoard, package: str) -> Iterator[None]:
    """Let `import` find this board's modules, and load a package anew on them."""
    before = {name: sys.modules.pop(name, None) for name in HIDDEN}
    stale = [name for name in sys.modules if name.split(".")[0] == package]
    kept = {name: sys.modules.pop(name) for name in stale}
    sys.modules.update(board.modules())
    try:
        yield
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == package]:
            del sys.modules[name]
        sys.modules.update(kept)
        for name, module in before.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module
