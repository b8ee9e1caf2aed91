"""What people do to a box besides giving: raw streams of thieves, visitors and failing parts.

Each act is a story of a few seconds to minutes told to the sensors only: edges of beams, strikes
on the plate, acceleration and lid switch. `TAMPERS` lists thieves and failing parts, `OFFICE`
what is harmless.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from jimpitan_box.detector import BEAM_A, BEAM_B

from jimpitan_simulator.physics.cell import Strike
from jimpitan_simulator.physics.fall import Edge
from jimpitan_simulator.physics.parameters import World

Shove = Callable[[float], tuple[float, float, float]]  # seconds of the act -> mg on three axes
GRAVITY_MG = 1000.0


@dataclass(slots=True)
class Act:
    """One story; all times are seconds from its beginning."""

    seconds: float
    edges: list[Edge] = field(default_factory=list)
    strikes: list[Strike] = field(default_factory=list)
    lid: list[tuple[float, bool]] = field(default_factory=list)
    shove: Shove | None = None
    tilt_degrees: Callable[[float], float] | None = None
    is_scale_dead: Callable[[float], bool] | None = None
    is_scale_stuck: Callable[[float], bool] | None = None
    is_motion_dead: Callable[[float], bool] | None = None


def _us(seconds: float) -> int:
    return round(seconds * 1e6)


def fishing(world: World, draw: random.Random) -> Act:
    """A wire with glue goes down the slot, wiggles, and comes up with a note or two."""
    act = Act(seconds=40)
    at = 2.0
    for _ in range(draw.randint(2, 6)):
        down = draw.uniform(1.0, 6.0)
        act.edges += [(_us(at), BEAM_A, True), (_us(at + 0.15), BEAM_B, True)]
        up = at + down
        act.edges += [(_us(up), BEAM_B, False), (_us(up + 0.12), BEAM_A, False)]
        if draw.random() < 0.6:
            lost = draw.uniform(0.7, 5.0)
            act.strikes.append(Strike(up - 0.3, -lost, 0.0))
        at = up + draw.uniform(0.4, 2.0)
    if not act.strikes:
        act.strikes.append(Strike(at - 1.0, -draw.uniform(0.7, 5.0), 0.0))
    # He touches the plate with the wire; it is calm again after he left.
    act.strikes.append(Strike(3.0, draw.uniform(1, 8), 0.0))
    act.strikes.append(Strike(at, -act.strikes[-1].mass_g, 0.0))
    act.seconds = at + 8
    return act


def fished_by_hook(world: World, draw: random.Random) -> Act:
    """A flat hook slips by the beams; only the mass tells."""
    lost = draw.uniform(0.7, 5.0)
    return Act(seconds=12, strikes=[Strike(3.0, -lost, 0.0)])


def lid_picked(world: World, draw: random.Random) -> Act:
    """The lock is picked, the money taken, and the lid closed again."""
    opened = 2.0
    closed = opened + draw.uniform(10, 40)
    act = Act(seconds=closed + 6, lid=[(opened, True), (closed, False)])
    act.strikes.append(Strike(opened + 5, -draw.uniform(20, 400), 0.0))
    return act


def lid_pried(world: World, draw: random.Random) -> Act:
    """The lid is pried while a magnet holds the reed; money goes, the switch says closed."""
    act = Act(seconds=30)
    strength = draw.uniform(200, 800)
    act.shove = lambda at: (
        0.0,
        strength * _burst(at, 2.0, 1.2, 9.0),
        strength * 0.5 * _burst(at, 2.1, 1, 7),
    )
    act.strikes.append(Strike(6.0, -draw.uniform(5, 400), 0.0))
    return act


def carried_off(world: World, draw: random.Random) -> Act:
    """Somebody takes the box under the arm and walks."""
    strength, pace = world["motion.carry"], draw.uniform(1.5, 2.2)
    tilt = draw.uniform(20, 90)
    seconds = draw.uniform(10, 30)
    act = Act(seconds=seconds)
    act.shove = lambda at: (
        strength * 0.5 * math.sin(2 * math.pi * pace * at) if at > 2 else 0.0,
        0.0,
        strength * math.sin(4 * math.pi * pace * at) if at > 2 else 0.0,
    )
    act.tilt_degrees = lambda at: 0.0 if at < 2 else min(tilt, (at - 2) * tilt)
    for index in range(int(seconds - 2) * 4):
        act.strikes.append(Strike(2 + index / 4, draw.uniform(-150, 150), 0.0))
    return act


def shaken(world: World, draw: random.Random) -> Act:
    """Somebody shakes the box to get something out of the slot."""
    strength, pace = world["motion.shake"], draw.uniform(2, 6)
    seconds = draw.uniform(4, 12)
    act = Act(seconds=seconds + 6)

    def shove(at: float) -> tuple[float, float, float]:
        if not 2 < at < 2 + seconds:
            return 0.0, 0.0, 0.0
        return strength * math.sin(2 * math.pi * pace * at), strength * 0.4, 0.0

    act.shove = shove
    for index in range(int(seconds * 4)):
        sway = draw.uniform(-80, 80)
        act.strikes += [Strike(2 + index / 4, sway, 0.0), Strike(2.1 + index / 4, -sway, 0.0)]
    return act


def tilted(world: World, draw: random.Random) -> Act:
    """The box is laid on its side, slowly."""
    tilt = draw.uniform(20, 90)
    act = Act(seconds=20)
    act.tilt_degrees = lambda at: 0.0 if at < 2 else min(tilt, (at - 2) * tilt / 2)
    act.strikes.append(Strike(3.0, -draw.uniform(50, 500), 0.0))
    return act


def slot_blocked(world: World, draw: random.Random) -> Act:
    """A note sticks in the slot, or is stuck there."""
    act = Act(seconds=14)
    act.edges.append((_us(2.0), BEAM_A, True))
    if draw.random() < 0.5:
        act.edges.append((_us(2.3), BEAM_B, True))
        act.edges.append((_us(13.0), BEAM_B, False))
    act.edges.append((_us(12.9), BEAM_A, False))
    return act


def sun(world: World, draw: random.Random) -> Act:
    """The sun shines through the acrylic: dropouts of 1 to 20 ms, many of them."""
    act = Act(seconds=60)
    at = 1.0
    beam = draw.choice((BEAM_A, BEAM_B))
    while at < 55:
        dwell = draw.uniform(0.001, 0.020)
        act.edges += [(_us(at), beam, True), (_us(at + dwell), beam, False)]
        at += dwell + draw.expovariate(1.2) + 0.025
    return act


def scale_unplugged(world: World, draw: random.Random) -> Act:
    """The plug of the scale is pulled: no conversions, or always the same."""
    act = Act(seconds=20)
    if draw.random() < 0.5:
        act.is_scale_dead = lambda at: at > 2
    else:
        act.is_scale_stuck = lambda at: at > 2
    return act


def motion_unplugged(world: World, draw: random.Random) -> Act:
    """The accelerometer does not answer any more."""
    return Act(seconds=14, is_motion_dead=lambda at: at > 2)


TAMPERS: dict[str, tuple[Callable[[World, random.Random], Act], frozenset[str]]] = {
    "fishing": (fishing, frozenset({"fishing"})),
    "fished by hook": (fished_by_hook, frozenset({"weight loss", "fishing"})),
    "lid picked": (lid_picked, frozenset({"lid unauthorised"})),
    "lid pried": (lid_pried, frozenset({"weight loss"})),
    "carried off": (carried_off, frozenset({"moved"})),
    "shaken": (shaken, frozenset({"shaken", "moved"})),
    "tilted": (tilted, frozenset({"tilted", "moved"})),
    "slot blocked": (slot_blocked, frozenset({"slot blocked"})),
    "sun": (sun, frozenset({"beam degraded"})),
    "scale unplugged": (scale_unplugged, frozenset({"sensor lost"})),
    "motion unplugged": (motion_unplugged, frozenset({"sensor lost"})),
}


# ---- what happens in any office, and is no alarm ------------------------------------------


def bump(world: World, draw: random.Random) -> Act:
    """Somebody pushes against the table."""
    strength = world["motion.bump"]
    act = Act(seconds=7)
    act.shove = lambda at: (strength * _burst(at, 2.0, 0.25, 11.0), 0.0, 0.0)
    for index in range(6):
        sway = draw.uniform(-30, 30) / (index + 1)
        act.strikes += [Strike(2 + index / 12, sway, 0.0), Strike(2.04 + index / 12, -sway, 0.0)]
    return act


def lean(world: World, draw: random.Random) -> Act:
    """A hand rests on the lid while its owner looks for a coin."""
    lasts, weight = draw.uniform(1, 8), draw.uniform(50, 800)
    act = Act(seconds=lasts + 8)
    act.strikes = [Strike(2.0, weight, 0.0), Strike(2.0 + lasts, -weight, 0.0)]
    return act


def bag(world: World, draw: random.Random) -> Act:
    """Something is put on the lid and taken away after a while."""
    lasts, weight = draw.uniform(20, 120), draw.uniform(60, 900)
    act = Act(seconds=lasts + 8)
    act.strikes = [Strike(2.0, weight, 0.0), Strike(2.0 + lasts, -weight, 0.0)]
    act.shove = lambda at: (60 * _burst(at, 2.0, 0.2, 9), 0.0, 90 * _burst(at, 2.0, 0.2, 13))
    return act


def remote_control(world: World, draw: random.Random) -> Act:
    """Somebody changes the channel."""
    act = Act(seconds=5)
    at = 1.0
    for _ in range(draw.randint(3, 12)):
        dwell = draw.uniform(0.0005, 0.009)
        act.edges += [(_us(at), BEAM_A, True), (_us(at + dwell), BEAM_A, False)]
        at += dwell + draw.uniform(0.02, 0.1)
    return act


def rim(world: World, draw: random.Random) -> Act:
    """A coin bounces on the rim and falls beside the box."""
    act = Act(seconds=7)
    dwell = draw.uniform(world["throat.rim_low"], world["throat.rim_high"]) / 1000
    act.edges = [(_us(2.0), BEAM_A, True), (_us(2.0 + dwell), BEAM_A, False)]
    act.shove = lambda at: (0.0, 0.0, world["motion.tap"] * _burst(at, 2.0, 0.1, 15))
    return act


def cooler(world: World, draw: random.Random) -> Act:
    """A cooler starts: the zero of the cell creeps for minutes."""
    act = Act(seconds=240)
    whole = world["cell.tempco"] * world["room.cooler"] * 0.2
    act.strikes = [Strike(2 + index, whole / 230, 0.0) for index in range(230)]
    return act


def quiet(world: World, draw: random.Random) -> Act:
    """Nothing at all, for some minutes."""
    return Act(seconds=draw.uniform(60, 240))


# What happens in a month, EST: (act, times).
OFFICE = (
    (bump, 60),
    (lean, 60),
    (bag, 12),
    (remote_control, 20),
    (rim, 20),
    (cooler, 6),
    (quiet, 40),
)


def _burst(at: float, start: float, lasts: float, pace: float) -> float:
    """Return a shove that rings and dies down, between -1 and 1."""
    past = at - start
    if not 0 <= past <= lasts:
        return 0.0
    return math.cos(2 * math.pi * pace * past) * math.exp(-3 * past / lasts)
