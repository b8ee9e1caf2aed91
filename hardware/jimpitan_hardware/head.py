"""What lies under the head strip: lights, buzzer, and the optional speaker and screen.

Between hinge leaf and cover frame there are 21 mm. Left of the throat lie two lights and the
screen, right of it two lights, the speaker and the buzzer; the strip is clear over the screen
and drilled over the others. Sizes of bought parts are as commonly sold, unverified.
"""

from shapely.geometry import Polygon

from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import Solid, bar, disc, level, without

LIGHT_MM, LIGHT_THICK_MM, LIGHT_HOLE_MM = 10.0, 2.4, 5.0  # WS2812 on a round board
BUZZER_MM, BUZZER_THICK_MM, BUZZER_HOLE_MM = 12.6, 6.9, 3.0  # piezo in a case
SPEAKER_MM, SPEAKER_THICK_MM = 20.0, 5.0
SOUND_HOLE_MM, SOUND_PITCH_MM = 2.0, 4.5  # seven holes; 2 mm is less than any coin
SCREEN_MM, SCREEN_THICK_MM = (27.3, 27.8), 3.4  # SSD1306 of 0.96 inch, glass included
SCREEN_SEEN_MM = (21.8, 10.9)  # what is lit, its upper edge 6.3 mm from the board's
SCREEN_SEEN_DOWN_MM = 6.3
SCREEN_HOLES_MM, SCREEN_HOLE_IN_MM = 23.5, 2.0  # apart along x; from the upper edge
SCREEN_SCREW_MM, SCREEN_THREAD_MM = 2.0, 1.6  # M2, cut into the bezel
SCREEN_SCREW_LONG_MM = 6.0
GLASS_MM, BOARD_MM = 1.4, 1.2  # of the screen: what the screws go through
ROW_MM = (5.3, 16.0)  # the lights' two rows, behind the hinge leaf


def light_places(s: Sizes) -> list[tuple[float, float]]:
    """Where the four lights shine through the strip (x, y): left pair, then right pair."""
    rows = [s.strip_y_mm + s.leaf_mm + row for row in ROW_MM]
    return [(x, y) for x in (10.0, s.width_mm - 10) for y in rows]


def buzzer_place(s: Sizes) -> tuple[float, float]:
    """The middle of the buzzer (x, y), right of the throat."""
    return (s.width_mm - 46, s.strip_y_mm + s.leaf_mm + 11)


def speaker_place(s: Sizes) -> tuple[float, float]:
    """The middle of the speaker (x, y), between buzzer and lights."""
    return (s.width_mm - 26.5, s.strip_y_mm + s.leaf_mm + 11)


def sound_places(s: Sizes) -> list[tuple[float, float]]:
    """The seven holes over the speaker (x, y)."""
    x, y = speaker_place(s)
    across, along = SOUND_PITCH_MM / 2, SOUND_PITCH_MM * 0.866
    ring = [(-2, 0), (2, 0), (-1, -1), (1, -1), (-1, 1), (1, 1)]
    return [(x, y), *((x + a * across, y + b * along) for a, b in ring)]


def holes(s: Sizes) -> list[Polygon]:
    """Everything that is drilled into the strip for lights and sound."""
    lights = [disc(*place, LIGHT_HOLE_MM) for place in light_places(s)]
    sound = [disc(*place, SOUND_HOLE_MM) for place in sound_places(s)]
    return [*lights, disc(*buzzer_place(s), BUZZER_HOLE_MM), *sound]


def screen_room(s: Sizes) -> tuple[float, float, float, float]:
    """The screen's board from above: left, near, right, far. Letters stand upright in front."""
    middle, far = 34.0, s.strip_y_mm + s.leaf_mm + 20.6
    return (middle - SCREEN_MM[0] / 2, far - SCREEN_MM[1], middle + SCREEN_MM[0] / 2, far)


def screen_seen(s: Sizes) -> Polygon:
    """What is lit of the screen, from above."""
    left, _, right, far = screen_room(s)
    middle, top = (left + right) / 2, far - SCREEN_SEEN_DOWN_MM
    wide, high = SCREEN_SEEN_MM
    return bar(middle - wide / 2, top - high, middle + wide / 2, top)


def screen_screws(s: Sizes) -> list[tuple[float, float]]:
    """The two screws of the screen (x, y); the other two holes are under the hinge leaf."""
    left, _, right, far = screen_room(s)
    middle, half = (left + right) / 2, SCREEN_HOLES_MM / 2
    return [(middle - half, far - SCREEN_HOLE_IN_MM), (middle + half, far - SCREEN_HOLE_IN_MM)]


def screen_bezel(s: Sizes) -> Solid:
    """The frame that is glued under the strip: its window shows what is lit, it takes M2."""
    left, _, right, far = screen_room(s)
    near = s.strip_y_mm + s.leaf_mm + 0.4
    x0, y0, x1, y1 = screen_seen(s).bounds
    outline = without(
        bar(left - 3.3, near, right + 3.3, far + 0.5),
        bar(x0 - 0.5, y0 - 0.3, x1 + 0.5, y1 + 0.5),
        *[disc(*place, SCREEN_THREAD_MM) for place in screen_screws(s)],
    )
    return Solid(
        name="screen bezel",
        outline=outline,
        plane=level(s.height_mm - 2 * s.thickness_mm),
        height_mm=s.thickness_mm,
        material="black",
    )


def _under(s: Sizes, name: str, outline: Polygon, thick: float, material: str) -> Solid:
    """A part that touches the strip from below."""
    plane = level(s.height_mm - s.thickness_mm - thick)
    return Solid(name=name, outline=outline, plane=plane, height_mm=thick, material=material)


def sounding(s: Sizes) -> list[Solid]:
    """Lights, buzzer and speaker."""
    lights = [
        _under(s, f"light {number}", disc(x, y, LIGHT_MM - 0.1), LIGHT_THICK_MM, "led")
        for number, (x, y) in enumerate(light_places(s), start=1)
    ]
    buzzer = disc(*buzzer_place(s), BUZZER_MM)
    speaker = disc(*speaker_place(s), SPEAKER_MM)
    return [
        *lights,
        _under(s, "buzzer", buzzer, BUZZER_THICK_MM, "steel"),
        _under(s, "speaker", speaker, SPEAKER_THICK_MM, "steel"),
    ]


def screen(s: Sizes) -> list[Solid]:
    """The screen under its bezel, and its two screws, without thread."""
    top = s.height_mm - 2 * s.thickness_mm
    # The heads of the screws are as wide as its corners are free of parts.
    heads = [bar(x - 2.1, y - 2.1, x + 2.1, y + 2.1) for x, y in screen_screws(s)]
    body = Solid(
        name="screen",
        outline=without(bar(*screen_room(s)), *heads),
        plane=level(top - SCREEN_THICK_MM),
        height_mm=SCREEN_THICK_MM,
        material="board",
    )
    head_z = top - GLASS_MM - BOARD_MM
    screws = [
        Solid(
            name=f"screw of screen {number}",
            outline=disc(x, y, SCREEN_THREAD_MM),
            plane=level(head_z),
            height_mm=SCREEN_SCREW_LONG_MM,
            material="steel",
        )
        for number, (x, y) in enumerate(screen_screws(s), start=1)
    ]
    return [body, *screws]
