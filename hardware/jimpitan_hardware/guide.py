"""The order in which a box is put together: which parts come in each step, and their pictures.

The words stand in `panduan-merakit.md`; this is what its pictures are painted from, and what
proves that no part is forgotten and that nothing stands in the way.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import manifold3d
import numpy

from jimpitan_hardware.painter import View
from jimpitan_hardware.solids import Numbers, Solid

PICTURE = (400, 440)
THROAT = ("cheek", "throat front", "throat back", "throat pane", "chute")
STUDS = ("stud", "head of stud", "nut of stud")
BAY = (*THROAT, "bay", "module plate", *STUDS, "sender", "receiver", "cover frame")
# What comes in as one piece, in this order; controller and plugs stand on the module board.
MODULES = (
    "colour sensor",
    "amplifier",
    "scale converter",
    "motion sensor",
    "charger",
    "battery holder",
    "module board",
)
ON_BOARD = ("socket", "controller", "top of controller", "plug", "capacitor")
FASTENED = ("outer nut", "screw of")
WITH_MODULE = {"charger": ("surge diode",)}  # soldered to it before it comes in
FITTED = (*MODULES, *ON_BOARD, "surge diode", "top of", *FASTENED)
UNDER_STRIP = ("light", "buzzer", "speaker", "screen", "screw of screen")
NEW = {"clear": "new clear", "black": "new black"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: what is put in, by the beginning of the names, and from where it is shown."""

    name: str
    parts: tuple[str, ...]
    view: View
    alone: bool = False  # shown without what was built before
    along: tuple[str, ...] = ()  # what of the earlier steps is shown nevertheless
    apart: tuple[float, float, float] = (0.0, 0.0, 0.0)  # what is new is drawn on its way in


FRONT, BEHIND, UNDER = View(-32, 26), View(150, 28), View(-35, 18)
STEPS: tuple[Step, ...] = (
    Step(name="tenggorokan", parts=THROAT, view=View(-58, 16), alone=True),
    Step(
        name="lidah",
        parts=("rod", "leaf"),
        view=View(-40, 8),
        alone=True,
        along=THROAT,
        apart=(0, -40, 0),
    ),
    Step(
        name="ruang elektronik",
        parts=("bay floor", "bay front", "module plate", *STUDS),
        view=View(140, 22),
        alone=True,
        along=(*THROAT, "rod", "leaf"),
    ),
    Step(name="sinar", parts=("sender", "receiver", "module plate behind"), view=View(140, 22)),
    Step(name="dinding", parts=("back", "left", "right", "cover frame"), view=FRONT),
    Step(name="bagian dalam", parts=("rail", "reed", "duct", "skirt"), view=FRONT),
    Step(name="depan", parts=("front", "catch"), view=FRONT, apart=(0, -70, 0)),
    Step(
        name="kepala",
        parts=("strip", "strip leaf", "knuckle", *UNDER_STRIP),
        view=View(-24, -42),
        alone=True,
        along=("cheek", "throat", "bay", "cover frame"),
        apart=(0, 0, 60),
    ),
    Step(
        name="tutup", parts=("lid", "lip", "magnet", "lock", "cam"), view=FRONT, apart=(0, 0, 45)
    ),
    Step(name="pelat timbangan", parts=("plate", "block"), view=UNDER),
    Step(name="lantai", parts=("floor", "cell", "spacer", "stop"), view=UNDER, apart=(0, 0, -80)),
    Step(name="modul", parts=FITTED, view=BEHIND, alone=True, along=BAY, apart=(0, 70, 0)),
    Step(
        name="penutup dan stiker",
        parts=("cover",),
        view=BEHIND,
        alone=True,
        along=(*BAY, *FITTED),
        apart=(0, 60, 0),
    ),
)


def step_of(solid: Solid) -> int | None:
    """Return the number of the step that puts a part in, by the longest name that fits."""
    best: tuple[int, int] | None = None
    for number, step in enumerate(STEPS):
        for part in step.parts:
            if solid.name.startswith(part) and (best is None or len(part) > best[0]):
                best = (len(part), number)
    return None if best is None else best[1]


def shown(solids: Sequence[Solid], number: int) -> list[Solid]:
    """Return what a step's picture shows: what is new coloured, what was there as it is."""
    step = STEPS[number]
    found = []
    for solid in solids:
        when = step_of(solid)
        if when == number:
            fresh = replace(solid, material=NEW.get(solid.material, "new part"))
            found.append(fresh.moved(*step.apart))
        elif (
            when is not None
            and when < number
            and (not step.alone or solid.name.startswith(step.along or ("-",)))
        ):
            found.append(solid)
    return found


def check_steps(solids: Sequence[Solid]) -> list[str]:
    """Every part comes in exactly one step, and every step brings something."""
    wrong = [f"No step puts in {solid.name}." for solid in solids if step_of(solid) is None]
    for number, step in enumerate(STEPS):
        if not any(step_of(solid) == number for solid in solids):
            wrong.append(f"Step {step.name} puts in nothing.")
    return wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What comes in along a straight way: the parts of some steps, past what is there by then."""

    what: str
    steps: tuple[str, ...]
    there: str  # everything up to this step is in place
    out: tuple[float, float, float]


WAYS = (
    Way(
        what="the throat, from below into the bay's floor",
        steps=("tenggorokan", "lidah"),
        there="ruang elektronik",
        out=(0, 0, -130),
    ),
    Way(what="the floor, from below", steps=("lantai",), there="lantai", out=(0, 0, -90)),
    Way(
        what="the cover, from behind",
        steps=("penutup dan stiker",),
        there="penutup dan stiker",
        out=(0, 60, 0),
    ),
)
PLACES = 13  # tried along each way
TOUCH_MM3 = 1e-3
ASIDE_MM = 6.0  # a module is pushed to the middle so far before it is pulled out
OFF_STUDS_MM = 6.2  # so far it is pulled straight before, off its studs


def check_ways(solids: Sequence[Solid]) -> list[str]:
    """What is put in along a straight way meets nothing on it."""
    numbers = {step.name: number for number, step in enumerate(STEPS)}
    wrong = []
    for way in WAYS:
        coming = {numbers[name] for name in way.steps}
        moving = [solid for solid in solids if step_of(solid) in coming]
        there = [
            solid
            for solid in solids
            if (number := step_of(solid)) is not None
            and number <= numbers[way.there]
            and number not in coming
        ]
        wrong += _struck(way.what, moving, there, way.out)
    return wrong


def check_modules_in(solids: Sequence[Solid], order: Sequence[str] = MODULES) -> list[str]:
    """Each module comes in through the window, past those that are fitted before it.

    It is pushed onto its studs, either straight from the window or from a little aside.
    """
    modul = next(number for number, step in enumerate(STEPS) if step.name == "modul")
    there = [one for one in solids if (step_of(one) or 0) < modul]
    middle = max(one.outline.bounds[2] for one in solids if one.name == "front") / 2
    wrong = []
    for name in order:
        module = [one for one in solids if _is_of(one, name)]
        aside = ASIDE_MM if module[0].outline.centroid.x < middle else -ASIDE_MM
        wrong += _struck(name, module, there, (0.0, OFF_STUDS_MM, 0.0))
        off = [one.moved(0, OFF_STUDS_MM, 0) for one in module]
        faults = [
            _struck(name, [one.moved(x, 0, 0) for one in off], there, (0.0, 60.0, 0.0))
            for x in (0.0, aside)
        ]
        if all(faults):
            wrong += faults[0]
        there += [*module, *(one for one in solids if _fastens(one, name))]
    return wrong


def _fastens(solid: Solid, module: str) -> bool:
    """Whether a part is a screw or an outer nut that holds a module, put on when it is in."""
    return solid.name.startswith(FASTENED) and f"of {module} " in solid.name


def _is_of(solid: Solid, module: str) -> bool:
    """Whether a part comes in with a module."""
    with_board = module == "module board" and solid.name.startswith(ON_BOARD)
    return with_board or solid.name in (module, f"top of {module}", *WITH_MODULE.get(module, ()))


def _union(solids: Sequence[Solid]) -> manifold3d.Manifold:
    return manifold3d.Manifold.batch_boolean(
        [solid.body() for solid in solids], manifold3d.OpType.Add
    )


def _struck(
    what: str,
    moving: Sequence[Solid],
    there: Sequence[Solid],
    way: tuple[float, float, float],
) -> list[str]:
    """Try places along a way; only what the way passes is looked at."""
    bodies = [(solid.name, solid.body()) for solid in moving]
    boxes = numpy.array([body.bounding_box() for _, body in bodies])
    low = boxes[:, :3].min(axis=0) + numpy.minimum(0.0, way)
    high = boxes[:, 3:].max(axis=0) + numpy.maximum(0.0, way)
    near = _union([solid for solid in there if _is_between(solid, low, high)])
    for place in range(PLACES):
        at = tuple(length * place / (PLACES - 1) for length in way)
        struck = [
            name for name, body in bodies if (near ^ body.translate(at)).volume() > TOUCH_MM3
        ]
        if struck:
            return [f"{what}: {', '.join(struck)} strikes something on the way."]
    return []


def _is_between(solid: Solid, low: Numbers, high: Numbers) -> bool:
    box = numpy.array(solid.body().bounding_box())
    return bool((box[:3] < high).all() and (low < box[3:]).all())
