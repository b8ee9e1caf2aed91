"""What goes through the slot, read from `enclosure/cash.json`."""

import json
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "enclosure" / "cash.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coin:
    """One coin; lengths in mm, mass in g."""

    amount_idr: int
    emission: int
    diameter_mm: float
    thick_mm: float
    mass_g: float
    verified: bool
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cash:
    """Every coin, and the lengths of the notes by amount; all notes are equally high."""

    coins: tuple[Coin, ...]
    note_height_mm: float
    note_lengths_mm: dict[int, tuple[float, ...]]


def load(source: Path = SOURCE) -> Cash:
    """Return the coins and notes in the order of the file."""
    content = json.loads(source.read_text(encoding="utf-8"))
    lengths = content["note_lengths_mm"]
    return Cash(
        coins=tuple(Coin(**fields) for fields in content["coins"]),
        note_height_mm=content["note_height_mm"],
        note_lengths_mm={int(amount): tuple(lengths[amount]) for amount in lengths},
    )
