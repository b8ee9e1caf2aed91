"""A town stepped with the time: donors drop and pay, collectors open, power goes.

`Town.step` moves everything to the present and returns the errands that people now run outside
the boxes: a count to enter, a payment for the bank to announce. Who carries the errands, and
on which clock, is the caller's business.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from jimpitan_simulator import throat
from jimpitan_simulator.ledger import Drop, Ledger, Opening, Payment
from jimpitan_simulator.unit import Unit

SECOND_US = 1_000_000
LID_OPEN_US = 1_500_000
AFTER_DROP_US = 300_000  # a person's hand needs longer than this for the next coin
COINS = ((1_000, 60), (500, 15), (200, 3), (100, 2))  # value and share in per cent
NOTES = ((1_000, 6), (2_000, 6), (5_000, 5), (10_000, 2), (20_000, 1))
ERASE_SHARE = 0.4  # of the power cuts; erases are few among flash operations, but the worst
GIFTS_QRIS = (1_000, 1_000, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)


@dataclass(frozen=True, slots=True)
class Pace:
    """How busy the town is; means in seconds, 0 for never."""

    drop_s: float = 6.0
    payment_s: float = 15.0
    collection_s: float = 40.0
    cut_s: float = 0.0


@dataclass(slots=True)
class Place:
    """One box where it stands, and what people are about to do there."""

    unit: Unit
    next_drop_us: int
    next_payment_us: int
    next_collection_us: int
    next_cut_us: int
    opened: Opening | None = None
    close_us: int = 0
    quiet_until_us: int = 0
    drops: int = 0
    openings: int = 0


@dataclass(slots=True)
class Town:
    """All places, their people and the ledger; `is_calm` stops new gifts and power cuts."""

    units: Sequence[Unit]
    pace: Pace
    seed: int
    start_us: int
    ledger: Ledger = field(default_factory=Ledger)
    is_calm: bool = False
    cuts: list[tuple[str, str, int]] = field(default_factory=list)  # box, operation, at_us
    places: list[Place] = field(init=False)
    _draw: random.Random = field(init=False)
    _payments: int = 0

    def __post_init__(self) -> None:
        self._draw = random.Random(f"town {self.seed}")
        self.places = [
            Place(
                unit,
                self._after(self.start_us, self.pace.drop_s) + SECOND_US,
                self._after(self.start_us, self.pace.payment_s) + SECOND_US,
                self._after(self.start_us, self.pace.collection_s),
                self._after(self.start_us, self.pace.cut_s),
            )
            for unit in self.units
        ]

    def _after(self, now_us: int, mean_s: float) -> int:
        if not mean_s:
            return 1 << 62
        return now_us + round(self._draw.expovariate(1 / mean_s) * SECOND_US)

    def step(self, now_us: int, places: Sequence[Place] | None = None) -> list[Opening | Payment]:
        """Move all places, or the named ones, to the present; return the errands that begin."""
        errands: list[Opening | Payment] = []
        for place in self.places if places is None else places:
            cut = place.unit.step(now_us)
            if cut is not None:
                self.ledger.cuts_by_box[place.unit.identity.box] += 1
                self.cuts.append((place.unit.identity.box, cut.operation, now_us))
            if not self.is_calm:
                self._gifts(place, now_us, errands)
                self._arm_cut(place, now_us)
            self._collect(place, now_us, errands)
        return errands

    def _gifts(self, place: Place, now_us: int, errands: list[Opening | Payment]) -> None:
        """Donors give only to a box whose light is on and whose lid is closed."""
        if now_us >= place.next_payment_us:
            place.next_payment_us = self._after(now_us, self.pace.payment_s)
            errands.append(self._pay(place.unit.identity.box, now_us))
        is_ready = place.unit.is_lit and not place.unit.is_busy and place.opened is None
        if now_us >= max(place.next_drop_us, place.quiet_until_us) and is_ready:
            place.next_drop_us = self._after(now_us, self.pace.drop_s)
            self._drop(place, now_us)

    def _drop(self, place: Place, now_us: int) -> None:
        values = COINS + NOTES
        index = self._draw.choices(range(len(values)), [share for _, share in values])[0]
        amount_idr, is_coin = values[index][0], index < len(COINS)
        passage = throat.coin(self._draw, amount_idr) if is_coin else throat.note(self._draw)
        place.drops += 1
        place.quiet_until_us = now_us + passage.length_us + AFTER_DROP_US
        times = {(channel, level): at for channel, level, at in passage.edges}
        features = (
            times[0, False] - times[0, True],
            times[1, False] - times[1, True],
            times[1, True] - times[0, True],
        )
        box = place.unit.identity.box
        self.ledger.drop(Drop(place.drops, box, now_us, amount_idr, is_coin, features))
        place.unit.drop(passage, now_us)

    def _pay(self, box: str, now_us: int) -> Payment:
        self._payments += 1
        payment = Payment(
            f"SIM{self.seed:06d}{self._payments:09d}",
            box,
            now_us,
            self._draw.choice(GIFTS_QRIS),
        )
        self.ledger.payments.append(payment)
        return payment

    def _arm_cut(self, place: Place, now_us: int) -> None:
        """Let the power go inside one of the next flash operations, whichever it is."""
        if now_us >= place.next_cut_us and place.unit.is_lit:
            place.next_cut_us = self._after(now_us, self.pace.cut_s)
            torn_seed = self._draw.randrange(1 << 30)
            if self._draw.random() < ERASE_SHARE:
                place.unit.flash.arm(1, torn_seed, only="erase")
            else:
                place.unit.flash.arm(self._draw.randrange(1, 80), torn_seed)

    def _collect(self, place: Place, now_us: int, errands: list[Opening | Payment]) -> None:
        if place.opened is not None:
            if now_us >= place.close_us:
                place.unit.move_lid(False, now_us)
                errands.append(place.opened)
                place.opened = None
                place.next_collection_us = self._after(now_us, self.pace.collection_s)
            return
        is_ready = place.unit.is_lit and not place.unit.is_busy
        if now_us >= max(place.next_collection_us, place.quiet_until_us) and is_ready:
            box = place.unit.identity.box
            place.openings += 1
            place.unit.move_lid(True, now_us)
            visit = f"{box}-{self.seed}-{place.openings}"
            place.opened = self.ledger.open(visit=visit, box=box, at_us=now_us)
            place.close_us = now_us + LID_OPEN_US

    def calm(self, now_us: int) -> None:
        """Stop gifts and cuts, and open every box that holds cash or was never opened."""
        self.is_calm = True
        for place in self.places:
            place.unit.flash.disarm()
            box = place.unit.identity.box
            is_due = bool(self.ledger.cash_by_box.get(box)) or not place.openings
            place.next_collection_us = now_us if is_due else 1 << 62

    @property
    def is_settled(self) -> bool:
        """Return whether all cash is counted and every box is acknowledged by the server."""
        return all(
            place.opened is None
            and not self.ledger.cash_by_box.get(place.unit.identity.box)
            and place.unit.box is not None
            and not place.unit.is_busy
            and place.unit.box.unacked == 0
            for place in self.places
        )
