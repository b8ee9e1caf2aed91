"""A shelf of what the real firmware said: so many drops of each coin and note, kept as bodies.

A quarter of a million drops would take the firmware hours, so each box of the year draws from
some hundred that it really sensed, in boxes of its own kind. The same order gives the same shelf.
"""

import os
import random
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from jimpitan_wire import records

from jimpitan_simulator.guarded import SIGN_NAMES, tamper_trial
from jimpitan_simulator.physics.cash import COINS, NOTES, Coin, Note
from jimpitan_simulator.physics.parameters import Ranges
from jimpitan_simulator.sense import BenchBox, Fact
from jimpitan_simulator.year.plan import COIN_SHARES, NOTE_SHARES, PROFILES

Piece = tuple[str, int]  # coin or note, rupiah
# Who is at a box for what, by the name that the firmware's own trials have for it.
TRIALS: Mapping[str, str] = {
    "fished": "fishing",
    "lid": "lid picked",
    "carried_off": "carried off",
}
SIGN_NUMBERS = {name: number for number, name in SIGN_NAMES.items()}
HANDFUL = (3, 8)


@dataclass(frozen=True, slots=True)
class ShelfOrder:
    """How much is sensed: boxes of each kind, drops of each piece in each box, trials."""

    seed: int
    boxes: int
    drops: int
    trials: int


@dataclass(slots=True)
class Shelf:
    """What the firmware said: by profile and piece, of handfuls, and when somebody stole."""

    drops: dict[tuple[str, Piece], list[list[Fact]]] = field(default_factory=dict)
    handfuls: dict[str, list[tuple[tuple[int, ...], list[Fact]]]] = field(default_factory=dict)
    signs: dict[str, list[list[int]]] = field(default_factory=dict)

    def drop(self, draw: random.Random, profile: str, piece: Piece) -> list[Fact]:
        """Return what some box of this kind once said of such a piece."""
        return draw.choice(self.drops[profile, piece])

    def handful(self, draw: random.Random, profile: str) -> tuple[tuple[int, ...], list[Fact]]:
        """Return coins that were poured into some box of this kind, and what it said."""
        return draw.choice(self.handfuls[profile])

    def theft(self, draw: random.Random, hand: str) -> list[int]:
        """Return the signs that some box raised when this was done to it."""
        return draw.choice(self.signs[hand])


def make_shelf(order: ShelfOrder) -> Shelf:
    """Let the firmware sense everything that the year draws from, on all cores."""
    shelf = Shelf()
    jobs = [(profile, number, order) for profile in PROFILES for number in range(order.boxes)]
    trials = [(hand, number, order) for hand in TRIALS for number in range(order.trials)]
    with ProcessPoolExecutor(max(1, os.cpu_count() or 1)) as workers:
        sensed = workers.map(_sense_box, jobs)
        tried = workers.map(_try_theft, trials, chunksize=max(1, order.trials // 4))
        for (profile, _, _), (drops, handfuls) in zip(jobs, sensed, strict=True):
            for piece, facts in drops:
                shelf.drops.setdefault((profile, piece), []).append(facts)
            shelf.handfuls.setdefault(profile, []).extend(handfuls)
        for (hand, _, _), signs in zip(trials, tried, strict=True):
            shelf.signs.setdefault(hand, []).append(signs)
    return shelf


def _sense_box(
    job: tuple[str, int, ShelfOrder],
) -> tuple[list[tuple[Piece, list[Fact]]], list[tuple[tuple[int, ...], list[Fact]]]]:
    profile, number, order = job
    draw = random.Random(f"shelf {order.seed} {profile} {number}")
    box = BenchBox(Ranges(profile), seed=draw.randrange(1 << 62))
    box.calibrate()
    pieces = [piece for piece in _pieces() for _ in range(order.drops)]
    draw.shuffle(pieces)
    drops = [(piece, _copied(box.take(_thing(draw, piece)))) for piece in pieces]
    handfuls = []
    for _ in range(order.drops):
        coins = [_coin(draw, _some_coin(draw)) for _ in range(draw.randint(*HANDFUL))]
        facts = _copied(box.pour(coins))
        handfuls.append((tuple(coin.amount_idr for coin in coins), facts))
    return drops, handfuls


def _try_theft(job: tuple[str, int, ShelfOrder]) -> list[int]:
    hand, number, order = job
    seed = random.Random(f"theft {order.seed} {hand} {number}").randrange(1 << 62)
    return [SIGN_NUMBERS[name] for name in tamper_trial(TRIALS[hand], seed, Ranges("field"))]


def _pieces() -> Iterator[Piece]:
    yield from (("coin", value) for value in COIN_SHARES)
    yield from (("note", value) for value in NOTE_SHARES)


def _some_coin(draw: random.Random) -> int:
    return draw.choices(list(COIN_SHARES), list(COIN_SHARES.values()))[0]


def _thing(draw: random.Random, piece: Piece) -> Coin | Note:
    form, value = piece
    if form == "coin":
        return _coin(draw, value)
    return next(note for note in NOTES if note.amount_idr == value)


def _coin(draw: random.Random, value: int) -> Coin:
    kinds = [coin for coin in COINS if coin.amount_idr == value]
    return draw.choices(kinds, [coin.share for coin in kinds])[0]


def _copied(facts: Sequence[Fact]) -> list[Fact]:
    return [(kind, dict(body)) for kind, body in facts]


def deposits_in(facts: Sequence[Fact]) -> int:
    """Return how many deposits the firmware saw in one act."""
    return sum(kind == records.DEPOSIT for kind, _ in facts)
