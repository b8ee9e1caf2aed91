"""Leads a person through calibration mode: drop so many of this, then of that."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jimpitan_gateway.bench.box import Box, Lesson
from jimpitan_gateway.errors import BoxRefused

ASK_EVERY_S = 0.3


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of cash that the box wants to see: a row of its coins, or a note."""

    form: str
    which: int
    amount_idr: int
    diameter_um: int = 0
    mass_mg: int = 0

    def __str__(self) -> str:
        """Return what a person is asked for."""
        if self.form == "note":
            return f"notes of Rp {self.amount_idr:,}".replace(",", ".")
        size = f"{self.diameter_um / 1000:.2f} mm, {self.mass_mg / 1000:.2f} g"
        return f"coins of Rp {self.amount_idr:,} ({size})".replace(",", ".", 1)


def kinds_of(lesson: Lesson, coins_idr: set[int], notes_idr: set[int]) -> list[Kind]:
    """Return the kinds with these amounts that the box knows; raise when it knows none."""
    found = [
        Kind("coin", row, amount, diameter_um, mass_mg)
        for row, (amount, diameter_um, mass_mg) in enumerate(lesson.coins)
        if amount in coins_idr
    ]
    found += [Kind("note", amount, amount) for amount in lesson.notes if amount in notes_idr]
    if not any(kind.form == "coin" for kind in found):
        raise BoxRefused("malformed", "it needs coins of at least one kind that it knows")
    return found


def teach(
    box: Box,
    kind: Kind,
    *,
    drops: int,
    patience_s: float,
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> Iterator[int]:
    """Name a kind to the box and yield how many it has taken, until enough or nobody drops."""
    box.learn_kind(kind.form, kind.which)
    seen, since_s = 0, clock()
    while seen < drops:
        wait(ASK_EVERY_S)
        taken = box.learnt()
        if taken != seen:
            seen, since_s = taken, clock()
            yield min(seen, drops)
        elif clock() - since_s > patience_s:
            return
