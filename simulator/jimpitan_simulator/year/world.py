"""Lets a year happen: donors give, collectors empty and pay in, thieves steal.

Everything is drawn from the plan's seed before a server is asked anything; what the town does
depends on nothing that the server answers.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jimpitan_wire import records

from jimpitan_simulator.sense import Fact
from jimpitan_simulator.year.accounts import Line, YearBank
from jimpitan_simulator.year.collecting import Desk, Haul
from jimpitan_simulator.year.events import (
    Entered,
    Event,
    Felt,
    LidClosed,
    Scanned,
    Visited,
    Voided,
)
from jimpitan_simulator.year.plan import BEGIN, Place, Plan
from jimpitan_simulator.year.sensing import Piece, Shelf, deposits_in
from jimpitan_simulator.year.truth import Emptied, Hand, Paid, Taken, Truth

FRIDAY, SATURDAY = 4, 5
FRIDAY_SHARE = 0.6
HANDFUL_SHARE = 0.02
TYPICAL_SHARE = 0.7  # of QRIS payments are exactly Rp 1.000
OTHER_PAYMENTS = (500, 1500, 2000, 2000, 3000, 5000, 5000, 10_000, 20_000, 25_000, 50_000)
MISCOUNTED, MISTYPED, SCANNED = 0.03, 0.01, 0.8
# Thefts a box and year, by hand, and swapped stickers a box and year (EST).
THEFTS_A_YEAR = {Hand.FISHED: 0.10, Hand.LID: 0.06, Hand.CARRIED_OFF: 0.02}
SWAPS_A_YEAR = 0.04
WEEKS_A_YEAR = 52
CLOSED_AFTER = timedelta(minutes=5)
# A gift that falls while the lid is open: into the collector's hands, after the box's edge.
INTO_HANDS = 0.02
BATTERY_MV = 3900


@dataclass(slots=True)
class World:
    """What happened, what boxes felt, what is brought to the server, what the bank does."""

    plan: Plan
    shelf: Shelf
    truth: Truth = field(default_factory=Truth)
    bank: YearBank = field(default_factory=YearBank)
    events: list[Event] = field(default_factory=list)
    _draw: random.Random = field(init=False)
    _thefts: dict[str, list[tuple[datetime, Hand]]] = field(default_factory=dict)
    _swaps: dict[str, datetime] = field(default_factory=dict)
    _hauls: dict[tuple[int, int], Haul] = field(default_factory=dict)

    def happen(self) -> None:
        """Let everything happen, once."""
        self._draw = random.Random(f"year {self.plan.seed} world")
        self._plan_crimes()
        for place in (*self.plan.places, *self.plan.offices):
            _Life(self, place, random.Random(f"year {self.plan.seed} {place.box}")).live()
        desk = Desk(self._draw, self.truth, self.bank, self.events)
        for (_, week), haul in sorted(self._hauls.items()):
            desk.take(haul, week)
        self._book_other_lines()
        self.bank.close()
        self.events.sort(key=lambda event: event.at)

    def _plan_crimes(self) -> None:
        years = self.plan.weeks / WEEKS_A_YEAR
        for hand, rate in THEFTS_A_YEAR.items():
            for _ in range(max(1, round(rate * years * len(self.plan.sensed)))):
                place = self._draw.choice(self.plan.sensed)
                self._thefts.setdefault(place.box, []).append((self._some_night(), hand))
        own = [place for place in self.plan.places if place.mode == "own"]
        for place in self._draw.sample(own, max(1, round(SWAPS_A_YEAR * years * len(own)))):
            self._swaps[place.box] = self._some_night()

    def _some_night(self) -> datetime:
        days = self._draw.randrange(3, self.plan.weeks * 7)
        return BEGIN + timedelta(days=days, hours=self._draw.uniform(1, 4))

    def _book_other_lines(self) -> None:
        """Interest, fees and a stranger's money, as every account has."""
        for account in sorted({place.account for place in self.plan.places}):
            for week in range(4, self.plan.weeks, 4):
                at = BEGIN + timedelta(weeks=week, hours=-1)
                interest = self._draw.randint(100, 900)
                self.bank.lines.append(Line(account, at, interest, "BUNGA REKENING", ""))
                self.bank.lines.append(Line(account, at, -7_500, "BIAYA ADM", ""))
                if self._draw.random() < 0.3:
                    amount = self._draw.randrange(50_000, 500_000, 1000)
                    other = at + timedelta(hours=self._draw.uniform(12, 400))
                    self.bank.lines.append(Line(account, other, amount, "TRANSFER DARI", ""))


@dataclass(slots=True)
class _Life:
    """One place through the year."""

    world: World
    place: Place
    draw: random.Random
    given: Counter[Piece] = field(default_factory=Counter)
    inside: Counter[Piece] = field(default_factory=Counter)
    covered_at: datetime | None = None
    felt: int = 0
    numbers: int = 0

    def live(self) -> None:
        """Go through every act at this place in the order of time."""
        for at, act in sorted(self._acts(), key=lambda one: one[0]):
            if act == "gift":
                self._give(at)
            elif act == "payment":
                self._pay(at)
            elif act == "visit":
                self._visit(at)
            elif act == "swap":
                self.covered_at = at
            elif act == "beat":
                self._feel(at, [(records.HEARTBEAT, _heartbeat())])
            elif isinstance(act, Hand):
                self._steal(at, act)

    def _acts(self) -> Iterator[tuple[datetime, str | Hand]]:
        plan, place = self.world.plan, self.place
        thefts = self.world._thefts.get(place.box, [])
        away = [(at, at + timedelta(days=7)) for at, hand in thefts if hand is Hand.CARRIED_OFF]
        for week in range(plan.weeks):
            start = BEGIN + timedelta(weeks=week)
            for act, rate in (("gift", place.drops_a_week), ("payment", place.payments_a_week)):
                for _ in range(_count(self.draw, rate)):
                    at = start + self._some_moment()
                    if not any(since < at < until for since, until in away):
                        yield at, act
            visit = start + timedelta(days=SATURDAY, hours=8, minutes=20 * self._stop)
            is_there = not any(since < visit < until for since, until in away)
            between = place.weeks_between
            if is_there and between and (week + place.collector) % between == 0:
                yield visit, "visit"
            if place.is_sensed:
                yield start + timedelta(hours=self.draw.uniform(0, 24)), "beat"
        yield from thefts
        if place.box in self.world._swaps:
            yield self.world._swaps[place.box], "swap"

    @property
    def _stop(self) -> int:
        """Which of its collector's stops this place is."""
        return self.place.number // len(self.world.plan.collectors)

    def _some_moment(self) -> timedelta:
        if self.draw.random() < FRIDAY_SHARE:
            return timedelta(days=FRIDAY, hours=self.draw.uniform(10.5, 13.5))
        day = self.draw.choice((0, 1, 2, 3, SATURDAY, 6))
        return timedelta(days=day, hours=self.draw.uniform(7, 21))

    def _give(self, at: datetime) -> None:
        pieces, facts = self._gift()
        self.given.update(pieces)
        self.inside.update(pieces)
        self._feel(at, facts)

    def _gift(self) -> tuple[list[Piece], list[Fact]]:
        shelf, profile = self.world.shelf, self.place.profile
        if self.draw.random() < HANDFUL_SHARE:
            values, facts = shelf.handful(self.draw, profile)
            return [("coin", value) for value in values], facts
        mix = self.place.mix
        piece = self.draw.choices(list(mix), list(mix.values()))[0]
        return [piece], shelf.drop(self.draw, profile, piece) if self.place.is_sensed else []

    def _feel(self, at: datetime, facts: list[Fact]) -> None:
        if self.place.is_sensed and facts:
            self.felt += deposits_in(facts)
            self.world.events.append(Felt(at, self.place.box, tuple(facts)))

    def _pay(self, at: datetime) -> None:
        amount = 1000
        if self.draw.random() >= TYPICAL_SHARE:
            amount = self.draw.choice(OTHER_PAYMENTS)
        place, covered = self.place, self.covered_at is not None
        self.numbers += 1
        where = f"{place.number:04d}{place.account[4].upper()}"
        reference = f"Q{where}{self.numbers:06d}X{self.draw.randrange(10**5):05d}"
        paid = Paid(reference=reference, box=place.box, at=at, amount_idr=amount, to_thief=covered)
        self.world.truth.paid.append(paid)
        if not covered:
            terminal = place.terminal if place.mode == "own" else None
            self.world.bank.take(self.draw, paid, place.account, terminal)

    def _steal(self, at: datetime, hand: Hand) -> None:
        pieces = sorted(self.inside.elements(), key=lambda piece: (piece[1], piece[0]))
        self.draw.shuffle(pieces)
        if hand is Hand.FISHED:
            pieces = [piece for piece in pieces if piece[0] == "note"]
            pieces = pieces[: self.draw.randint(1, 6)]
        elif hand is Hand.LID:
            pieces = pieces[: round(len(pieces) * self.draw.uniform(0.4, 1.0))]
        self.inside.subtract(pieces)
        amount = sum(value for _, value in pieces)
        self.world.truth.taken.append(Taken(self.place.box, at, amount, hand))
        signs = self.world.shelf.theft(self.draw, hand.value)
        self._feel(at, [_sign(number) for number in signs])
        if hand is Hand.LID:
            lid = {records.LID_DEPOSITS: self.felt}
            self._feel(at, [(records.LID_OPENED, dict(lid)), (records.LID_CLOSED, {1: 0})])
            self.felt = 0

    def _visit(self, at: datetime) -> None:
        """Open, empty, skim perhaps, count, type, and leave the count for paying in."""
        world, place = self.world, self.place
        collector = world.plan.collectors[place.collector]
        self.numbers += 1
        week = (at - BEGIN).days // 7
        self._scan(at)
        if place.is_sensed:
            world.events.append(Visited(at, place.box, place.collector))
            world.events.append(LidClosed(at + CLOSED_AFTER, place.box))
            self.felt = 0
        if self.draw.random() < INTO_HANDS:
            self._give(at + CLOSED_AFTER / 2)
        table = +self.inside
        if collector.skims and week >= collector.skims_from:
            share = collector.skims * self.draw.uniform(0.8, 1.2)
            self._skim(at, table, share, takes_large=collector.takes_large)
        on_table = sum(value * pieces for (_, value), pieces in table.items())
        given = sum(value * pieces for (_, value), pieces in self.given.items())
        counted: Counter[int] = Counter()
        for (_, value), pieces in table.items():
            counted[value] += pieces
        miscounted = self.draw.random() < MISCOUNTED and bool(counted)
        if miscounted:
            value = self.draw.choice(sorted(counted))
            counted[value] = max(0, counted[value] + self.draw.choice((-2, -1, -1, 1, 1, 2)))
        name = f"count-{place.box}-{self.numbers:06d}"
        emptied = Emptied(
            collection_id=name,
            box=place.box,
            at=at,
            given=self.given,
            taken_idr=given - on_table,
            typed={value: pieces for value, pieces in counted.items() if pieces},
            miscounted=miscounted,
        )
        self._type(emptied)
        world.truth.emptied.append(emptied)
        haul = world._hauls.setdefault((place.collector, week), Haul(collector, place.collector))
        haul.emptied.append(emptied)
        self.given, self.inside = Counter(), Counter()

    def _scan(self, at: datetime) -> None:
        if self.draw.random() >= SCANNED:
            return
        covered = self.covered_at
        event = Scanned(at, self.place.box, self.place.collector, covered is not None)
        self.world.events.append(event)
        if covered is not None:
            self.world.truth.swapped.append((self.place.box, covered, at))
            self.covered_at = None

    def _skim(
        self, at: datetime, table: Counter[Piece], share: float, *, takes_large: bool
    ) -> None:
        wanted = round(share * sum(value * pieces for (_, value), pieces in table.items()))
        pieces = sorted(table.elements())
        self.draw.shuffle(pieces)
        if takes_large:
            pieces.sort(key=lambda piece: -piece[1])
        taken = 0
        for piece in pieces:
            if taken + piece[1] <= wanted * 1.1:
                table[piece] -= 1
                taken += piece[1]
            if taken >= wanted * 0.9:
                break
        self.world.truth.taken.append(Taken(self.place.box, at, taken, Hand.SKIMMED))

    def _type(self, emptied: Emptied) -> None:
        """Hand the count in ten minutes later; now and then wrongly first, and corrected."""
        at = emptied.at + timedelta(minutes=10)
        whose = {"box": emptied.box, "collector": self.place.collector, "lid_at": emptied.at}
        if self.draw.random() < MISTYPED and emptied.typed:
            wrong = dict(emptied.typed)
            value = self.draw.choice(sorted(wrong))
            wrong[value] *= 10
            name = f"{emptied.collection_id}-wrong"
            self.world.events.append(
                Entered(at=at, collection_id=name, pieces=wrong, **whose)  # type: ignore[arg-type]
            )
            at += timedelta(minutes=5)
            self.world.events.append(Voided(at, name, self.place.collector))
        self.world.events.append(
            Entered(
                at=at + timedelta(minutes=1),
                collection_id=emptied.collection_id,
                pieces=dict(emptied.typed),
                **whose,  # type: ignore[arg-type]
            )
        )


def _count(draw: random.Random, rate: float) -> int:
    """Return a count of a week: Poisson, with a rate that is itself drawn."""
    left, found = draw.gammavariate(8.0, rate / 8.0) if rate else 0.0, 0
    while (left := left - draw.expovariate(1.0)) > 0:
        found += 1
    return found


def _sign(number: int) -> Fact:
    return records.TAMPER, {records.TAMPER_SIGN: number, records.TAMPER_DURATION_MS: 1500}


def _heartbeat() -> dict[int, object]:
    return {
        records.HEARTBEAT_BATTERY_MV: BATTERY_MV,
        records.HEARTBEAT_JOURNAL_PERMILLE: 20,
        records.HEARTBEAT_UNACKED: 0,
        records.HEARTBEAT_DOWN_COUNTER: 0,
        records.HEARTBEAT_LID_OPEN: False,
        records.HEARTBEAT_SLOT_BLOCKED: False,
        records.HEARTBEAT_REJECTED: 0,
        records.HEARTBEAT_HEAP_FREE: 90_000,
        records.HEARTBEAT_RSSI_DBM: -61,
        records.HEARTBEAT_DROPPED: 0,
    }
