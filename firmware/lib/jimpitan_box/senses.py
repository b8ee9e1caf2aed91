"""All that a box feels: beams, scale and colour in, facts out.

A deposit is a fact as soon as its passage is over. What it weighed is known 2.5 seconds later
and is a fact of its own, so that a power cut between the two loses no deposit.
"""

from jimpitan_wire import records

from jimpitan_box.calibration import Calibration
from jimpitan_box.classifier import Classifier
from jimpitan_box.colour import Colour
from jimpitan_box.detector import SlotDetector
from jimpitan_box.scale import Scale
from jimpitan_box.watch import Watch

MYPY = False
if MYPY:
    from jimpitan_box.calibrator import Calibrator
    from jimpitan_box.classifier import Passage, Weighing
    from jimpitan_box.config import Config
    from jimpitan_box.detector import Fact

PASSAGES_MAX = 64
SCALE_SILENT_MS = 2000
LEARNING_MS = 900000  # calibration mode ends by itself when nobody asks any more


class Senses:
    """The sensors of one box behind one step."""

    def __init__(self, config: "Config") -> None:
        self._config = config
        self.slot = SlotDetector(config)
        self.watch = Watch(config)
        self.calibrator: "Calibrator | None" = None
        self._learns_to_ms: "int | None" = None
        self.calibration = Calibration()
        self.calibrate(None)
        self._passages: "list[Passage]" = []
        self._splits = 0

    def calibrate(self, calibration: "Calibration | None") -> None:
        """Work by a calibration from now on, by nominal values without one."""
        found = self.calibration = calibration or Calibration()
        self.scale = Scale(self._config, found)
        self.colour = Colour(found)
        self._classifier = Classifier(self._config, found, self.colour)

    def learn(self, calibrator: "Calibrator | None") -> None:
        """Let a calibrator take what falls for a quarter of an hour; None ends it."""
        self.calibrator, self._learns_to_ms = calibrator, None

    def _is_learning(self, now_ms: int) -> bool:
        if self.calibrator is None:
            return False
        if self._learns_to_ms is None:
            self._learns_to_ms = now_ms + LEARNING_MS
        if now_ms >= self._learns_to_ms:
            self.learn(None)
        return self.calibrator is not None

    def weigh(self, raw: int, now_ms: int) -> "list[Fact]":
        """Take one conversion of the scale."""
        mass_mg = self.scale.feed(raw, now_ms)
        facts = self.watch.raw(raw)
        return (
            facts
            if mass_mg is None
            else facts + self.watch.mass(mass_mg, now_ms, self.scale.is_weighing)
        )

    def wake(self, now_ms: int) -> None:
        """Begin to listen again after a nap; no sensor is missed for having slept."""
        self.scale.wake(now_ms)
        self.watch.wake(now_ms)

    def step(self, now_ms: int) -> "list[Fact]":
        """Return the facts that are certain now."""
        facts = self.watch.step(now_ms, self.scale.heard_ms)
        if not self.slot.is_quiet:
            facts = self._fell(now_ms) + facts
        if self.scale.is_weighing:
            facts += self.weighed(now_ms)
        return facts

    def _fell(self, now_ms: int) -> "list[Fact]":
        """Return what passed the throat, then what that says of hands at the slot."""
        facts = self.slot.step(now_ms)
        found: "list[Fact]" = []
        for kind, body in facts:
            if kind == records.DEPOSIT:
                self._passed(body, now_ms)
                self.watch.deposited(now_ms)
            elif body.get(records.TAMPER_SIGN) == records.SIGN_REVERSE_PASSAGE:
                found += self.watch.reversed(now_ms)
            else:
                self.watch.deposited(now_ms)  # blocked or freed: hands are at the slot
        for dwell_ms in self.slot.take_scraps():
            found += self.watch.shadow(dwell_ms, now_ms)
        return facts + found

    def _passed(self, body: "dict[int, object]", now_ms: int) -> None:
        a_us, b_us, transit_us = [
            body[key]
            for key in (
                records.DEPOSIT_DWELL_A_US,
                records.DEPOSIT_DWELL_B_US,
                records.DEPOSIT_TRANSIT_US,
            )
        ]
        if not (isinstance(a_us, int) and isinstance(b_us, int) and isinstance(transit_us, int)):
            return
        if not self.scale.is_heard(now_ms, SCALE_SILENT_MS):
            return
        if not self._passages:
            self._splits = self.slot.splits
        if len(self._passages) < PASSAGES_MAX:
            self._passages.append((a_us, b_us, transit_us))
        self.scale.fell(now_ms - (transit_us + b_us) // 1000 - 100, now_ms)

    def weighed(self, now_ms: int) -> "list[Fact]":
        """Return the fact of a step of mass that has become certain."""
        step = self.scale.step(now_ms)
        if step is None:
            return []
        self.watch.weighed(step.mass_mg)
        passages, self._passages = self._passages, []
        tint = self.colour.take()
        if self._is_learning(now_ms) and self.calibrator is not None:
            if len(passages) == 1:
                mass_mg = step.mass_mg if step.deviation_mg else None
                diameter_um = self._classifier.diameter_um(passages[0])
                self.calibrator.take(diameter_um, mass_mg, tint)
            return []
        splits = self.slot.splits - self._splits
        found = self._classifier.weigh(passages, step, splits, tint)
        if tint is not None and found.form == records.FORM_NOTE:
            self.colour.learn(tint)
        return [(records.WEIGHED, _body(found))]


def _body(found: "Weighing") -> "dict[int, object]":
    return {
        records.WEIGHED_DEPOSITS: found.count,
        records.WEIGHED_MASS_MG: found.mass_mg,
        records.WEIGHED_DEVIATION_MG: found.deviation_mg,
        records.WEIGHED_PIECES: found.pieces,
        records.WEIGHED_FORM: found.form,
        records.WEIGHED_GUESSES: found.guesses,
    }
