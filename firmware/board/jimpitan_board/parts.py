"""The parts of one box: each driver on its pins, the optional ones where they answer.

A chip that does not answer is a fact and no crash: its reader gives nothing, `health` says so,
and it is tried again every ten seconds. Nothing here is needed to keep and send records.
"""

import machine
from neopixel import NeoPixel

from jimpitan_board import pins
from jimpitan_board.battery import Battery
from jimpitan_board.beams import CARRIER_HZ, Beams
from jimpitan_board.buzzer import Buzzer
from jimpitan_board.edges import COUNT, in_order
from jimpitan_board.gate import make_gates
from jimpitan_board.lid import Lid
from jimpitan_board.lights import Lights
from jimpitan_board.lis3dh import Lis3dh
from jimpitan_board.registers import Registers
from jimpitan_board.tcs34725 import Tcs34725
from jimpitan_board.ticks import passed

MYPY = False
if MYPY:
    from typing import Any, Callable

    from jimpitan_board.edges import Edge
    from jimpitan_board.hx711 import Hx711
    from jimpitan_board.nau7802 import Nau7802
    from jimpitan_board.screen import Screen
    from jimpitan_board.speaker import Speaker

    Colour = tuple[int, int, int, int]
    Motion = tuple[int, int, int]
    Health = tuple[str, bool, str]

BUS_HZ = 400_000
BUS_TIMEOUT_US = 10_000  # a chip that holds the clock longer than this has failed
# Of chips that few boxes have: their drivers are loaded when something answers there.
NAU7802_ADDRESS, SCREEN_ADDRESS = 0x2A, 0x3C
LIGHTS_COUNT = 4
RETRY_MS = 10_000
MOTION_MS = 40  # one sample at 25 Hz, of which the chip keeps 32


class Slot:
    """A place for an optional chip: the driver, or since when it does not answer."""

    def __init__(self, name: str, make: "Callable[[], Any]", now_ms: int) -> None:
        self.name = name
        self._make = make
        self.driver: "Any" = None
        self._tried_ms = 0
        self.losses = 0  # how often it answered and then did not
        self._try(now_ms)

    def _try(self, now_ms: int) -> None:
        self._tried_ms = now_ms
        try:
            self.driver = self._make()
        except OSError:
            self.driver = None

    def use(self, now_ms: int, action: "Callable[[Any], Any]", nothing: "Any") -> "Any":
        """Return what the action finds in the driver; `nothing` when the chip is not there."""
        if self.driver is None and not self.found(now_ms):
            return nothing
        try:
            return action(self.driver)
        except OSError:
            self._lose(now_ms)
            return nothing

    def read(self, now_ms: int, nothing: "Any") -> "Any":
        """Return what the driver reads, as `use` does; for those who read at every step."""
        if self.driver is None and not self.found(now_ms):
            return nothing
        try:
            return self.driver.read()  # pyright: ignore[reportOptionalMemberAccess]
        except OSError:
            self._lose(now_ms)
            return nothing

    def found(self, now_ms: int) -> bool:
        """Return whether the chip is there, which is tried every ten seconds when it was not."""
        if self.driver is None and passed(now_ms, self._tried_ms) >= RETRY_MS:
            self._try(now_ms)
        return self.driver is not None

    def _lose(self, now_ms: int) -> None:
        self.losses += self._has_answered()
        self.driver = None
        self._tried_ms = now_ms

    def _has_answered(self) -> bool:
        return getattr(self.driver, "has_answered", True)

    def health(self) -> "Health":
        """Return (name, does it answer, a sentence)."""
        if self.driver is not None and self._has_answered():
            return self.name, True, "answers; lost %d times" % self.losses
        word = "unplugged" if self.losses else "not fitted or unplugged"
        return self.name, False, "does not answer: %s" % word


class Parts:
    """Every part of the reference board. Making it takes at most 2 s, when a NAU7802 starts."""

    def __init__(self, now_ms: int, *, has_speaker: bool = False) -> None:
        self.beams = _beams()
        self.lid = Lid((_input(pins.LID_A), _input(pins.LID_B)))
        adc = machine.ADC(machine.Pin(pins.BATTERY_ADC), atten=machine.ADC.ATTN_11DB)
        self.battery = Battery(adc, _driven(pins.MAINS_PRESENT))
        row = NeoPixel(machine.Pin(pins.LIGHTS, machine.Pin.OUT), LIGHTS_COUNT)
        self.lights = Lights(row, LIGHTS_COUNT)
        self.buzzer = Buzzer(machine.PWM(machine.Pin(pins.BUZZER), freq=2_000, duty_u16=0))
        self.motion_wake = machine.Pin(pins.MOTION_WAKE, machine.Pin.IN)
        self.speaker = _speaker() if has_speaker else None
        bus = machine.I2C(
            0,
            scl=machine.Pin(pins.BUS_CLOCK),
            sda=machine.Pin(pins.BUS_DATA),
            freq=BUS_HZ,
            timeout=BUS_TIMEOUT_US,
        )
        led = machine.Pin(pins.COLOUR_LED, machine.Pin.OUT, value=0)
        self._scale = Slot("scale", lambda: _scale(bus), now_ms)
        self._colour = Slot("colour", lambda: Tcs34725(bus, led), now_ms)
        self._motion = Slot("motion", lambda: Lis3dh(bus), now_ms)
        self._screen = Slot("screen", lambda: _screen(bus), now_ms)
        self._motion_ms = (now_ms - MOTION_MS) & 0x3FFF_FFFF
        self._slots = (self._scale, self._colour, self._motion, self._screen)

    def first_edges(self) -> "list[Edge]":
        """Return beams and lid as they stand at power on, as edges."""
        return self.beams.first() + self.lid.first()

    def edges(self) -> "list[Edge]":
        """Return (channel, level, ticks_us) of beams 0, 1 and lid 2, 3, oldest first."""
        beams, lid = self.beams, self.lid
        if not (beams.rings.filling.numbers[COUNT] or lid.rings.filling.numbers[COUNT]):
            return []  # as in nearly every step
        edges, of_lid = beams.take(), lid.take()
        return in_order(edges + of_lid) if of_lid else edges

    def scale(self, now_ms: int) -> "int | None":
        """Return one raw conversion, None when none is ready."""
        return self._scale.read(now_ms, None)

    def colour(self, now_ms: int) -> "Colour | None":
        """Return (clear, red, green, blue) without ambient light when it is taken.

        Call it while a colour is wanted: each call steps, the first and the one after a colour
        begin a new one.
        """

        def step(chip: "Tcs34725") -> "Colour | None":
            if chip.is_idle:
                chip.start(now_ms)
            return chip.step(now_ms)

        return self._colour.use(now_ms, step, None)

    def motion(self, now_ms: int) -> "list[Motion]":
        """Return the samples (x_mg, y_mg, z_mg) that no call returned before, oldest first.

        The chip is asked as often as it measures and no more.
        """
        if passed(now_ms, self._motion_ms) < MOTION_MS:
            return []
        self._motion_ms = now_ms
        return self._motion.read(now_ms, [])

    def show(self, lines: "tuple[str, ...]", now_ms: int) -> None:
        """Show lines on the screen when there is one."""
        self._screen.use(now_ms, lambda chip: chip.show(lines), None)

    def step(self, now_ms: int) -> None:
        """Move lights, sound and screen on; at most 4 ms."""
        self.lights.step(now_ms)
        self.buzzer.step(now_ms)
        if self.speaker is not None:
            self.speaker.step()
        if self._screen.found(now_ms):
            self._screen.use(now_ms, lambda chip: chip.step(), None)

    def sleep(self, now_ms: int) -> None:
        """Take the current from beams and scale for a nap."""
        self.beams.sleep()
        self._scale.use(now_ms, lambda chip: chip.power_down(), None)
        self._motion.use(now_ms, lambda chip: chip.clear_wake(), False)

    def wake(self, now_ms: int) -> None:
        """Give it back; the scale has settled 0.4 s later."""
        self._scale.use(now_ms, lambda chip: chip.power_up(), None)
        self.beams.wake()
        self.lid.wake()

    def health(self) -> "list[Health]":
        """Return (name, does it answer, a sentence) of each optional chip; no transfer."""
        return [slot.health() for slot in self._slots]

    def selftest(self) -> "list[Health]":
        """Test every part; at most 2 s, for the bench and not for the main loop."""
        found = [
            part.selftest()
            for part in (self.beams, self.lid, self.battery, self.lights, self.buzzer)
        ]
        for slot in self._slots:
            found.append(slot.driver.selftest() if slot.driver is not None else slot.health())
        return found


def _input(number: int) -> "machine.Pin":
    return machine.Pin(number, machine.Pin.IN, machine.Pin.PULL_DOWN)


def _driven(number: int) -> "machine.Pin":
    # A divider drives it both ways; a pull of 45 k would halve what the divider gives.
    return machine.Pin(number, machine.Pin.IN)


def _beams() -> Beams:
    numbers = (pins.BEAM_A, pins.BEAM_B)
    # A receiver's output is low while it sees the carrier; pulled up, a cut wire is broken.
    beams = tuple([machine.Pin(one, machine.Pin.IN, machine.Pin.PULL_UP) for one in numbers])
    carrier = machine.PWM(machine.Pin(pins.BEAM_CARRIER), freq=CARRIER_HZ, duty_u16=1 << 15)
    clock_out, clock_in = machine.Pin(pins.GATE_CLOCK_OUT), machine.Pin(pins.GATE_CLOCK_IN)
    clock_in.init(machine.Pin.IN)
    return Beams((beams[0], beams[1]), numbers, carrier, make_gates(clock_out, clock_in, beams))


def _scale(bus: "machine.I2C") -> "Nau7802 | Hx711":
    try:
        Registers(bus, NAU7802_ADDRESS).read(0)
        from jimpitan_board.nau7802 import Nau7802

        return Nau7802(bus)
    except OSError:
        from jimpitan_board.hx711 import Hx711

        clock = machine.Pin(pins.SCALE_CLOCK, machine.Pin.OUT, value=0)
        return Hx711(clock, machine.Pin(pins.SCALE_DATA, machine.Pin.IN, machine.Pin.PULL_UP))


def _screen(bus: "machine.I2C") -> "Screen":
    bus.writeto(SCREEN_ADDRESS, b"\x80\xe3")  # the SSD1306's command for no operation
    from jimpitan_board.screen import Screen

    return Screen(bus)


def _speaker() -> "Speaker":
    from jimpitan_board.speaker import BUFFER_LENGTH, RATE_HZ, Speaker

    return Speaker(
        machine.I2S(
            0,
            sck=machine.Pin(pins.SPEAKER_CLOCK),
            ws=machine.Pin(pins.SPEAKER_FRAME),
            sd=machine.Pin(pins.SPEAKER_DATA),
            mode=machine.I2S.TX,
            bits=16,
            format=machine.I2S.MONO,
            rate=RATE_HZ,
            ibuf=BUFFER_LENGTH,
        )
    )
