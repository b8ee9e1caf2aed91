"""The chips of a simulated board that runs on MicroPython too: what the drivers talk to.

Each is told what time passed (`elapse`), returns in how long it has something to do, and gives
what its datasheet says as far as the drivers use it. Noise comes from tables of prime length,
because drawing it would cost a third of a run.
"""

from whole_wires import MASK, Pin

NEVER_US = 0x20000000
FULL = 0xFFFFFF  # 24 bits
CONVERSION_US, SETTLE_US, POWER_DOWN_US = 100000, 400000, 60  # HX711 at 10 SPS
SAMPLE_US, FIFO_LENGTH = 40000, 32  # LIS3DH at 25 Hz
FRAME_US = 26400  # TCS34725: 2.4 ms start and ten cycles
CELL_NOISE = (3, -5, 1, 6, -2, -7, 4, 0, 5, -4, 2, 7, -6, -1, 8, -3, -8)  # counts, 1 is 2.3 mg
MOTION_NOISE = (4, -4, 0, 8, -8, 4, 0, -4, 4, -8, 0, 8, -4)  # mg
GRAVITY = (0, -40, 1000)
GAIN_BY_CODE = (1, 4, 16, 60)


class ClockPin(Pin):
    """PD_SCK of the HX711; a pulse takes 8 us."""

    chip = None

    def value(self, level=None):
        if level is None or level == self.level:
            return self.level
        self.level = level
        wires, chip = self.wires, self.chip
        if level:
            self.rose_us = wires.ticks
            wires.ticks = (wires.ticks + 8) & MASK
            word = chip.word
            chip.out.level = word >> 23
            chip.word = (word & 0x7FFFFF) << 1 | 1  # high when all 24 bits are out
        elif wires.ticks - self.rose_us & MASK > POWER_DOWN_US:
            chip.reset()
        return None


class OutPin(Pin):
    """DOUT of the HX711, pulled up."""

    def value(self, level=None):
        return self.level


class Hx711:
    """A load cell of 429.5 counts a gram and its converter; `counts` is what lies on it."""

    is_busy = False

    def __init__(self, wires, clock, out):
        self._wires = wires
        self.clock = wires.pins[clock] = ClockPin(wires, clock)
        self.out = wires.pins[out] = OutPin(wires, out)
        self.clock.chip = self
        self.out.level = 1
        self.counts = 20000
        self._left_us = SETTLE_US
        self._turn = 0
        self.word = FULL

    def elapse(self, passed_us):
        if self.clock.level:  # powered down, or about to be
            self.out.level = 1
            return NEVER_US
        self._left_us -= passed_us
        if self._left_us <= 0:
            self._left_us += CONVERSION_US
            self._turn = (self._turn + 1) % len(CELL_NOISE)
            self.word = (self.counts + CELL_NOISE[self._turn]) & FULL
            self.out.level = 0
        return self._left_us

    def reset(self):
        """Begin again at the end of a long pulse."""
        self.word, self.out.level = FULL, 1
        self._wires.settle()
        self._left_us = SETTLE_US
        self._wires.settle()


def _sample(x, y, z):
    """Return one sample as the registers hold it: ten bits, left-justified."""
    sample = bytearray()
    for axis in (x, y, z):
        raw = (axis // 4 << 6) & 0xFFFF
        sample.append(raw & 0xFF)
        sample.append(raw >> 8)
    return bytes(sample)


class Lis3dh:
    """An accelerometer with its FIFO; `shoves` are added to the samples that follow."""

    REST = [_sample(GRAVITY[0] + one, GRAVITY[1], GRAVITY[2] - one) for one in MOTION_NOISE]

    def __init__(self, wires, interrupt):
        self._wires, self._interrupt = wires, interrupt
        wires.pin(interrupt)
        self.shoves = []
        self._registers = bytearray(64)
        self._registers[0x0F] = 0x33
        self._fifo = []
        self._left_us = SAMPLE_US
        self._turn = 0

    @property
    def is_busy(self):
        return bool(self.shoves)

    def elapse(self, passed_us):
        self._left_us -= passed_us
        if self._left_us > 0:
            return self._left_us
        count = 1 + -self._left_us // SAMPLE_US
        self._left_us += count * SAMPLE_US
        for _ in range(min(count, FIFO_LENGTH)):
            self._turn = (self._turn + 1) % len(MOTION_NOISE)
            sample = self._shoved(self.shoves.pop(0)) if self.shoves else self.REST[self._turn]
            if len(self._fifo) == FIFO_LENGTH:
                self._fifo.pop(0)
            self._fifo.append(sample)
        return self._left_us

    def _shoved(self, shove):
        threshold_mg = self._registers[0x32] * 16
        if max([abs(one) for one in shove]) > threshold_mg and self._registers[0x30] & 0x2A:
            self._registers[0x31] |= 0x40
            self._wires.set(self._interrupt, 1)
        return _sample(*[GRAVITY[axis] + shove[axis] for axis in range(3)])

    def write(self, command, content):
        self._registers[command & 0x3F] = content[0]
        if command == 0x2E and not content[0] & 0xC0:
            self._fifo.clear()

    def read(self, command, buffer):
        register = command & 0x3F
        if register == 0x2F:
            length = len(self._fifo)
            full = 0x40 if length == FIFO_LENGTH else 0
            buffer[0] = full | (0 if length else 0x20) | min(length, 31)
        elif register == 0x28:
            for start in range(0, len(buffer), 6):
                buffer[start : start + 6] = self._fifo.pop(0)
        else:
            buffer[0] = self._registers[register]
            if register == 0x31:
                self._registers[0x31] = 0
                self._wires.set(self._interrupt, 0)


class Tcs34725:
    """A colour sensor; `lit` is what its LED throws back, in counts a frame at gain 16."""

    AMBIENT = (160, 60, 60, 40)

    def __init__(self, wires, led):
        self._wires = wires
        self._led = wires.pin(led)
        self.lit = (0, 0, 0, 0)
        self._registers = bytearray(32)
        self._registers[0x12] = 0x44
        self._began_us = 0
        self.frames = 0

    def write(self, command, content):
        self._registers[command & 0x1F] = content[0]
        if command & 0x1F == 0:
            self._began_us = self._wires.ticks

    def read(self, command, buffer):
        register = command & 0x1F
        if register == 0x13:
            lasted_us = self._wires.ticks - self._began_us & MASK
            buffer[0] = 1 if self._registers[0] & 3 == 3 and lasted_us >= FRAME_US else 0
        elif register == 0x14:
            self.frames += 1
            gain = GAIN_BY_CODE[self._registers[0x0F] & 3]
            for index in range(4):
                light = self.AMBIENT[index] + self.lit[index] * self._led.level
                count = min(light * gain // 16, 10240)
                buffer[2 * index] = count & 0xFF
                buffer[2 * index + 1] = count >> 8
        else:
            buffer[0] = self._registers[register]
