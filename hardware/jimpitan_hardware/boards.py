"""The modules in the bay as solids: boards, what stands on them, studs and nuts."""

from shapely.geometry import Polygon

from jimpitan_hardware.modules import Module, origin
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import Solid, bar, disc, facing, without
from jimpitan_hardware.stack import Stack

BOARD_MM = 1.6
STUD_MM = 12.0  # module screws, from the back of the plate
# By the width of a module's hole: thread, and head and nut (across, high); ISO 7045, ISO 4032.
STUDS = {3.2: (3.0, (5.6, 2.0), (6.4, 2.4)), 2.6: (2.5, (5.0, 1.9), (5.8, 2.0))}
STUDS[2.7] = STUDS[2.6]
# Screws in threads that are cut into a plate: hole, diameter of the head, and length.
THREADS = {2.5: (5.6, 6.0), 2.05: (5.0, 5.0)}
SURGE_AT_MM, SURGE_MM = (28.5, 87.4), 3.6  # DO-15 as sold: 3.6 mm across, 7.6 mm long
FLAT_BASE_MM = 2.0  # what the countersunk screws of the battery holder go through


def fitted(modules: tuple[Module, ...]) -> list[Module]:
    """Return the modules that lie in a pilot's box."""
    return [one for one in modules if not one.instead_of]


def _at(s: Sizes, module: Module) -> list[tuple[float, float]]:
    """Where a module's holes lie in the box (x, z)."""
    x, _, z = origin(s, module.plate)
    return [(x + u, z + v) for u, v in module.places()]


def _across(
    name: str, place: tuple[float, float], wide: float, start: float, high: float
) -> Solid:
    """A round thing along y, from a face towards the cover."""
    return Solid(
        name=name,
        outline=disc(*place, wide),
        plane=facing(start + high),
        height_mm=high,
        material="steel",
    )


def _around(place: tuple[float, float], half: float) -> Polygon:
    """A square about a hole: no part stands there, and no sliver is left at a corner."""
    return bar(place[0] - half, place[1] - half, place[0] + half, place[1] + half)


def board(s: Sizes, module: Module) -> list[Solid]:
    """A module: its board with its holes, and its parts, which leave room for nuts and heads."""
    x, y, z = origin(s, module.plate)
    room = module.room()
    outline = type(room)([(u + x, v + z) for u, v in room.exterior.coords])
    places = _at(s, module)
    start = y + module.stands
    thick = min(BOARD_MM, module.deep)
    if module.fixed == "stud":
        head = STUDS[module.hole_mm][2][0]
    else:
        head = THREADS[module.hole_mm][0] if places else 0.0
    holes = [disc(*place, module.hole_mm) for place in places]
    solids = [
        Solid(
            name=module.name,
            outline=without(outline, *holes),
            plane=facing(start + thick),
            height_mm=thick,
            material="board",
        )
    ]
    if module.deep > thick:
        solids.append(
            Solid(
                name=f"top of {module.name}",
                outline=without(outline, *[_around(place, head / 2 + 0.2) for place in places]),
                plane=facing(start + module.deep),
                height_mm=module.deep - thick,
                material="board",
            )
        )
    return solids


def studs(s: Sizes, module: Module) -> list[Solid]:
    """A module's screws from behind its plate: head, shaft, the nut it stands on, its own nut."""
    wide, (head, head_high), (nut, nut_high) = STUDS[module.hole_mm]
    face = origin(s, module.plate)[1]
    back = face - s.thickness_mm
    after = face + module.stands + min(BOARD_MM, module.deep)
    found = []
    for number, place in enumerate(_at(s, module), start=1):
        name = f"stud of {module.name} {number}"
        found += [
            _across(name, place, wide, back, STUD_MM),
            _ring(f"head of {name}", place, (head, 0.0), back - head_high, head_high),
            _ring(f"nut of {name}", place, (nut, wide), face, nut_high),
            _ring(f"outer nut of {name}", place, (nut, wide), after, nut_high),
        ]
    return found


def _ring(
    name: str, place: tuple[float, float], wide: tuple[float, float], start: float, high: float
) -> Solid:
    whole = _across(name, place, wide[0], start, high)
    if not wide[1]:
        return whole
    outline = without(whole.outline, disc(*place, wide[1]))
    return Solid(name=name, outline=outline, plane=whole.plane, height_mm=high, material="steel")


def threaded(s: Sizes, module: Module) -> list[Solid]:
    """A module's screws in threads of its plate: as wide as the core of the thread."""
    _, long = THREADS[module.hole_mm]
    face = origin(s, module.plate)[1]
    through = FLAT_BASE_MM if module.plate == "right" else min(BOARD_MM, module.deep)
    return [
        _across(
            f"screw of {module.name} {number}", place, module.hole_mm, face + through - long, long
        )
        for number, place in enumerate(_at(s, module), start=1)
    ]


def surge_diode(s: Sizes) -> Solid:
    """The suppressor diode at the charger's input, held by its own leads above it."""
    x, y, z = origin(s, "right")
    place = bar(x + SURGE_AT_MM[0], z + SURGE_AT_MM[1], x + SURGE_AT_MM[0] + 9.0, z + 91.0)
    return Solid(
        name="surge diode",
        outline=place,
        plane=facing(y + 2.0 + SURGE_MM),
        height_mm=SURGE_MM,
        material="black part",
    )


def boards(s: Sizes, modules: tuple[Module, ...]) -> list[Solid]:
    """Return every module with its screws, and what stands on the module board."""
    parts = [surge_diode(s)]
    for module in fitted(modules):
        parts += board(s, module)
        if module.fixed == "stud":
            parts += studs(s, module)
        if module.fixed == "thread":
            parts += threaded(s, module)
        if module.name == "module board":
            stack = Stack(s, module)
            parts += [*stack.standing(), *stack.plugs()]
    return parts
