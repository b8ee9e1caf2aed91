"""The test fixture: a blade of film that breaks the beams one by one, at marked depths."""

from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import Solid, bar, disc, joined, level, without
from jimpitan_hardware.throat import SIDE_GAP_MM

HANDLE_MM = (100.0, 24.0)
PLAY_MM = 2.0  # how far before and behind a beam its mark is exact


def blade(s: Sizes) -> Solid:
    """A blade for the slot: notches at its edge are level with the strip at each beam."""
    wide = s.slot_width_mm - 2 * SIDE_GAP_MM
    deep = s.beam_a_depth_mm + s.beam_spacing_mm + 15
    body = bar(0, 0, wide, deep)
    extra = (HANDLE_MM[0] - wide) / 2
    handle = bar(-extra, deep, wide + extra, deep + HANDLE_MM[1])
    # Pushed in until a notch is level with the strip, the lower edge is just past the beam.
    marks = [bar(wide - 4, depth - 0.5, wide, depth + 0.5) for depth in mark_depths(s)]
    hang = disc(wide / 2, deep + HANDLE_MM[1] / 2, 8)
    return Solid(
        name="test blade",
        outline=without(joined(body, handle), *marks, hang),
        plane=level(0),
        height_mm=s.flap_thick_mm,
        material="film",
    )


def mark_depths(s: Sizes) -> list[float]:
    """How deep the blade goes to break beam A, and beam A and B; from its lower edge."""
    return [s.beam_a_depth_mm + PLAY_MM, s.beam_a_depth_mm + s.beam_spacing_mm + PLAY_MM]


def check_blade(s: Sizes) -> list[str]:
    """The blade goes into the slot, its marks tell the beams apart, and it stays off the chute."""
    wrong = []
    outline = blade(s).outline
    inside = outline.intersection(bar(-50, 0, 200, s.beam_a_depth_mm))
    if inside.bounds[2] - inside.bounds[0] >= s.slot_width_mm or s.flap_thick_mm >= s.slot_gap_mm:
        wrong.append("The test blade does not go into the slot.")
    first, second = mark_depths(s)
    if not s.beam_a_depth_mm < first < s.beam_a_depth_mm + s.beam_spacing_mm < second:
        wrong.append("The marks of the test blade do not tell the beams apart.")
    if second > s.throat_mm:
        wrong.append("The test blade strikes the chute before its last mark.")
    return wrong
