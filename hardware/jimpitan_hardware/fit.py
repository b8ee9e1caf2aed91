"""Whether what is bought fits where it is put: under the strip, behind the throat, in the bay."""

from collections.abc import Sequence

import manifold3d
from shapely import affinity
from shapely.geometry import Polygon

from jimpitan_hardware import boards, head, modules, throat
from jimpitan_hardware.modules import Module
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import Solid, bar, level
from jimpitan_hardware.stack import Stack

TOUCH_MM3 = 1e-3
# UIN Jakarta (openjournal.unpam 45280): a TCS34725 named 85 % of notes at 10 mm, 57 % at 5 mm and
# 42 % at 15 mm; 2 mm either way of 10 is our estimate of what still does.
COLOUR_MM = (8.0, 12.0)
COVER_CLEAR_MM = 5.0  # between the controller's highest part and the cover: wires cross it
UNDER_MM = 10.0  # a transistor with bent legs, or a jumper, under the controller
BITE_MM = 2.0  # of thread in a plate, at least
BEHIND_PLATE_MM = 2.0  # a screw may come out so far behind a plate that stands free


def _from_above(solid: Solid) -> Polygon:
    """A part that lies level, as it is seen from above."""
    return affinity.translate(solid.outline, *solid.plane.origin[:2])


def check_head(solids: Sequence[Solid], s: Sizes) -> list[str]:
    """Light, sound and screen have their holes in the strip, and touch it or the bezel."""
    named = {solid.name: solid for solid in solids}
    strip = _from_above(named["strip"])
    places = {f"light {number}": [place] for number, place in enumerate(head.light_places(s), 1)}
    places |= {"buzzer": [head.buzzer_place(s)], "speaker": head.sound_places(s)}
    wrong = []
    for name, holes in places.items():
        part = named.get(name)
        if part is None:
            wrong.append(f"{name} has no place under the strip.")
            continue
        below = _from_above(part)
        if any(not below.contains(bar(x - 1, y - 1, x + 1, y + 1)) for x, y in holes):
            wrong.append(f"{name} does not lie under its hole.")
        if any(strip.intersects(bar(x - 0.5, y - 0.5, x + 0.5, y + 0.5)) for x, y in holes):
            wrong.append(f"The strip is not drilled over {name}.")
        top = part.plane.origin[2] + part.height_mm
        if abs(top - (s.height_mm - s.thickness_mm)) > 0.01:
            wrong.append(f"{name} does not touch the strip.")
    return wrong


def check_screen(solids: Sequence[Solid], s: Sizes) -> list[str]:
    """All that is lit of the screen is seen from above, through nothing but clear acrylic."""
    named = {solid.name: solid for solid in solids}
    if "screen" not in named:
        return ["The screen has no place."]
    top = named["screen"].plane.origin[2] + named["screen"].height_mm
    seen = Solid(
        name="sight",
        outline=head.screen_seen(s),
        plane=level(top),
        height_mm=s.height_mm + 50 - top,
        material="room",
    ).body()
    wrong = [
        f"{solid.name} hides the screen."
        for solid in solids
        if solid.material != "clear" and (seen ^ solid.body()).volume() > TOUCH_MM3
    ]
    if not _from_above(named["screen"]).contains(head.screen_seen(s)):
        wrong.append("What is lit of the screen is not where the bezel shows it.")
    for place in head.screen_screws(s):
        middle = bar(place[0] - 0.1, place[1] - 0.1, place[0] + 0.1, place[1] + 0.1)
        if _from_above(named["screen bezel"]).intersects(middle):
            wrong.append("The bezel has no thread for a screw of the screen.")
    return wrong


def colour_apart_mm(solids: Sequence[Solid], s: Sizes) -> float | None:
    """Return how far the colour sensor's board is from a note in the middle of the throat."""
    sensor = next((one for one in solids if one.name == "colour sensor"), None)
    if sensor is None:
        return None
    return sensor.plane.origin[1] - sensor.height_mm - s.slot_y_mm


def check_colour(solids: Sequence[Solid], s: Sizes) -> list[str]:
    """The colour sensor looks at the cash through the pane alone, from about 10 mm."""
    apart = colour_apart_mm(solids, s)
    if apart is None:
        return ["The colour sensor has no place."]
    wrong = []
    low, high = COLOUR_MM
    if not low <= apart <= high:
        wrong.append(f"The colour sensor is {apart:.1f} mm from the cash, not {low} to {high}.")
    sensor = next(one for one in solids if one.name == "colour sensor")
    middle = sensor.outline.centroid
    line = manifold3d.Manifold.cylinder(apart - 0.01, 2.5).rotate((-90, 0, 0))
    sight = line.translate((middle.x, s.slot_y_mm, middle.y))
    for solid in solids:
        if solid.material != "clear" and (sight ^ solid.body()).volume() > TOUCH_MM3:
            wrong.append(f"{solid.name} stands before the colour sensor.")
    pane = next((one for one in solids if one.name == "throat pane"), None)
    face = throat.faces_y(s)[1]
    if pane is None or abs(pane.plane.origin[1] - pane.height_mm - face) > 0.01:
        wrong.append("The pane is not flush with the throat: a note catches in it.")
    elif abs(pane.outline.symmetric_difference(throat.colour_window(s)).area) > 0.01:
        wrong.append("The pane does not fill its window.")
    return wrong


def _module_board() -> Module:
    return next(one for one in modules.load() if one.name == "module board")


def check_stack(solids: Sequence[Solid], s: Sizes) -> list[str]:
    """Under the cover there is room for the controller on its sockets, plugs and their wires."""
    stack = Stack(s, _module_board())
    cover = next(one for one in solids if one.name == "cover")
    inner = cover.plane.origin[1] - cover.height_mm
    named = {solid.name: solid for solid in solids}
    fitted = ("controller", "top of controller", "socket 1", "socket 2")
    wrong = [f"{name} is not on the module board." for name in fitted if name not in named]
    if (room_mm := stack.under_mm()) < UNDER_MM:
        wrong.append(f"Under the controller are {room_mm:.1f} mm for parts of {UNDER_MM:.0f}.")
    for name in (one for one in fitted[:2] if one in named):
        clear = inner - named[name].plane.origin[1]
        if clear < COVER_CLEAR_MM:
            wrong.append(f"{name} is {clear:.1f} mm from the cover.")
    others = [(one, one.body()) for one in solids if not one.name.startswith("plug")]
    for room in stack.bends():
        body = room.body()
        wrong += [
            f"{one.name} is where {room.name} turn."
            for one, other in others
            if (body ^ other).volume() > TOUCH_MM3
        ]
    return wrong


def check_usb(solids: Sequence[Solid], s: Sizes) -> list[str]:
    """With the cover off, an angled USB plug goes into either socket of the fitted controller."""
    there = [(one, one.body()) for one in solids if one.group != "cover"]
    return [
        f"{one.name} is where {room.name} goes."
        for room in Stack(s, _module_board()).usb()
        for one, other in there
        if (room.body() ^ other).volume() > TOUCH_MM3
    ]


def check_studs(solids: Sequence[Solid], s: Sizes) -> list[str]:
    """Each module's screw goes through its hole, and its nut or thread has enough to bite."""
    named = {solid.name: solid for solid in solids}
    wrong = []
    for module in boards.fitted(modules.load()):
        if module.fixed == "tie":
            continue
        kind = "stud" if module.fixed == "stud" else "screw"
        for number in range(1, len(module.holes) + 1):
            name = f"{kind} of {module.name} {number}"
            screw = named.get(name)
            if screw is None:
                wrong.append(f"{name} is missing.")
            elif kind == "stud":
                wrong += _loose(name, screw, named)
            else:
                bites = modules.origin(s, module.plate)[1] - (
                    screw.plane.origin[1] - screw.height_mm
                )
                beyond = 0.0 if module.plate == "behind" else BEHIND_PLATE_MM
                if not BITE_MM <= bites <= s.thickness_mm + beyond + 0.01:
                    wrong.append(f"{name} is {bites:.1f} mm in its plate.")
    return wrong


def _loose(name: str, screw: Solid, named: dict[str, Solid]) -> list[str]:
    """Whether the outer nut of a stud is on its thread in full."""
    nut = named.get(f"outer nut of {name}")
    if nut is None or nut.plane.origin[1] > screw.plane.origin[1] + 0.01:
        return [f"{name} is too short for its outer nut."]
    return []
