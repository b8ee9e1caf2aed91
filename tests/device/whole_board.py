"""One simulated board for both interpreters: the modules that drivers import, and its chips."""

import sys

import whole_chips
import whole_wires
from whole_wires import Pin

# Pins of the reference board that a chip or a person drives; the drivers have their own table.
BATTERY, MAINS, LID_A, WAKE, LID_B = 1, 2, 6, 7, 10
SCALE_DATA, SCALE_CLOCK, CARRIER, COLOUR_LED = 15, 16, 17, 40
HIDDEN = ("machine", "esp32", "neopixel", "framebuf", "micropython", "network")
HIDDEN += ("socket", "ssl", "time", "gc", "vfs", "select")
NO_DEVICE = 19
HEAP_FREE = 60000  # what the box says of its heap: no interpreter's own figure, for equal bytes


class Names:
    """A module or a class with constants, of what it is given."""

    def __init__(self, make=None, **names):
        self._make = make
        for name in names:
            setattr(self, name, names[name])

    def __call__(self, *words, **named):
        return self._make(*words, **named)


class Pwm:
    """`machine.PWM`; the carrier's duty lights the beams."""

    def __init__(self, pin, freq, duty_u16=0):
        self._pin = pin
        self.tones = 0
        self.duty_u16(duty_u16)

    def freq(self, hertz):
        self.tones += 1

    def duty_u16(self, duty):
        if self._pin.gpio == CARRIER:
            self._pin.wires.darken(not duty)


class Adc:
    """`machine.ADC` of the battery's divider."""

    voltage_uv = 2050000

    def __init__(self, pin, atten=0):
        pass

    def read_uv(self):
        return self.voltage_uv


class Counter:
    """`esp32.PCNT`: 20 kHz while a beam is broken."""

    INCREMENT, NORMAL, HOLD = 1, 0, 2

    def __init__(self, unit, **settings):
        self._pin, self._max = settings["mode_pin"], settings["max"]

    def start(self):
        pass

    def value(self):
        return self._pin.broken_us() // 50 % self._max


class Bus:
    """`machine.I2C` at 400 kHz."""

    def __init__(self, wires, chips):
        self._wires, self._chips = wires, chips

    def _chip(self, address, length):
        self._wires.ticks = (self._wires.ticks + (length + 2) * 23) & 0x3FFFFFFF
        chip = self._chips.get(address)
        if chip is None:
            raise OSError(NO_DEVICE)
        return chip

    def writeto(self, address, content):
        self._chip(address, len(content))

    def writeto_mem(self, address, register, content):
        self._chip(address, len(content)).write(register, content)

    def readfrom_mem_into(self, address, register, buffer):
        self._chip(address, len(buffer)).read(register, buffer)


class Pixels:
    """`neopixel.NeoPixel`; counts what is written."""

    def __init__(self, pin, count):
        self._row = [(0, 0, 0)] * count
        self.writes = self.lit = 0

    def __setitem__(self, index, colour):
        self._row[index] = colour

    def write(self):
        self.writes += 1
        self.lit += max(self._row) > (0, 0, 0)


class Frame:
    """`framebuf.FrameBuffer` of a screen that is not fitted."""

    def __init__(self, buffer, width, height, form):
        pass


class Memory:
    """`machine.RTC` and `esp32.NVS`: what outlives a restart."""

    def __init__(self, space=""):
        self._content = bytes(32)
        self._numbers = {}

    def memory(self, content=None):
        if content is None:
            return self._content
        self._content = bytes(content)
        return None

    def get_i32(self, name):
        if name not in self._numbers:
            raise OSError(NO_DEVICE)
        return self._numbers[name]

    def set_i32(self, name, number):
        self._numbers[name] = number

    def commit(self):
        pass


class Register:
    """The input register as compiled code reads it."""

    def __init__(self, wires):
        self.turn = wires.turn

    def __getitem__(self, index):
        return self.turn()


class Board:
    """Wires, chips and the modules by which a driver reaches them."""

    def __init__(self, before_wrap_ms):
        wires = self.wires = whole_wires.Wires(before_wrap_ms)
        self.scale = whole_chips.Hx711(wires, SCALE_CLOCK, SCALE_DATA)
        self.motion = whole_chips.Lis3dh(wires, WAKE)
        self.colour = whole_chips.Tcs34725(wires, COLOUR_LED)
        wires.chips = [self.scale, self.motion]
        for gpio in (MAINS, LID_A, LID_B) + whole_wires.BEAMS:
            wires.pin(gpio)
        self._calling = ()
        self._before = {}

    def mains(self, is_there):
        """Plug the adaptor in, or out."""
        self.wires.set(MAINS, 1 if is_there else 0)

    def _call(self, pins, _level):
        self._calling = [pin.gpio for pin in pins]

    def _sleep(self, length_ms):
        self.wires.lightsleep(length_ms, self._calling)

    def modules(self):
        """Return what stands behind each hidden name."""
        wires = self.wires
        register = Register(wires)
        bus = Bus(wires, {0x18: self.motion, 0x29: self.colour})
        pin = Names(wires.pin, IN=Pin.IN, OUT=Pin.OUT, PULL_UP=2, PULL_DOWN=1)
        return {
            "machine": Names(
                Pin=pin,
                PWM=Pwm,
                ADC=Names(Adc, ATTN_11DB=3),
                I2C=lambda unit, scl, sda, freq, timeout: bus,
                RTC=Memory,
                disable_irq=bool,
                enable_irq=bool,
                lightsleep=self._sleep,
            ),
            "esp32": Names(PCNT=Counter, NVS=Memory, wake_on_ext1=self._call, WAKEUP_ANY_HIGH=1),
            "neopixel": Names(NeoPixel=Pixels),
            "framebuf": Names(FrameBuffer=Frame, MONO_VLSB=0),
            "micropython": Names(
                viper=lambda function: function,
                ptr8=lambda to: to,
                ptr32=lambda to: register if isinstance(to, int) else to,
            ),
            "time": Names(
                ticks_us=wires.ticks_us,
                ticks_ms=wires.ticks_ms,
                sleep_us=wires.sleep_us,
                sleep_ms=wires.sleep_ms,
            ),
            "gc": Names(mem_free=lambda: HEAP_FREE, collect=lambda: None),
            "network": Names(),
            "socket": Names(),
            "ssl": Names(),
            "vfs": Names(),
            "select": Names(),
        }

    def plug_in(self):
        """Let `import` find this board's modules until it is unplugged."""
        made = self.modules()
        for name in HIDDEN:
            self._before[name] = sys.modules.pop(name, None)
            sys.modules[name] = made[name]

    def unplug(self):
        """Give the interpreter its own modules back; the drivers keep those of the board."""
        for name in HIDDEN:
            del sys.modules[name]
            if self._before[name] is not None:
                sys.modules[name] = self._before[name]


BEFORE_WRAP_MS = 600000  # both ticks begin again ten minutes after the start
MADE = []


def the_board():
    """Return the one board of this interpreter."""
    if not MADE:
        MADE.append(Board(BEFORE_WRAP_MS))
    return MADE[0]
