"""A whole box that is stolen from, shaken, leant on and left alone: what does it say?

The real firmware runs with a shelf for a flash and no network; signs are read from the records
it kept. Between acts it naps, as a box on battery does: sensors rest, the tick goes on.
"""

import math
import random
from dataclasses import dataclass, field, replace

from jimpitan_box.box import Box, Identity
from jimpitan_box.calibration import Calibration
from jimpitan_box.config import Config
from jimpitan_box.detector import LID
from jimpitan_box.uptime import TICKS_PERIOD
from jimpitan_wire import cose, down, records

from jimpitan_simulator.physics.acts import OFFICE, TAMPERS, Act
from jimpitan_simulator.physics.battery import Battery
from jimpitan_simulator.physics.cash import COINS, NOTES
from jimpitan_simulator.physics.cell import PERIOD_S, Cell, Strike
from jimpitan_simulator.physics.fall import Throat, merged
from jimpitan_simulator.physics.lid import lid_edges
from jimpitan_simulator.physics.motion import Accelerometer
from jimpitan_simulator.physics.parameters import Ranges, World
from jimpitan_simulator.shelf import Airless, Shelf

SETTLING_S = 4.0
DEPOSITS_A_MONTH = 240
VISITS_A_MONTH = 4
NAME, SECRET = "box-0001", cose.Key(bytes(range(32)))
SIGN_NAMES = {
    records.SIGN_SLOT_BLOCKED: "slot blocked",
    records.SIGN_SLOT_FREED: "slot freed",
    records.SIGN_REVERSE_PASSAGE: "reverse passage",
    records.SIGN_FISHING: "fishing",
    records.SIGN_LID_UNAUTHORISED: "lid unauthorised",
    records.SIGN_WEIGHT_LOSS: "weight loss",
    records.SIGN_MOVED: "moved",
    records.SIGN_SHAKEN: "shaken",
    records.SIGN_TILTED: "tilted",
    records.SIGN_SENSOR_LOST: "sensor lost",
    records.SIGN_BEAM_DEGRADED: "beam degraded",
}
# Told for the record and no alarm by themselves.
NO_ALARM = {"slot freed"}


@dataclass(slots=True)
class GuardedBox:
    """One box with a world of its own."""

    ranges: Ranges
    seed: int
    at_s: float = 1.0
    draw: random.Random = field(init=False)
    world: World = field(init=False)
    _throat: Throat = field(init=False)
    _cell: Cell = field(init=False)
    _motion: Accelerometer = field(init=False)
    _box: Box = field(init=False)
    _shelf: Shelf = field(init=False)
    _seen: int = 0
    _slept_s: float = 0.0
    _visits: int = 0

    def __post_init__(self) -> None:
        draw = self.draw = random.Random(self.seed)
        self.world = self.ranges.draw(draw)
        self._throat = Throat(self.world, draw)
        self._cell = Cell(self.world, draw, zero_g=draw.uniform(500, 3000))
        self._motion = Accelerometer(self.world, draw)
        self._shelf = Shelf(Battery(self.world, draw))
        self._box = Box(
            identity=Identity(NAME, 1, bytes(range(32)), None),
            config=Config(),
            store=self._shelf,
            floor=self._shelf,
            net=Airless(),
            sensors=self._shelf,
            ticks_us=self._ticks(0.0),
            cause=1,
            seed=self.seed,
        )
        self._box.senses.calibrate(self._calibration())
        self._run(Act(seconds=SETTLING_S))

    def _calibration(self) -> Calibration:
        """Return what calibration mode finds with coins: the sensitivity within 0.5 %."""
        found = Calibration()
        found.counts_per_kg = round(self.world["cell.counts"] * self.draw.gauss(1_000, 5))
        return found

    def suffer(self, act: Act) -> list[str]:
        """Let an act happen; return the signs the box raised, in order."""
        self._run(act)
        self._run(Act(seconds=SETTLING_S))
        return self._signs()

    def deposit(self) -> list[str]:
        """Let somebody give."""
        if self.draw.random() < 0.5:
            fall = self._throat.coin(self.draw.choice(COINS), 2.0)
        else:
            fall = self._throat.note(self.draw.choice(NOTES), 2.0)
        act = Act(seconds=max(6.0, fall.lands_s + 4), edges=list(fall.edges))
        self._cell.land(replace(fall, lands_s=fall.lands_s + self.at_s))
        tap = self.world["motion.tap"]
        if not fall.is_note:
            act.shove = lambda at: (0.0, 0.0, tap if 0 <= at - fall.lands_s < 0.15 else 0.0)
        self._run(act)
        return self._signs()

    def collect(self) -> list[str]:
        """Let an authorised collector empty the box."""
        self._visits += 1
        self._allow()
        closed = self.draw.uniform(25, 120)
        act = Act(seconds=closed + 8, lid=[(3.0, True), (closed, False)])
        act.strikes.append(Strike(10.0, -self.draw.uniform(50, 500), 0.0))
        act.tilt_degrees = lambda at: 30.0 if 12 < at < 20 else 0.0
        return self.suffer(act)

    def _allow(self) -> None:
        """Tell the box of an authorised visit, as the server does."""
        body: dict[int, object] = {down.OPEN_VISIT: self._visits, down.OPEN_VALID_MS: 600_000}
        payload = down.payload(1, self._visits, down.COLLECTION_OPEN, body)
        message = cose.seal(SECRET, cose.external_aad(NAME, 1, cose.DOWN), payload)
        self._box.obey(message, self._box.uptime_ms)

    def nap(self, seconds: float) -> None:
        """Let time pass with sensors at rest; the zero of the cell drifts with the room."""
        self.at_s += seconds
        self._slept_s += seconds
        warmed = 1 - math.exp(-seconds / 60 / self.world["cell.lag"])
        kelvin = self.draw.gauss(0, self.world["room.swing"] / 4) * warmed
        swing = self.world["cell.tempco"] * kelvin
        self._cell.strike(Strike(self.at_s - 13.0, swing, 0.0))
        self._box.wake(int(seconds * 1000), self._ticks(self.at_s))

    def _run(self, act: Act) -> None:
        began = self.at_s
        moments: list[tuple[float, int, object]] = []
        for at_us, beam, broken in merged(act.edges):
            moments.append((began + at_us / 1e6, 0, (beam, broken)))
        for at_s, is_open in act.lid:
            for after_s, level in lid_edges(self.world, self.draw, is_open):
                moments.append((began + at_s + after_s, 0, (LID, level)))
            moments.append((began + at_s + 0.1, 4, None))
        for strike in act.strikes:
            self._cell.strike(Strike(began + strike.at_s, strike.mass_g, strike.blow_gs))
        steps = int(act.seconds / PERIOD_S)
        moments += [(began + index * PERIOD_S, 2, None) for index in range(steps)]
        # The accelerometer is read with the scale, ten times a second.
        for at_s, kind, content in sorted(moments, key=lambda one: one[:2]):
            self._step(act, at_s, at_s - began, kind, content)
        self.at_s = began + act.seconds

    def _step(self, act: Act, at_s: float, past_s: float, kind: int, content: object) -> None:
        ticks_us = self._ticks(at_s)
        if kind == 0:
            assert isinstance(content, tuple)
            channel, level = content
            self._box.step(ticks_us, [(channel, level, ticks_us)])
        elif kind == 2:
            raw = self._cell.read(at_s)
            if act.is_scale_stuck is not None and act.is_scale_stuck(past_s):
                raw = -1
            is_dead = act.is_scale_dead is not None and act.is_scale_dead(past_s)
            is_numb = act.is_motion_dead is not None and act.is_motion_dead(past_s)
            tilt = act.tilt_degrees(past_s) if act.tilt_degrees else 0.0
            shove = act.shove(past_s) if act.shove else (0.0, 0.0, 0.0)
            sample = self._motion.read(shove, tilt)
            self._box.step(
                ticks_us,
                [],
                conversions=[] if is_dead else [raw],
                motions=[] if is_numb else [sample],
            )
        else:
            self._box.step(ticks_us, [])

    def _ticks(self, at_s: float) -> int:
        """Return the tick, which stands still in a nap."""
        return int((at_s - self._slept_s) * 1e6) % TICKS_PERIOD

    def _signs(self) -> list[str]:
        """Return the names of the signs in the records kept since the last call."""
        found = []
        journal = self._box.keeper.journal
        while self._seen < journal.last_seq:
            envelopes, after = journal.read(self._seen + 1, 20, 1 << 20)
            for envelope in envelopes:
                fields = records.parse(cose.payload_of(envelope))
                body = fields[records.BODY]
                assert isinstance(body, dict)
                if fields[records.KIND] == records.TAMPER:
                    sign = body[records.TAMPER_SIGN]
                    assert isinstance(sign, int)
                    found.append(SIGN_NAMES[sign])
            self._seen = max(self._seen + len(envelopes), after - 1)
            if not envelopes:
                break
        return [name for name in found if name not in NO_ALARM]


def tamper_trial(name: str, seed: int, ranges: Ranges) -> list[str]:
    """Let one kind of tampering happen to one box; return the signs it raised."""
    box = GuardedBox(ranges, seed)
    return box.suffer(TAMPERS[name][0](box.world, box.draw))


def office_month(seed: int, ranges: Ranges) -> list[tuple[str, str]]:
    """Let one box stand in an office for a month with nobody stealing.

    Returns (what happened, sign) of every alarm.
    """
    box = GuardedBox(ranges, seed)
    names = [make.__name__ for make, times in OFFICE for _ in range(times)]
    names += ["deposit"] * DEPOSITS_A_MONTH + ["collection"] * VISITS_A_MONTH
    box.draw.shuffle(names)
    acts = {make.__name__: make for make, _ in OFFICE}
    alarms = []
    for name in names:
        if name == "deposit":
            signs = box.deposit()
        elif name == "collection":
            signs = box.collect()
        else:
            signs = box.suffer(acts[name](box.world, box.draw))
        alarms += [(name, sign) for sign in signs]
        box.nap(30 * 86_400 / len(names) * box.draw.uniform(0.2, 1.8))
    return alarms
