"""The plates in the bay that carry the modules, drilled by `wiring/modules.json`."""

import json
from dataclasses import dataclass
from pathlib import Path

from shapely.geometry import Polygon

from jimpitan_hardware.inside import module_slots, module_spans, module_y
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import Solid, bar, disc, facing, joined, without

SOURCE = Path(__file__).resolve().parent.parent / "wiring" / "modules.json"
PLATE_TOP_MM = 86.0
TIE_MM = (3.0, 1.6)  # a slot that takes a cable tie of 2.5 mm


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
    verified: bool
    source: str
    instead_of: str = ""  # lies where another module would lie, in its place

    def room(self) -> Polygon:
        """Where the module lies on its plate."""
        x, z = self.at
        return bar(x, z, x + self.size[0], z + self.size[1])

    def drilled(self) -> list[Polygon]:
        """What its plate is drilled for: its holes, or a pair of slots beside it for each tie."""
        x, z = self.at
        found = [disc(x + u, z + v, self.hole_mm) for u, v in self.holes]
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
    values = {"hole_mm": 3.2, **fields, "plate": plate}
    for name in ("at", "size", "ties"):
        values[name] = tuple(values[name])  # type: ignore[arg-type]
    values["holes"] = tuple(tuple(hole) for hole in values["holes"])  # type: ignore[attr-defined]
    return Module(**values)  # type: ignore[arg-type]


def module_plates(s: Sizes, modules: tuple[Module, ...]) -> list[Solid]:
    """Return the two plates, standing in the slots of the bay's floor."""
    t = s.thickness_mm
    low = s.bay_floor_z_mm + t
    slots = [slot.bounds for slot in module_slots(s)]
    parts = []
    for name, span in zip(("left", "right"), module_spans(s), strict=True):
        tabs = [bar(x0, low - t, x1, low) for x0, _, x1, _ in slots if span[0] <= x0 <= span[1]]
        body = joined(bar(span[0], low, span[1], low + PLATE_TOP_MM), *tabs)
        holes = [
            _shifted(hole, span[0], low)
            for module in modules
            if module.plate == name
            for hole in module.drilled()
        ]
        parts.append(
            Solid(
                name=f"module plate {name}",
                outline=without(body, *holes),
                plane=facing(module_y(s)),
                height_mm=t,
                material="black",
            )
        )
    return parts


def _shifted(hole: Polygon, x: float, z: float) -> Polygon:
    return Polygon([(u + x, v + z) for u, v in hole.exterior.coords])
