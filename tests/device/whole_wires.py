"""Time and pins of a simulated board that runs on MicroPython too: what changes when, who hears.

Lean on purpose: a whole box takes a million steps in the MicroPython VM. The careful simulation
of the same board, which checks every datasheet rule, is `jimpitan_simulator.chips`.
"""

MASK = 0x3FFFFFFF  # both ticks begin again at 2**30
HALF = 0x20000000
LATENCY_US = 100  # from an edge to its scheduled handler
PENDING_MAX = 8  # MICROPY_SCHEDULER_DEPTH of the ESP32 port
PIN_US = 2
TURN_US = 4  # of the compiled edge loop
TURN_US_MAX = 2000  # a turn in which nothing changes is told as one long one
NEVER_MS = HALF
BEAMS = (4, 5)
FAST_GPIO = 30  # of the levels that the input register shows as a small number


class Pin:
    """`machine.Pin`: one object a GPIO."""

    IN, OUT, PULL_DOWN, PULL_UP, IRQ_RISING, IRQ_FALLING = 1, 3, 1, 2, 1, 2

    def __init__(self, wires, gpio):
        self.wires = wires
        self.gpio = gpio
        self.level = 0
        self.rose_us = 0
        self.high_us = 0  # in whole, of the times it was high before
        self.handler = None

    def init(self, mode=-1, pull=-1, value=None):
        if value is not None:
            self.wires.set(self.gpio, value)

    def value(self, level=None):
        wires = self.wires
        wires.ticks = (wires.ticks + PIN_US) & MASK
        if level is None:
            return self.level
        return wires.set(self.gpio, level)

    def irq(self, handler, trigger=3):
        self.handler = handler

    def broken_us(self):
        """Return for how long it has been high in whole, for a pulse counter."""
        if self.level:
            return self.high_us + (self.wires.ticks - self.rose_us & MASK)
        return self.high_us


class Wires:
    """The pins of one board and both its ticks, which tell the chips what time passed."""

    def __init__(self, before_wrap_ms):
        self.ms = (1 << 30) - before_wrap_ms
        # 2**30 ms are a whole number of 2**30 us, so both ticks wrap at once.
        self.ticks = -before_wrap_ms * 1000 & MASK
        self.wraps = 0
        self.left_ms = NEVER_MS  # until the agenda has something to do
        self.play = None
        self.chips = []
        self.pins = {}
        self.is_dark = False  # the beams have no carrier
        self.is_deaf = False  # light sleep: edges make no interrupt
        self.word = 0
        self.planned = []
        self._broken = {4: 0, 5: 0}
        self._pending = []
        self._told_us = self.ticks
        self._owed_us = self._due_us = 0  # passed and not yet told to the chips; when it must be
        self._rest_us = 0

    def pin(self, gpio, mode=-1, pull=-1, value=None):
        if gpio not in self.pins:
            self.pins[gpio] = Pin(self, gpio)
        self.pins[gpio].init(mode, pull, value)
        return self.pins[gpio]

    def ticks_us(self):
        self.ticks = (self.ticks + 1) & MASK
        return self.ticks

    def ticks_ms(self):
        return self.ms

    def sleep_ms(self, length_ms):
        self.sleep_us(length_ms * 1000)

    def sleep_us(self, length_us):
        """Let the main loop wait: what is planned happens, and handlers run."""
        left_us = length_us
        while self.planned or self._pending:
            before_us = self.ticks
            if not self._pending:
                wait_us = self._until_planned()
                if wait_us > left_us:
                    break
                self.advance(wait_us)
            self.run_pending()
            left_us = max(0, left_us - (self.ticks - before_us & MASK))
        self.ticks = (self.ticks + left_us) & MASK
        self.elapse()

    def plan(self, after_us, gpio, level):
        """Let something outside drive a pin, or break a beam, after a time."""
        place = len(self.planned)
        while place and self._until(self.planned[place - 1][0]) > after_us:
            place -= 1
        self.planned.insert(place, ((self.ticks + after_us) & MASK, gpio, level))

    def _until(self, at_us):
        wait_us = at_us - self.ticks & MASK
        return wait_us if wait_us < HALF else 0

    def _until_planned(self):
        return self._until(self.planned[0][0])

    def advance(self, length_us):
        """Pass a short time; what is planned in it happens."""
        while self.planned:
            wait_us = self._until_planned()
            if wait_us > length_us:
                break
            self.ticks = (self.ticks + wait_us) & MASK
            length_us -= wait_us
            _, gpio, level = self.planned.pop(0)
            self.drive(gpio, level)
        self.ticks = (self.ticks + length_us) & MASK

    def turn(self):
        """Pass one turn of the edge loop, a long one when nothing is to happen."""
        wait_us = self._until_planned() if self.planned else TURN_US_MAX
        self.advance(max(TURN_US, min(wait_us, TURN_US_MAX)))
        return self.word

    def drive(self, gpio, level):
        """Take a level from outside; a beam without carrier stays broken."""
        if gpio in BEAMS:
            self._broken[gpio] = level
            level = 1 if self.is_dark else level
        self.set(gpio, level)

    def darken(self, is_dark):
        """Take the carrier away from the beams, or give it back."""
        self.is_dark = is_dark
        for gpio in BEAMS:
            self.set(gpio, 1 if is_dark else self._broken[gpio])

    def set(self, gpio, level):
        pin = self.pins[gpio]
        if pin.level == level:
            return
        pin.level = level
        if gpio < FAST_GPIO:
            self.word ^= 1 << gpio
        if level:
            pin.rose_us = self.ticks
        else:
            pin.high_us += self.ticks - pin.rose_us & MASK
            pin.high_us &= MASK
        if pin.handler and not self.is_deaf and len(self._pending) < PENDING_MAX:
            self._pending.append(pin)

    def run_pending(self):
        """Run scheduled handlers, late as they are on this port."""
        if self._pending:
            self.advance(LATENCY_US)
        while self._pending:
            pin = self._pending.pop(0)
            pin.handler(pin)

    def elapse(self):
        """Tell chips and agenda what time passed since they were last told."""
        passed_us = self.ticks - self._told_us & MASK
        self._told_us = self.ticks
        self._owed_us += passed_us
        if self._owed_us >= self._due_us:
            self.settle()
        rest_us = self._rest_us + passed_us
        if rest_us >= 1000:
            passed_ms = rest_us // 1000
            self._rest_us = rest_us - passed_ms * 1000
            self.left_ms -= passed_ms
            before_ms = self.ms
            self.ms = (self.ms + passed_ms) & MASK
            self.wraps += self.ms < before_ms
        else:
            self._rest_us = rest_us
        if self.left_ms <= 0:
            self.play()

    def settle(self):
        """Tell the chips what time passed, and ask when the next of them has something to do."""
        owed_us, self._owed_us = self._owed_us, 0
        self._due_us = min([chip.elapse(owed_us) for chip in self.chips])

    def is_busy(self):
        """Return whether a chip is in the midst of something."""
        return bool([chip for chip in self.chips if chip.is_busy])

    def _calls(self, gpios):
        return bool([gpio for gpio in gpios if self.pins[gpio].level])

    def lightsleep(self, length_ms, calling):
        """Sleep until a pin calls by being high; nothing else wakes it."""
        self.is_deaf = True
        while length_ms > 0:
            if self._calls(calling):
                break
            part_ms = 10 if self.planned or self.is_busy() else max(1, min(self.left_ms, 400000))
            part_ms = min(part_ms, length_ms)
            length_ms -= part_ms
            self.advance(part_ms * 1000)
            self.elapse()
        self.is_deaf = False
