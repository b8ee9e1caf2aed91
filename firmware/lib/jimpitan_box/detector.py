"""From edges of two light beams and a lid switch to facts: deposits, openings, tampering.

A thing that falls into the slot breaks beam A, then beam B 30 mm below it. A passage counts
only when both beams saw it in that order; what breaks one beam alone is rejected and counted.
"""

from jimpitan_wire import records

from jimpitan_box.uptime import ticks_diff

MYPY = False
if MYPY:
    from jimpitan_box.config import Config

    Fact = tuple[int, dict[int, object]]

BEAM_A, BEAM_B, LID = 0, 1, 2
PASSAGES_MAX = 4


class Beam:
    """One light beam: whether it is broken, since when, and whether that was reported."""

    def __init__(self) -> None:
        self.is_broken = False
        self.lead_us = 0
        self.broken_ms = 0
        self.is_reported = False


class SlotDetector:
    """Turns edges of the two beams into facts of kind deposit and tamper."""

    def __init__(self, config: "Config") -> None:
        self._config = config
        self._beams = (Beam(), Beam())
        self._passages: "list[tuple[int, int, int]]" = []  # (lead_us, dwell_us, cleared_ms)
        self._reverse_ms: "int | None" = None
        self.rejected = 0

    @property
    def is_blocked(self) -> bool:
        """Return whether a beam has been broken for too long."""
        return self._beams[0].is_reported or self._beams[1].is_reported

    def edge(self, channel: int, is_broken: bool, ticks_us: int, uptime_ms: int) -> "list[Fact]":
        """Take one edge of a beam; return the facts it completes."""
        beam = self._beams[channel]
        if is_broken == beam.is_broken:
            return []
        beam.is_broken = is_broken
        if is_broken:
            beam.lead_us = ticks_us
            beam.broken_ms = uptime_ms
            return []
        if beam.is_reported:
            return self._freed(beam, uptime_ms)
        dwell_us = ticks_diff(ticks_us, beam.lead_us)
        if dwell_us < self._config.glitch_us:
            self.rejected += 1
            return []
        if channel == BEAM_A:
            return self._left_a(beam.lead_us, dwell_us, uptime_ms)
        return self._left_b(beam.lead_us, dwell_us, uptime_ms)

    def step(self, uptime_ms: int) -> "list[Fact]":
        """Report a beam that stays broken; drop passages that never reached beam B."""
        pair_ms_max = self._config.pair_us_max // 1000
        while self._passages and uptime_ms - self._passages[0][2] > pair_ms_max:
            self._passages.pop(0)
            self.rejected += 1
        if self._reverse_ms is not None and uptime_ms - self._reverse_ms > pair_ms_max:
            self._reverse_ms = None
            self.rejected += 1
        for beam in self._beams:
            broken_ms = uptime_ms - beam.broken_ms
            if beam.is_broken and not beam.is_reported and broken_ms > self._config.blocked_ms_max:
                was_blocked = self.is_blocked
                beam.is_reported = True
                if not was_blocked:
                    return [_tamper(records.SIGN_SLOT_BLOCKED, broken_ms)]
        return []

    def _freed(self, beam: Beam, uptime_ms: int) -> "list[Fact]":
        beam.is_reported = False
        if self.is_blocked:
            return []
        self._passages.clear()
        return [_tamper(records.SIGN_SLOT_FREED, uptime_ms - beam.broken_ms)]

    def _left_a(self, lead_us: int, dwell_us: int, uptime_ms: int) -> "list[Fact]":
        if self._reverse_ms is not None:
            self._reverse_ms = None
            return [_tamper(records.SIGN_REVERSE_PASSAGE, dwell_us // 1000)]
        if len(self._passages) == PASSAGES_MAX:
            self._passages.pop(0)
            self.rejected += 1
        self._passages.append((lead_us, dwell_us, uptime_ms))
        return []

    def _left_b(self, lead_us: int, dwell_us: int, uptime_ms: int) -> "list[Fact]":
        while self._passages:
            a_lead_us, a_dwell_us, _ = self._passages.pop(0)
            transit_us = ticks_diff(lead_us, a_lead_us)
            if 0 <= transit_us <= self._config.pair_us_max:
                return [self._deposit(a_dwell_us, dwell_us, transit_us)]
            self.rejected += 1
        self._reverse_ms = uptime_ms
        return []

    def _deposit(self, a_us: int, b_us: int, transit_us: int) -> "Fact":
        return records.DEPOSIT, {
            records.DEPOSIT_DWELL_A_US: a_us,
            records.DEPOSIT_DWELL_B_US: b_us,
            records.DEPOSIT_TRANSIT_US: transit_us,
            records.DEPOSIT_GUESSES: guesses(self._config, (a_us + b_us) // 2),
        }


def guesses(config: "Config", dwell_us: int) -> "list[list[int]]":
    """Return [form, likelihood in per mille] pairs, likeliest first, summing to 1000.

    From dwell alone, which tells coin from note and nothing finer; the likelihoods are set
    low on purpose until they are measured on real cash.
    """
    if config.coin_us_min <= dwell_us <= config.coin_us_max:
        return [
            [records.FORM_COIN, 900],
            [records.FORM_NOTE, 50],
            [records.FORM_UNKNOWN, 50],
        ]
    if dwell_us >= config.note_us_min:
        return [
            [records.FORM_NOTE, 850],
            [records.FORM_UNKNOWN, 100],
            [records.FORM_COIN, 50],
        ]
    return [[records.FORM_UNKNOWN, 1000]]


def _tamper(sign: int, duration_ms: int) -> "Fact":
    return records.TAMPER, {
        records.TAMPER_SIGN: sign,
        records.TAMPER_DURATION_MS: duration_ms,
    }


class LidDetector:
    """Debounces the lid switch; the first edge counts when the new level has settled."""

    def __init__(self, debounce_ms: int) -> None:
        self._debounce_ms = debounce_ms
        self._level = False
        self._changed_ms = 0
        self.is_open = False

    def edge(self, is_open: bool, uptime_ms: int) -> None:
        """Take one raw edge of the lid switch."""
        if is_open != self._level:
            self._level = is_open
            self._changed_ms = uptime_ms

    def step(self, uptime_ms: int) -> bool:
        """Return whether the lid has just settled in its other position."""
        settled = uptime_ms - self._changed_ms >= self._debounce_ms
        if self._level == self.is_open or not settled:
            return False
        self.is_open = self._level
        return True
