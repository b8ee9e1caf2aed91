"""Who is in the town: boxes and cans, their codes and accounts, collectors, and how they err.

All numbers are EST: nobody has published such figures of donation boxes. The mixes of single
boxes are drawn around the town's, so that nothing the server assumes is exactly true of any.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

WIB = timezone(timedelta(hours=7), "WIB")
BEGIN = datetime(2026, 1, 4, 17, tzinfo=UTC)  # Monday 5 January 2026 in WIB
# Cash gifts by coin or note: what the programmes ask for is Rp 1.000 (EST).
COIN_SHARES: Mapping[int, float] = {100: 0.01, 200: 0.02, 500: 0.09, 1000: 0.40}
NOTE_SHARES: Mapping[int, float] = {
    1000: 0.22,
    2000: 0.12,
    5000: 0.08,
    10_000: 0.04,
    20_000: 0.015,
    50_000: 0.004,
    100_000: 0.001,
}
CAN_SHARE = 0.2
# The four ways in which acquirers pay: the account, how it settles, the layout of its statement.
ACCOUNTS: Mapping[str, tuple[str, str]] = {
    "acc-each": ("payment", "bsi"),
    "acc-plain": ("payment", "jimpitan"),
    "acc-daily": ("daily", "bri"),
    "acc-terminal": ("terminal_daily", "mandiri"),
}
BOXES_A_COLLECTOR = 8
SKIMMERS_SHARE = 0.12
PROFILES: Mapping[str, float] = {"field": 0.7, "bench": 0.15, "worn": 0.15}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One box or can, where its payments go, how much it gets and how it senses.

    `mode` is own, shared or shared_confirmed; `weeks_between` collections, 0 for none.
    """

    number: int
    box: str
    is_sensed: bool
    profile: str
    account: str
    mode: str
    terminal: str
    collector: int
    weeks_between: int
    drops_a_week: float
    payments_a_week: float
    mix: Mapping[tuple[str, int], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """One collector: the account he pays into, and what he is tempted by.

    `skims` is the share he takes from the week `skims_from` on, 0 for the honest; who
    `takes_large` takes the largest notes that fit, others whatever comes to hand.
    """

    name: str
    account: str
    skims: float
    skims_from: int
    takes_large: bool
    hands_over: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole town; the same seed gives the same town."""

    seed: int
    weeks: int
    places: tuple[Place, ...]
    offices: tuple[Place, ...]
    collectors: tuple[Collector, ...]

    @property
    def end(self) -> datetime:
        """When the last week is over."""
        return BEGIN + timedelta(weeks=self.weeks)

    @property
    def sensed(self) -> list[Place]:
        """The boxes with sensors."""
        return [one for one in self.places if one.is_sensed]


def make_plan(*, seed: int, boxes: int, weeks: int) -> Plan:
    """Return a town: every account has own and shared codes, one collector at least skims."""
    draw = random.Random(f"year {seed} plan")
    collectors = _collectors(draw, max(len(ACCOUNTS), -(-boxes // BOXES_A_COLLECTOR)), weeks)
    places = [_place(draw, number, collectors) for number in range(boxes)]
    offices = [_office(account, boxes + place) for place, account in enumerate(ACCOUNTS)]
    return Plan(seed, weeks, tuple(places), tuple(offices), tuple(collectors))


def _office(account: str, number: int) -> Place:
    """Return the counter at which the programme's shared code of an account hangs too."""
    return Place(
        number=number,
        box=f"office-{account}",
        is_sensed=False,
        profile="",
        account=account,
        mode="shared",
        terminal="",
        collector=0,
        weeks_between=0,
        drops_a_week=0.0,
        payments_a_week=1.0,
        mix={},
    )


def _collectors(draw: random.Random, count: int, weeks: int) -> list[Collector]:
    skimmers = set(draw.sample(range(count), max(1, round(count * SKIMMERS_SHARE))))
    return [
        Collector(
            name=f"kolektor-{number:03d}",
            account=list(ACCOUNTS)[number % len(ACCOUNTS)],
            skims=draw.uniform(0.05, 0.10) if number in skimmers else 0.0,
            skims_from=draw.randrange(0, max(1, weeks // 2)),
            takes_large=number in skimmers and sorted(skimmers).index(number) % 2 == 1,
            hands_over=draw.random() < 0.4,
        )
        for number in range(count)
    ]


def _place(draw: random.Random, number: int, collectors: list[Collector]) -> Place:
    collector = number % len(collectors)
    turn = number // len(collectors)
    # The second box of each collector shares its code, so that no account has own codes alone.
    mode = "own"
    if turn == 1 or draw.random() < 0.25:
        mode = "shared_confirmed" if draw.random() < 0.4 else "shared"
    is_sensed = draw.random() >= CAN_SHARE
    return Place(
        number=number,
        box=f"{'box' if is_sensed else 'can'}-{number + 1:04d}",
        is_sensed=is_sensed,
        profile=draw.choices(list(PROFILES), list(PROFILES.values()))[0],
        account=collectors[collector].account,
        mode=mode,
        terminal=f"TRM{number + 1:05d}",
        collector=collector,
        weeks_between=1 if draw.random() < 0.3 else 4,
        drops_a_week=draw.lognormvariate(3.2, 0.5),
        payments_a_week=draw.lognormvariate(0.9, 0.6),
        mix=_mix(draw),
    )


def _mix(draw: random.Random) -> dict[tuple[str, int], float]:
    shares = {("coin", key): share for key, share in COIN_SHARES.items()}
    shares |= {("note", key): share for key, share in NOTE_SHARES.items()}
    return {key: share * draw.lognormvariate(0, 0.3) for key, share in shares.items()}
