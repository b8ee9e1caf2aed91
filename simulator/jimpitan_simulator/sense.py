"""Drops known things into simulated boxes and counts how often the firmware names them rightly.

The firmware sees raw streams only; what was dropped is written down here, beside what it said.
"""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from jimpitan_box.calibration import COINS as BOX_COINS
from jimpitan_box.calibration import Calibration
from jimpitan_box.calibrator import Calibrator
from jimpitan_box.config import Config
from jimpitan_box.senses import Senses
from jimpitan_box.uptime import TICKS_PERIOD
from jimpitan_wire import records

from jimpitan_simulator.physics.cash import COINS, NOTES, Coin, Note
from jimpitan_simulator.physics.cell import PERIOD_S, Cell
from jimpitan_simulator.physics.fall import Edge, Fall, Throat, merged
from jimpitan_simulator.physics.light import Lamp
from jimpitan_simulator.physics.parameters import Ranges

DROPS_PER_BOX = 500
CALIBRATED_WITH = (100, 200, 500, 1000)  # coins a bench has at hand
CALIBRATION_DROPS = 20
HANDFULS_PER_BOX = 12
QUIET_S = (2.4, 6.0)
WATCHED_S = 3.6  # until the step is certain
READING_S = 0.05  # conversion and light of the colour sensor
Label = tuple[int, int]  # form, rupiah or 0
Fact = tuple[int, dict[int, object]]  # kind and body of a record
FORM_NAMES = {
    records.FORM_UNKNOWN: "unknown",
    records.FORM_COIN: "coin",
    records.FORM_NOTE: "note",
    records.FORM_BUNDLE: "bundle",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One drop, and what the firmware made of it."""

    truth: Label
    pieces: int
    deposits: int
    pieces_said: int  # of the weighing; without one, the deposits
    guesses: tuple[tuple[int, int, int], ...]

    @property
    def named(self) -> Label | None:
        """What it was called, None when the firmware would not say."""
        if not self.guesses or self.guesses[0][0] == records.FORM_UNKNOWN:
            return None
        return self.guesses[0][:2]


@dataclass(slots=True)
class BenchBox:
    """The firmware's senses in one simulated body, with a time of its own."""

    ranges: Ranges
    seed: int
    calibration: Calibration = field(default_factory=Calibration)
    at_s: float = 3.0
    _draw: random.Random = field(init=False)
    _throat: Throat = field(init=False)
    _cell: Cell = field(init=False)
    _lamp: Lamp = field(init=False)
    _senses: Senses = field(init=False)
    _reads: int = 0

    def __post_init__(self) -> None:
        draw = self._draw = random.Random(self.seed)
        world = self.ranges.draw(draw)
        self._throat = Throat(world, draw)
        self._cell = Cell(world, draw, zero_g=draw.uniform(200, 1500))
        self._lamp = Lamp(world, draw)
        self.wake()

    def wake(self) -> None:
        """Start the firmware anew with the calibration as it is."""
        self._senses = Senses(Config())
        self._senses.calibrate(self.calibration)

    def calibrate(self) -> None:
        """Go through calibration mode with coins and notes at hand."""
        calibrator = Calibrator(self.calibration)
        for row in BOX_COINS[:5]:
            if row[0] not in CALIBRATED_WITH:
                continue
            self._senses.learn(calibrator)  # for a quarter of an hour each
            calibrator.expect_coin(row)
            kinds = [coin for coin in COINS if coin.amount_idr == row[0] and coin.emission > 2000]
            for _ in range(CALIBRATION_DROPS):
                self.drop(
                    [self._throat.coin(self._draw.choice(kinds or COINS[1:2]), self._next())]
                )
        for note in NOTES:
            self._senses.learn(calibrator)
            calibrator.expect_note(note.amount_idr)
            for _ in range(CALIBRATION_DROPS):
                self.drop([self._throat.note(note, self._next())])
        self.calibration = calibrator.finish()
        self.wake()

    def coin(self, coin: Coin) -> Outcome:
        """Drop one coin."""
        return _outcome((records.FORM_COIN, coin.amount_idr), 1, self.take(coin))

    def note(self, note: Note) -> Outcome:
        """Push one note in."""
        return _outcome((records.FORM_NOTE, note.amount_idr), 1, self.take(note))

    def handful(self, coins: list[Coin]) -> Outcome:
        """Pour coins in."""
        return _outcome((records.FORM_COIN, 0), len(coins), self.pour(coins))

    def take(self, piece: Coin | Note) -> list[Fact]:
        """Let one coin or note fall, and return all that the firmware says of it."""
        if isinstance(piece, Coin):
            return self.drop([self._throat.coin(piece, self._next())])
        return self.drop([self._throat.note(piece, self._next())])

    def pour(self, coins: list[Coin]) -> list[Fact]:
        """Pour coins in, and return all that the firmware says of them."""
        return self.drop(self._throat.handful(coins, self._next()))

    def _next(self) -> float:
        self.at_s += self._draw.uniform(*QUIET_S)
        return self.at_s

    def drop(self, falls: list[Fall]) -> list[Fact]:
        """Let things fall, and step the firmware until it has said all it can say of them."""
        edges = merged([edge for fall in falls for edge in fall.edges])
        for fall in falls:
            self._cell.land(fall)
        last_us = edges[-1][0]
        readings = self._readings(falls)
        end_s = max(last_us / 1e6 + WATCHED_S, falls[-1].lands_s + 1.0)
        facts = list(self._run(edges, readings, end_s))
        self.at_s = end_s
        return facts

    def _readings(self, falls: list[Fall]) -> list[tuple[float, tuple[int, int, int, int]]]:
        """Return what the colour sensor reads while notes pass; coins throw no light back."""
        found = []
        for fall in falls:
            if fall.note is None:
                continue
            began_s = next(at for at, _, broken in fall.edges if broken) / 1e6
            count = max(1, min(16, int(fall.away_s / READING_S)))
            for index, reading in enumerate(self._lamp.note(fall.note, count)):
                found.append((began_s + (index + 1) * READING_S, reading))
        return found

    def _run(
        self,
        edges: list[Edge],
        readings: list[tuple[float, tuple[int, int, int, int]]],
        end_s: float,
    ) -> Iterable[Fact]:
        """Step the firmware as the board does: at every edge, every conversion, every 20 ms."""
        moments: list[tuple[float, int, object]] = [(us / 1e6, 0, edge) for us, *edge in edges]
        moments += [(at_s, 1, reading) for at_s, reading in readings]
        while self._reads * PERIOD_S <= end_s:
            moments.append((self._reads * PERIOD_S, 2, None))
            self._reads += 1
        for us, *_ in edges:
            moments += [(us / 1e6 + after, 3, None) for after in (0.022, 0.045)]
        senses = self._senses
        for at_s, kind, content in sorted(moments, key=lambda one: one[:2]):
            now_ms = int(at_s * 1000)
            if kind == 0:
                assert isinstance(content, list)
                channel, is_broken = content
                ticks_us = int(at_s * 1e6) % TICKS_PERIOD
                yield from senses.slot.edge(channel, is_broken, ticks_us, now_ms)
            elif kind == 1:
                senses.colour.feed(*content)  # type: ignore[misc]
            elif kind == 2:
                senses.scale.feed(self._cell.read(at_s), now_ms)
            yield from senses.step(now_ms)


def _outcome(truth: Label, pieces: int, facts: list[Fact]) -> Outcome:
    deposits = sum(kind == records.DEPOSIT for kind, _ in facts)
    bodies = [body for kind, body in facts if kind == records.WEIGHED]
    guesses: tuple[tuple[int, int, int], ...] = ()
    if bodies:
        listed = bodies[0][records.WEIGHED_GUESSES]
        assert isinstance(listed, list)
        guesses = tuple((one[0], one[1], one[2]) for one in listed)
    said = sum(_whole(body[records.WEIGHED_PIECES]) for body in bodies)
    said += deposits - sum(_whole(body[records.WEIGHED_DEPOSITS]) for body in bodies)
    return Outcome(truth, pieces, deposits, said, guesses)


def _whole(value: object) -> int:
    assert isinstance(value, int)
    return value


@dataclass(slots=True)
class Sensed:
    """All outcomes of one experiment."""

    singles: list[Outcome] = field(default_factory=list)
    handfuls: list[Outcome] = field(default_factory=list)


def run_box(seed: int, drops: int, *, ranges: Ranges) -> Sensed:
    """Calibrate one box, then drop coins and notes one by one, and a few handfuls."""
    found, source = Sensed(), random.Random(seed)
    box = BenchBox(ranges, seed=source.randrange(1 << 62))
    box.calibrate()
    for _ in range(drops):
        found.singles.append(_single(box, source))
    for _ in range(max(1, HANDFULS_PER_BOX * drops // DROPS_PER_BOX)):
        found.handfuls.append(box.handful(_some_coins(source, source.randint(3, 20))))
    return found


def _single(box: BenchBox, source: random.Random) -> Outcome:
    if source.random() < 0.5:
        return box.coin(_some_coins(source, 1)[0])
    return box.note(source.choices(NOTES, [note.share for note in NOTES])[0])


def _some_coins(source: random.Random, count: int) -> list[Coin]:
    return source.choices(COINS, [coin.share for coin in COINS], k=count)


def confusion(outcomes: Iterable[Outcome]) -> dict[str, dict[str, int]]:
    """Return how often each thing was called what, as counts by truth and name."""
    table: dict[str, Counter[str]] = {}
    for one in outcomes:
        table.setdefault(name_of(one.truth), Counter())[name_of(one.named)] += 1
    return {truth: dict(sorted(row.items())) for truth, row in sorted(table.items())}


def name_of(label: Label | None) -> str:
    """Return a label as people write it, such as coin-1000."""
    if label is None:
        return "unknown"
    form, amount = label
    return f"{FORM_NAMES[form]}-{amount}" if amount else FORM_NAMES[form]
