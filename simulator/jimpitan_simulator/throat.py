"""What falls through the slot, as edges of the two beams: coins and notes, drawn from a seed.

A coin falls freely from the slot to beam A and on to beam B; a note is pushed by hand. This is
the plain part of the physics: one thing at a time, no bounce, no overlap. Numbers are metres
and seconds inside and whole microseconds outside.
"""

import random
from dataclasses import dataclass

from jimpitan_box.detector import BEAM_A, BEAM_B

GRAVITY = 9.81  # m/s2
BEAM_SPACING_M = 0.030  # beams 30 mm apart, the enclosure's reference
FALL_M = (0.010, 0.030)  # lower edge to beam A
FRICTION = (0.70, 1.0)  # share of g left by walls and rolling
PUSH_M_S = 0.25  # sigma of the initial speed of a coin
NOTE_M_S = (0.10, 0.60)  # speed of a hand that pushes a note
NOTE_LENGTH_M = (0.061, 0.071)  # a small note folded once
COIN_DIAMETER_M = {100: 0.0230, 200: 0.0250, 500: 0.0272, 1000: 0.02415}
NOTES = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000)


@dataclass(frozen=True, slots=True)
class Passage:
    """Edges of one thing: (channel, is_broken, microseconds after it touches beam A)."""

    edges: tuple[tuple[int, bool, int], ...]
    length_us: int


def coin(draw: random.Random, amount_idr: int) -> Passage:
    """Return the passage of a coin of that value."""
    pull = GRAVITY * draw.uniform(*FRICTION)
    start: float = (draw.gauss(0, PUSH_M_S) ** 2 + 2 * pull * draw.uniform(*FALL_M)) ** 0.5
    diameter = COIN_DIAMETER_M[amount_idr]

    def after(distance: float) -> int:
        seconds: float = ((start * start + 2 * pull * distance) ** 0.5 - start) / pull
        return round(seconds * 1_000_000)

    return _passage(after(diameter), after(BEAM_SPACING_M), after(BEAM_SPACING_M + diameter))


def note(draw: random.Random) -> Passage:
    """Return the passage of a folded note, pushed at a hand's speed."""
    speed = draw.uniform(*NOTE_M_S)
    length = draw.uniform(*NOTE_LENGTH_M)
    per_m = 1_000_000 / speed
    return _passage(
        round(length * per_m),
        round(BEAM_SPACING_M * per_m),
        round((BEAM_SPACING_M + length) * per_m),
    )


def _passage(a_clear: int, b_broken: int, b_clear: int) -> Passage:
    edges = [
        (BEAM_A, True, 0),
        (BEAM_A, False, a_clear),
        (BEAM_B, True, b_broken),
        (BEAM_B, False, b_clear),
    ]
    return Passage(tuple(sorted(edges, key=lambda edge: edge[2])), b_clear)
