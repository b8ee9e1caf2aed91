"""From edges of two light beams and a lid switch to facts: deposits, openings, tampering.

A thing that falls into the slot breaks beam A, then beam B 30 mm below it. Each beam turns its
edges into shadows; a deposit is a shadow of A and a later one of B that fit each other. What
breaks one beam alone is rejected and counted.
"""

from jimpitan_wire import records

from jimpitan_box.uptime import ticks_diff

MYPY = False
if MYPY:
    from jimpitan_box.config import Config

    Fact = tuple[int, dict[int, object]]

BEAM_A, BEAM_B, LID = 0, 1, 2
SHADOWS_MAX = 8
SCRAPS_MAX = 16
# How a shadow of B may follow one of A, in per cent of A's dwell: things fall faster and faster,
# hands are slower or faster below; a bounce on the rim fits no coin that comes after it.
TRANSIT_MIN, TRANSIT_MAX, DWELL_MIN, DWELL_MAX = 8, 250, 15, 200
# Two coins that touch are one shadow in one beam and two in the other, this far apart at most.
SPLIT_MS_MAX = 250


class Shadow:
    """One time during which a beam was broken, or several with short gaps of a ragged edge."""

    def __init__(self, lead_us: int, dwell_us: int, cleared_ms: int) -> None:
        self.lead_us = lead_us
        self.dwell_us = dwell_us
        self.cleared_ms = cleared_ms


class Beam:
    """One light beam: its level, and the shadows that are not used up yet, oldest first."""

    def __init__(self, config: "Config") -> None:
        self._config = config
        self.is_broken = False
        self.lead_us = 0
        self.broken_ms = 0
        self.is_reported = False
        self.shadows: "list[Shadow]" = []
        self.rejected = 0
        self.scraps: "list[int]" = []

    def reject(self, dwell_us: int) -> None:
        """Count a shadow that is no deposit, and keep how long it was, in ms."""
        self.rejected += 1
        self.scraps = self.scraps[1 - SCRAPS_MAX :] + [dwell_us // 1000]

    def clear(self, ticks_us: int, uptime_ms: int) -> None:
        """Take the end of a shadow."""
        dwell_us = ticks_diff(ticks_us, self.lead_us)
        if dwell_us < self._config.glitch_us:
            self.reject(dwell_us)
            return
        if len(self.shadows) == SHADOWS_MAX:
            self.reject(self.shadows.pop(0).dwell_us)
        self.shadows.append(Shadow(self.lead_us, dwell_us, uptime_ms))
        while len(self.shadows) > 1 and self._is_one(self.shadows[-2], self.shadows[-1]):
            last = self.shadows.pop()
            first = self.shadows[-1]
            first.dwell_us = ticks_diff(last.lead_us, first.lead_us) + last.dwell_us
            first.cleared_ms = last.cleared_ms

    def _is_one(self, first: Shadow, last: Shadow) -> bool:
        """Return whether a gap is a ragged edge of one note and not the space between coins."""
        gap_us = ticks_diff(last.lead_us, first.lead_us) - first.dwell_us
        if gap_us >= self._config.remake_us:
            return False
        longest_us = max(first.dwell_us, last.dwell_us)
        shortest_us = min(first.dwell_us, last.dwell_us)
        return longest_us > self._config.coin_us_max or shortest_us < self._config.scrap_us

    def settled(self, uptime_ms: int) -> bool:
        """Return whether the oldest shadow can grow no more."""
        if not self.shadows:
            return False
        last = self.shadows[-1]
        if self.is_broken:
            gap_us = ticks_diff(self.lead_us, last.lead_us) - last.dwell_us
            return gap_us >= self._config.remake_us
        return uptime_ms - last.cleared_ms > self._config.remake_us // 1000


class SlotDetector:
    """Turns edges of the two beams into facts of kind deposit and tamper."""

    def __init__(self, config: "Config") -> None:
        self._config = config
        self._beams = (Beam(config), Beam(config))
        self._reverse_ms: "int | None" = None
        self._paired_ms = -SPLIT_MS_MAX - 1
        self._reverse_us = 0
        self.splits = 0
        self.is_busy = False  # whether something is in the throat or not judged yet
        self.is_quiet = True  # whether no edge came since all was judged: nothing to step for

    @property
    def rejected(self) -> int:
        """Return how many shadows were no deposit."""
        return self._beams[0].rejected + self._beams[1].rejected

    def take_scraps(self) -> "list[int]":
        """Return how long the shadows were, in ms, that were rejected since the last call."""
        a, b = self._beams
        found = a.scraps
        if b.scraps:
            found, b.scraps = found + b.scraps, []
        if found:
            a.scraps = []
        return found

    @property
    def is_blocked(self) -> bool:
        """Return whether a beam has been broken for too long."""
        return self._beams[0].is_reported or self._beams[1].is_reported

    def edge(self, channel: int, is_broken: bool, ticks_us: int, uptime_ms: int) -> "list[Fact]":
        """Take one edge of a beam; return the facts it completes."""
        beam = self._beams[channel]
        if is_broken == beam.is_broken:
            return []
        facts: "list[Fact]" = []
        beam.is_broken = is_broken
        if is_broken:
            beam.lead_us = ticks_us
            beam.broken_ms = uptime_ms
        elif beam.is_reported:
            facts = self._freed(beam, uptime_ms)
        else:
            beam.clear(ticks_us, uptime_ms)
        self.is_quiet = False
        self.is_busy = self._is_busy()
        return facts

    def _is_busy(self) -> bool:
        a, b = self._beams
        return a.is_broken or b.is_broken or bool(a.shadows) or bool(b.shadows)

    def step(self, uptime_ms: int) -> "list[Fact]":
        """Judge the shadows that have settled; report a beam that stays broken."""
        facts: "list[Fact]" = []
        if self.is_quiet:
            return facts  # as in nearly every step
        a, b = self._beams
        while b.settled(uptime_ms) and not self._is_waited_for(b.shadows[0]):
            facts += self._judge(b.shadows.pop(0), uptime_ms)
        pair_ms_max = self._config.pair_us_max // 1000
        while a.shadows and uptime_ms - a.shadows[0].cleared_ms > pair_ms_max:
            facts += self._reversed(a.shadows.pop(0), uptime_ms)
        if self._reverse_ms is not None and uptime_ms - self._reverse_ms > pair_ms_max:
            self._reverse_ms = None
            b.reject(self._reverse_us)
        if self._reverse_ms is not None and a.settled(uptime_ms):
            facts += self._reversed(a.shadows.pop(0), uptime_ms)
        facts += self._blocked(uptime_ms)
        self.is_busy = self._is_busy()
        self.is_quiet = not self.is_busy and self._reverse_ms is None
        return facts

    def _is_waited_for(self, shadow: Shadow) -> bool:
        """Return whether A, still broken, may be the same thing: a note leaves A before B."""
        a = self._beams[0]
        return a.is_broken and ticks_diff(shadow.lead_us, a.lead_us) >= 0

    def _judge(self, low: Shadow, uptime_ms: int) -> "list[Fact]":
        """Find the shadow of A that belongs to one of B."""
        before = [
            high
            for high in self._beams[0].shadows
            if 0 <= ticks_diff(low.lead_us, high.lead_us) <= self._config.pair_us_max
        ]
        fitting = [high for high in before if _fits(high, low)]
        if not before:
            return self._unpaired(low, uptime_ms)
        chosen = fitting[0] if fitting else before[-1]
        shadows = self._beams[0].shadows
        while shadows[0] is not chosen:
            self._beams[0].reject(shadows.pop(0).dwell_us)
        shadows.pop(0)
        self._paired_ms = uptime_ms
        self._reverse_ms = None
        return [
            deposit(
                self._config,
                chosen.dwell_us,
                low.dwell_us,
                ticks_diff(low.lead_us, chosen.lead_us),
            )
        ]

    def _unpaired(self, low: Shadow, uptime_ms: int) -> "list[Fact]":
        if uptime_ms - self._paired_ms <= SPLIT_MS_MAX:
            self.splits += 1
            self._paired_ms = uptime_ms
        else:
            if self._reverse_ms is not None:
                self._beams[1].reject(self._reverse_us)
            self._reverse_ms, self._reverse_us = uptime_ms, low.dwell_us
        return []

    def _reversed(self, high: Shadow, uptime_ms: int) -> "list[Fact]":
        """Judge a shadow of A without one of B: rejected, unless one of B came before it."""
        self._beams[0].reject(high.dwell_us)
        if self._reverse_ms is None or uptime_ms - high.cleared_ms > SPLIT_MS_MAX:
            return []
        self._reverse_ms = None
        return [tamper(records.SIGN_REVERSE_PASSAGE, high.dwell_us // 1000)]

    def _blocked(self, uptime_ms: int) -> "list[Fact]":
        for beam in self._beams:
            broken_ms = uptime_ms - beam.broken_ms
            if beam.is_broken and not beam.is_reported and broken_ms > self._config.blocked_ms_max:
                was_blocked = self.is_blocked
                beam.is_reported = True
                if not was_blocked:
                    return [tamper(records.SIGN_SLOT_BLOCKED, broken_ms)]
        return []

    def _freed(self, beam: Beam, uptime_ms: int) -> "list[Fact]":
        beam.is_reported = False
        if self.is_blocked:
            return []
        for one in self._beams:
            one.shadows.clear()
        return [tamper(records.SIGN_SLOT_FREED, uptime_ms - beam.broken_ms)]


def _fits(high: Shadow, low: Shadow) -> bool:
    transit_us = ticks_diff(low.lead_us, high.lead_us)
    whole = high.dwell_us
    return (
        TRANSIT_MIN * whole <= 100 * transit_us <= TRANSIT_MAX * whole
        and DWELL_MIN * whole <= 100 * low.dwell_us <= DWELL_MAX * whole
    )


def deposit(config: "Config", a_us: int, b_us: int, transit_us: int) -> "Fact":
    """Return the fact of one passage, with what its times alone say of its form."""
    return records.DEPOSIT, {
        records.DEPOSIT_DWELL_A_US: a_us,
        records.DEPOSIT_DWELL_B_US: b_us,
        records.DEPOSIT_TRANSIT_US: transit_us,
        records.DEPOSIT_GUESSES: guesses(config, (a_us + b_us) // 2),
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


def tamper(sign: int, duration_ms: int) -> "Fact":
    """Return the fact that something is wrong, and for how long it was seen."""
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
        if self._level == self.is_open or uptime_ms - self._changed_ms < self._debounce_ms:
            return False
        self.is_open = self._level
        return True
