"""Thieves and failing sensors: what the mass, the slot, the lid and the motion say together.

The watch knows what mass ought to lie on the plate: what lay there when all was calm, and what
fell through the throat since. Less than that is a loss, however it happened; a bag on the lid
comes and goes and changes nothing.
"""

from jimpitan_wire import records

from jimpitan_box import motion as motions
from jimpitan_box.detector import tamper
from jimpitan_box.motion import Motion

MYPY = False
if MYPY:
    from jimpitan_box.config import Config
    from jimpitan_box.detector import Fact

SAMPLES = 11
CALM_SPREAD_MG = 1600  # of eleven conversions; the noisiest module has 0.3 g of deviation
HANDS_MS = 15000  # beams and losses this near each other are one act
WIGGLES_MAX = 3
WIGGLE_MS_MIN = 700
FOREIGN_MG = 25000  # more than any coin or bundle: something was put on the box
UNSEEN_MAX = 3
HOUR_MS = 3600000
DRIFT_MS = 6 * HOUR_MS
DROPOUTS_MAX = 30
MINUTE_MS = 60000
AWAITED_MS = 20000  # the slowest chip speaks two seconds after power on
STUCK_MAX = 100  # conversions with the same count: the converter is not connected
SIGN_OF_MOTION = {
    motions.SHAKEN: records.SIGN_SHAKEN,
    motions.CARRIED: records.SIGN_MOVED,
    motions.TILTED: records.SIGN_TILTED,
}


class Watch:
    """Raises each sign once when it begins; times are uptime in ms, masses mg."""

    def __init__(self, config: "Config") -> None:
        self._config = config
        self.motion = Motion(config)
        self._masses: "list[int]" = []
        self._expected: "int | None" = None
        self._has_napped = False
        self._unwatched_mg = config.nap_loss_mg_min  # less may be drift while nobody looked
        self._awaited: "list[int]" = []  # sensors of earlier boots that have not spoken yet
        self._drift_ms = self._drifted_mg = 0
        self._low_ms: "int | None" = None
        self._high_ms: "int | None" = None
        self._is_foreign = False
        self._slot_ms = -HANDS_MS - 1
        self._wiggles: "list[int]" = []
        self._unseen: "list[int]" = []
        self._dropouts: "list[int]" = []
        self._reverse_ms = -HANDS_MS - 1
        self._fished_ms = -HOUR_MS
        self._is_at_rest = True
        self._last_raw = 0
        self._same = 0
        self._lost: "list[int]" = []
        self._has_scale = False

    @property
    def expected_mg(self) -> "int | None":
        """Return the mass that ought to lie on the plate, None when nobody can know."""
        return self._expected

    @property
    def sensors(self) -> "list[int]":
        """Return the sensors that spoke in this boot, or in an earlier one and may still."""
        found = list(self._awaited)
        if self._has_scale:
            found.append(records.SENSOR_SCALE)
        if self.motion.heard_ms is not None:
            found.append(records.SENSOR_MOTION)
        return sorted(found)

    def remember(self, expected_mg: "int | None", sensors: "list[int]") -> None:
        """Begin with what was known before the power went."""
        self._expected = expected_mg
        self._has_napped = True
        self._unwatched_mg = self._config.boot_loss_mg_min
        self._awaited = [
            one for one in (records.SENSOR_SCALE, records.SENSOR_MOTION) if one in sensors
        ]

    # ---- what comes in ------------------------------------------------------------------

    def raw(self, raw: int) -> "list[Fact]":
        """Look at a raw conversion: a converter that always says the same is not connected."""
        self._has_scale = True
        self._same = self._same + 1 if raw == self._last_raw else 0
        self._last_raw = raw
        if self._same == STUCK_MAX:
            return self._lose(records.SENSOR_SCALE, 0)
        return []

    def mass(self, mass_mg: int, now_ms: int, is_weighing: bool = False) -> "list[Fact]":
        """Take one weighed conversion; while a step is under way nothing more is expected."""
        self._masses = self._masses[1 - SAMPLES :] + [mass_mg]
        if len(self._masses) < SAMPLES or not self._is_at_rest:
            return []
        ordered = sorted(self._masses)
        if ordered[-2] - ordered[1] > CALM_SPREAD_MG:
            return []
        if now_ms - self.motion.disturbed_ms < self._config.settle_ms:
            return []
        return self._calm(sum(ordered[1:-1]) // (SAMPLES - 2), now_ms, is_weighing)

    def moved(self, sample: "tuple[int, int, int]", now_ms: int) -> "list[Fact]":
        """Take one sample of the accelerometer."""
        found = self.motion.feed(sample, now_ms)
        if found == motions.STILL or not self._is_at_rest:
            return []
        return [tamper(SIGN_OF_MOTION[found], 0)]

    def deposited(self, now_ms: int) -> None:
        """Note a deposit: what it weighs comes with `weighed`."""
        self._slot_ms = now_ms

    def weighed(self, mass_mg: int) -> None:
        """Expect more by what was weighed of deposits."""
        if self._expected is not None and mass_mg > 0:
            self._expected += mass_mg
        self._low_ms = self._high_ms = None

    def shadow(self, dwell_ms: int, now_ms: int) -> "list[Fact]":
        """Note a shadow that became no deposit."""
        self._slot_ms = now_ms
        if dwell_ms < 25:
            self._dropouts = self._dropouts[1 - DROPOUTS_MAX :] + [now_ms]
            if len(self._dropouts) == DROPOUTS_MAX:
                first = self._dropouts[0]
                if now_ms - first < MINUTE_MS:
                    self._dropouts = []
                    return [tamper(records.SIGN_BEAM_DEGRADED, now_ms - first)]
        if dwell_ms >= WIGGLE_MS_MIN:
            self._wiggles = self._wiggles[1 - WIGGLES_MAX :] + [now_ms]
        return self._fishing(now_ms)

    def reversed(self, now_ms: int) -> "list[Fact]":
        """Note that something went up through the throat."""
        self._slot_ms = self._reverse_ms = now_ms
        self._wiggles = self._wiggles[1 - WIGGLES_MAX :] + [now_ms]
        return self._fishing(now_ms)

    def rest(self, is_at_rest: bool) -> None:
        """Note that the lid was closed, or opened: then hands are in the box."""
        self._is_at_rest = is_at_rest
        self._masses = []
        self._expected = None
        self._low_ms = self._high_ms = None
        if is_at_rest:
            self.motion.stand()

    def wake(self, now_ms: int) -> None:
        """Begin to listen again after a nap."""
        self._masses = []
        if not self._has_napped:
            self._has_napped, self._unwatched_mg = True, self._config.nap_loss_mg_min
        self._low_ms = self._high_ms = None
        if self.motion.heard_ms is not None:
            self.motion.heard_ms = now_ms

    def step(self, now_ms: int, scale_ms: "int | None") -> "list[Fact]":
        """Notice sensors that stopped to speak; `scale_ms` is when the scale last did."""
        facts: "list[Fact]" = []
        silent_ms = self._config.sensor_silent_ms_max
        latest_ms = now_ms - silent_ms
        motion_ms = self.motion.heard_ms
        if (
            not self._lost
            and not self._awaited
            and (scale_ms is None or scale_ms >= latest_ms)
            and (motion_ms is None or motion_ms >= latest_ms)
        ):
            return facts  # every sensor speaks, as in nearly every step
        for sensor, heard_ms in (
            (records.SENSOR_SCALE, scale_ms),
            (records.SENSOR_MOTION, self.motion.heard_ms),
        ):
            if heard_ms is None:
                facts += self._missing(sensor, now_ms)
                continue
            if sensor in self._awaited:
                self._awaited.remove(sensor)
            if sensor == records.SENSOR_SCALE and self._same >= STUCK_MAX:
                continue
            if now_ms - heard_ms > silent_ms:
                facts += self._lose(sensor, now_ms - heard_ms)
            elif sensor in self._lost:
                self._lost.remove(sensor)
        return facts

    def _missing(self, sensor: int, now_ms: int) -> "list[Fact]":
        """Tell once that a sensor of earlier boots does not speak in this one."""
        if sensor not in self._awaited or now_ms < AWAITED_MS:
            return []
        self._awaited.remove(sensor)
        return self._lose(sensor, now_ms)

    # ---- what is made of it -------------------------------------------------------------

    def _lose(self, sensor: int, silent_ms: int) -> "list[Fact]":
        if sensor in self._lost:
            return []
        self._lost.append(sensor)
        kind, body = tamper(records.SIGN_SENSOR_LOST, silent_ms)
        body[records.TAMPER_DETAIL] = sensor
        return [(kind, body)]

    def _calm(self, level_mg: int, now_ms: int, is_weighing: bool) -> "list[Fact]":
        expected = self._expected
        if expected is None or self._has_napped:
            self._has_napped = False
            return self._awoken(level_mg, now_ms)
        away_mg = level_mg - expected
        limit_mg = self._config.loss_mg_min
        if away_mg < -limit_mg:
            self._high_ms = None
            return self._low(level_mg, away_mg, now_ms)
        self._low_ms = None
        if is_weighing:  # `weighed` will say how much more it is
            self._high_ms = None
            return []
        if away_mg > limit_mg:
            return self._high(level_mg, away_mg, now_ms)
        self._high_ms = None
        return self._drift(away_mg // 16 if away_mg >= 0 else -(-away_mg // 16), now_ms)

    def _drift(self, moved_mg: int, now_ms: int) -> "list[Fact]":
        """Follow the zero of the cell, but not a thief who takes little at a time."""
        if now_ms - self._drift_ms > DRIFT_MS:
            self._drift_ms, self._drifted_mg = now_ms, 0
        if self._expected is not None:
            self._expected += moved_mg
        self._drifted_mg += moved_mg
        if self._drifted_mg > -self._config.nap_loss_mg_min:
            return []
        lost_mg, self._drifted_mg = -self._drifted_mg, 0
        return [self._loss(lost_mg, now_ms)]

    def _awoken(self, level_mg: int, now_ms: int) -> "list[Fact]":
        """Compare after a time in which nobody looked and the zero may have drifted.

        More than before is a weighing without deposits: it fell while the beams were off.
        """
        expected, self._expected = self._expected, level_mg
        if expected is None or abs(level_mg - expected) < self._unwatched_mg:
            return []
        if level_mg < expected:
            return [self._loss(expected - level_mg, now_ms)]
        body: "dict[int, object]" = {
            records.WEIGHED_DEPOSITS: 0,
            records.WEIGHED_MASS_MG: level_mg - expected,
            records.WEIGHED_DEVIATION_MG: self._unwatched_mg // 2,
            records.WEIGHED_PIECES: 0,
            records.WEIGHED_FORM: records.FORM_UNKNOWN,
            records.WEIGHED_GUESSES: [],
        }
        return [(records.WEIGHED, body)]

    def _low(self, level_mg: int, away_mg: int, now_ms: int) -> "list[Fact]":
        if self._low_ms is None:
            self._low_ms = now_ms
        if now_ms - self._low_ms < self._config.settle_ms:
            return []
        self._low_ms, self._expected = None, level_mg
        return [self._loss(-away_mg, now_ms)]

    def _loss(self, lost_mg: int, now_ms: int) -> "Fact":
        is_slot = now_ms - self._slot_ms < HANDS_MS
        sign = records.SIGN_FISHING if is_slot else records.SIGN_WEIGHT_LOSS
        if is_slot:
            self._fished_ms = now_ms
        kind, body = tamper(sign, 0)
        body[records.TAMPER_MASS_MG] = lost_mg
        return kind, body

    def _high(self, level_mg: int, away_mg: int, now_ms: int) -> "list[Fact]":
        """More than fell through the throat: a bag on the lid, or beams that see nothing."""
        is_foreign = away_mg > FOREIGN_MG
        if self._high_ms is None or is_foreign != self._is_foreign:
            self._high_ms, self._is_foreign = now_ms, is_foreign
        lasted_ms = now_ms - self._high_ms
        if is_foreign:
            if lasted_ms > self._config.foreign_ms_max:
                self._high_ms, self._expected = None, level_mg
            return []
        if lasted_ms < 4 * self._config.settle_ms:
            return []
        self._high_ms, self._expected = None, level_mg
        self._unseen = [at for at in self._unseen if now_ms - at < HOUR_MS] + [now_ms]
        if len(self._unseen) < UNSEEN_MAX:
            return []
        self._unseen = []
        return [tamper(records.SIGN_BEAM_DEGRADED, 0)]

    def _fishing(self, now_ms: int) -> "list[Fact]":
        """Raise fishing for what the beams show alone: wiggling that repeats."""
        if len(self._wiggles) < WIGGLES_MAX or now_ms - self._wiggles[0] > 2 * HANDS_MS:
            return []
        self._wiggles = []
        if now_ms - self._fished_ms < HANDS_MS:
            return []
        self._fished_ms = now_ms
        return [tamper(records.SIGN_FISHING, 0)]
