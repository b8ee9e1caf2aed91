"""What MicroPython's `machine` and `esp32` give: pins, PWM, ADC, I2C, I2S, pulse counters."""

import errno
from collections.abc import Callable
from typing import Any, Protocol

from jimpitan_simulator.chips.wires import Misuse, Wires

ADC1 = range(1, 11)
PWM_TIMERS = 4  # LEDC of the ESP32-S3: four timers, one frequency each
PCNT_UNITS = 4


class Chip(Protocol):
    """A chip on the I2C bus."""

    def write(self, content: bytes) -> None:
        """Take the bytes of one write transfer."""
        ...

    def read(self, length: int) -> bytes:
        """Give the bytes of one read transfer."""
        ...


class Pins:
    """The pins of a board, one object a GPIO, as the port has them."""

    def __init__(self, wires: Wires) -> None:
        self.wires = wires
        self.pins: dict[int, Pin] = {}
        self.pwms: dict[int, Pwm] = {}
        self.jumpers: dict[int, int] = {}  # an input to the output it is looped to
        self.voltages_uv: dict[int, int] = {}
        self.chips: dict[int, Chip] = {}
        self.has_pulse_counters = True


class Pin:
    """`machine.Pin` of the ESP32 port."""

    IN, OUT, PULL_DOWN, PULL_UP, IRQ_RISING, IRQ_FALLING = 1, 3, 1, 2, 1, 2

    def __init__(self, pins: Pins, gpio: int) -> None:
        self._pins = pins
        self.gpio = gpio
        self.mode = -1
        self._handler: Callable[[Pin], None] | None = None
        self._trigger = 0
        pins.wires.watch(gpio, self._changed)

    def init(self, mode: int = -1, pull: int | None = -1, *, value: int | None = None) -> None:
        """Set mode, pull and level."""
        wires = self._pins.wires
        if mode != -1:
            self.mode = mode
        if self.mode == self.IN and self.gpio not in wires.driven:
            wires.levels[self.gpio] = 1 if pull == self.PULL_UP else 0
        if value is not None:
            self.value(value)

    def value(self, *level: int) -> int | None:
        """Read the level, or drive it."""
        if level:
            if self.mode != self.OUT:
                raise Misuse(f"GPIO{self.gpio} is driven but is no output")
            self._pins.wires.set(self.gpio, 1 if level[0] else 0)
            self._pins.wires.operate()
            return None
        self._pins.wires.operate()
        return self._pins.wires.level(self.gpio)

    def irq(
        self,
        handler: Callable[["Pin"], None] | None = None,
        trigger: int = 3,
        wake: int | None = None,  # noqa: ARG002
    ) -> None:
        """Call a handler, scheduled; this port has no `hard`."""
        self._handler, self._trigger = handler, trigger

    def _changed(self, level: int) -> None:
        handler = self._handler
        if handler and self._trigger & (self.IRQ_RISING if level else self.IRQ_FALLING):
            self._pins.wires.interrupt(lambda: handler(self))


class Pwm:
    """`machine.PWM`: a frequency and a duty on a pin."""

    def __init__(self, pins: Pins, pin: Pin, freq: int, duty_u16: int) -> None:
        self._pins = pins
        self.listeners: list[Callable[[int], None]] = []
        self._freq, self._duty = freq, duty_u16
        self.history: list[tuple[int, int, int]] = []  # (us, hertz, duty)
        pins.pwms[pin.gpio] = self
        self._note()

    def _note(self) -> None:
        if len({pwm._freq for pwm in self._pins.pwms.values()}) > PWM_TIMERS:
            raise ValueError("out of PWM timers")
        self.history.append((self._pins.wires.now_us, self._freq, self._duty))

    def freq(self, *hertz: int) -> int | None:
        """Read or set the frequency."""
        if not hertz:
            return self._freq
        self._freq = hertz[0]
        self._note()
        return None

    def duty_u16(self, *duty: int) -> int | None:
        """Read or set the duty, 0 to 65535."""
        if not duty:
            return self._duty
        if not 0 <= duty[0] <= 0xFFFF:
            raise ValueError("duty_u16 must be from 0 to 65535")
        self._duty = duty[0]
        self._note()
        for listener in self.listeners:
            listener(self._duty)
        return None


class Adc:
    """`machine.ADC`: the voltage at a pin, calibrated."""

    ATTN_11DB = 3

    def __init__(self, pins: Pins, pin: Pin, atten: int = 0) -> None:
        if pin.gpio not in ADC1:
            raise ValueError("invalid pin")
        self._pins, self._gpio, self.atten = pins, pin.gpio, atten
        self.reads = 0
        self.noise_uv: Callable[[int], int] = lambda _: 0

    def read_uv(self) -> int:
        """Return microvolts."""
        self.reads += 1
        self._pins.wires.operate(50)
        return self._pins.voltages_uv.get(self._gpio, 0) + self.noise_uv(self.reads)


class I2c:
    """`machine.I2C`: transfers that take their time, and ENODEV where no chip answers."""

    def __init__(self, pins: Pins, freq: int) -> None:
        self._pins, self._freq = pins, freq

    def _chip(self, address: int, length: int) -> Chip:
        self._pins.wires.advance((length + 1) * 9 * 1_000_000 // self._freq)
        if address not in self._pins.chips:
            raise OSError(errno.ENODEV)
        return self._pins.chips[address]

    def writeto(self, address: int, content: bytes | bytearray) -> int:
        """Write bytes."""
        self._chip(address, len(content)).write(bytes(content))
        return len(content)

    def writeto_mem(self, address: int, register: int, content: bytes | bytearray) -> None:
        """Write bytes from a register on."""
        chip = self._chip(address, len(content) + 1)
        chip.write(bytes((register,)) + bytes(content))

    def readfrom_mem_into(
        self, address: int, register: int, buffer: bytearray | memoryview
    ) -> None:
        """Fill a buffer from a register on."""
        chip = self._chip(address, len(buffer) + 2)
        chip.write(bytes((register,)))
        buffer[:] = chip.read(len(buffer))


class I2s:
    """`machine.I2S` as a sender: with a handler, write returns at once."""

    MONO, TX = 0, 2

    def __init__(self, **settings: Any) -> None:
        self.settings = settings
        self.played = b""
        self.waiting: bytes | None = None
        self._handler: Callable[[I2s], None] | None = None

    def irq(self, handler: Callable[["I2s"], None]) -> None:
        """Call a handler when what was written has been taken."""
        self._handler = handler

    def write(self, content: memoryview) -> int:
        """Take a buffer, which must not change until the handler is called."""
        if self.waiting is not None:
            raise Misuse("a buffer is handed over while the one before still plays")
        self.waiting = bytes(content)
        return len(content)

    def finish(self) -> None:
        """Let the sound of the waiting buffer end."""
        self.played += self.waiting or b""
        self.waiting = None
        if self._handler:
            self._handler(self)


class PulseCounter:
    """`esp32.PCNT`: counts rising edges of a looped clock, held by the level of a mode pin."""

    INCREMENT, IGNORE, NORMAL, HOLD = 1, 0, 0, 2

    def __init__(self, pins: Pins, unit: int, **settings: Any) -> None:
        if not 0 <= unit < PCNT_UNITS:
            raise ValueError("invalid PCNT unit")
        self._pins, self._settings = pins, settings
        self._count = 0
        self._is_started = False
        if not 0 < settings.get("max", 32_767) <= 32_767:
            raise ValueError("maximum")
        if not -32_768 <= settings.get("min", -32_768) < 0:
            raise ValueError("minimum")
        settings["mode_pin"].irq(None)  # the driver configures its pins anew
        pins.wires.on_elapsed(self._elapsed)

    def start(self) -> None:
        """Begin to count."""
        self._is_started = True

    def value(self) -> int:
        """Return the count."""
        self._pins.wires.operate()
        return self._count

    def _elapsed(self, start_us: int, end_us: int) -> None:
        source = self._pins.pwms.get(self._pins.jumpers.get(self._settings["pin"].gpio, -1))
        if not self._is_started or source is None or not source.duty_u16():
            return
        level = self._pins.wires.level(self._settings["mode_pin"].gpio)
        mode = self._settings["mode_high" if level else "mode_low"]
        if mode == self.HOLD or self._settings.get("rising") != self.INCREMENT:
            return
        hertz = int(source.freq() or 0)
        self._count += end_us * hertz // 1_000_000 - start_us * hertz // 1_000_000
        self._count %= self._settings.get("max", 32_767)
