"""The plates in the bay that carry the modules, drilled by `wiring/modules.json`."""

import json
from dataclasses import dataclass
from pathlib import Path

from shapely.geometry import Polygon

from jimpitan_hardware.inside import module_slots, module_spans, module_y
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import Solid, bar, disc, facing, joined, without
from jimpitan_hardware.throat import colour_window, edges_x, faces_y

SOURCE = Path(__file__).resolve().parent.parent / "wiring" / "modules.json"
PLATE_TOP_MM = 91.5  # the screen hangs right above
BEHIND_MM = (52.0, 26.0)  # the plate behind the throat
TIE_MM = (3.0, 1.6)  # a slot that takes a cable tie of 2.5 mm
PLATES = ("left", "right", "behind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A bought board and where it lies on its plate; lengths in mm."""

    name: str
    part: str
    plate: str
    at: tuple[float, float]
    size: tuple[float, float]
    holes: tuple[tuple[float, float], ...]
    hole_mm: float
    ties: tuple[float, ...]
    fixed: str  # stud, thread or tie
    stands: float
    deep: float
    verified: bool
    source: str
    instead_of: str = ""  # lies where another module would lie, in its place

    def room(self) -> Polygon:
        """Where the module lies on its plate."""
        x, z = self.at
        return bar(x, z, x + self.size[0], z + self.size[1])

    def places(self) -> list[tuple[float, float]]:
        """Where its holes lie on the plate: its parts look to the cover, so left is right."""
        x, z = self.at
        return [(x + self.size[0] - u, z + v) for u, v in self.holes]

    def drilled(self) -> list[Polygon]:
        """What its plate is drilled for: its holes, or a pair of slots beside it for each tie."""
        x, z = self.at
        found = [disc(*place, self.hole_mm) for place in self.places()]
        wide, high = TIE_MM
        for v in self.ties:
            for left in (x - high - 0.4, x + self.size[0] + 0.4):
                found.append(bar(left, z + v, left + high, z + v + wide))
        return found


def load(source: Path = SOURCE) -> tuple[Module, ...]:
    """Return the modules in the order of the file."""
    content = json.loads(source.read_text(encoding="utf-8"))
    found = []
    for plate, modules in content["plates"].items():
        for fields in modules:
            found.append(_module(plate, fields))
    return tuple(found)


def _module(plate: str, fields: dict[str, object]) -> Module:
    values = {"hole_mm": 3.2, "ties": (), "holes": (), "stands": 0.0, **fields, "plate": plate}
    for name in ("at", "size", "ties"):
        values[name] = tuple(values[name])  # type: ignore[arg-type]
    values["holes"] = tuple(tuple(hole) for hole in values["holes"])  # type: ignore[attr-defined]
    return Module(**values)  # type: ignore[arg-type]


def origin(s: Sizes, plate: str) -> tuple[float, float, float]:
    """The lower left corner of a plate's face that carries modules (x, y, z)."""
    if plate == "behind":
        return (edges_x(s)[0] + 4.5, faces_y(s)[1] + 2 * s.thickness_mm, s.beam_b_z_mm + 2)
    start = module_spans(s)[PLATES.index(plate)][0]
    return (start, module_y(s), s.bay_floor_z_mm + s.thickness_mm)


def module_plates(s: Sizes, modules: tuple[Module, ...]) -> list[Solid]:
    """Return the plates: two stand in slots of the bay's floor, one is glued to the throat."""
    t = s.thickness_mm
    low = s.bay_floor_z_mm + t
    slots = [slot.bounds for slot in module_slots(s)]
    bodies = {}
    for name, span in zip(("left", "right"), module_spans(s), strict=True):
        tabs = [bar(x0, low - t, x1, low) for x0, _, x1, _ in slots if span[0] <= x0 <= span[1]]
        bodies[name] = joined(bar(span[0], low, span[1], low + PLATE_TOP_MM), *tabs)
    x, _, z = origin(s, "behind")
    bodies["behind"] = without(bar(x, z, x + BEHIND_MM[0], z + BEHIND_MM[1]), colour_window(s))
    return [
        Solid(
            name=f"module plate {name}",
            outline=without(body, *_drilled(s, name, modules)),
            plane=facing(origin(s, name)[1]),
            height_mm=t,
            material="black",
        )
        for name, body in bodies.items()
    ]


def _drilled(s: Sizes, plate: str, modules: tuple[Module, ...]) -> list[Polygon]:
    """Everything that is drilled into a plate, where it lies in the box."""
    x, _, z = origin(s, plate)
    return [
        Polygon([(u + x, v + z) for u, v in hole.exterior.coords])
        for module in modules
        if module.plate == plate
        for hole in module.drilled()
    ]
