"""Large books for the bench: payments, settlement batches, counts and remittances, from a seed.

70 % of payments are exactly Rp 1.000. Half a percent of the notifications are lost, as many
credits differ or are late, and a slip in a hundred has another amount than its counts.
"""

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from jimpitan_server.domain.bank_day import WIB
from jimpitan_server.domain.books import (
    Books,
    Collection,
    Credit,
    Expectation,
    LidOpening,
    Payment,
    Remittance,
    RemittanceMethod,
    Rules,
)
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.settlement import Settlement, always

START = datetime(2025, 1, 3, 3, 0, tzinfo=UTC)  # a Friday
DAYS = 364
AMOUNTS = (1_000,) * 70 + (2_000,) * 12 + (5_000,) * 10 + (10_000,) * 6 + (50_000, 100_000)
BOXES_PER_SLIP = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large the books are."""

    payments: int
    boxes: int
    weeks: int
    accounts: int


def large_books(size: Size, seed: int = 7) -> tuple[Books, Rules]:
    """Return books of a year, and the ways in which their accounts settle."""
    rng = random.Random(seed)
    names = [f"acc-{number:03d}" for number in range(size.accounts)]
    cycle = (Settlement.DAILY, Settlement.DAILY, Settlement.TERMINAL_DAILY, Settlement.PAYMENT)
    settlement_by_account = {name: cycle[number % len(cycle)] for number, name in enumerate(names)}
    payments, credits_ = _qris(size, names, settlement_by_account, rng)
    cash = _cash(size, names, rng)
    last = max(one.booked_on for one in credits_)
    books = Books(
        now=START + timedelta(days=DAYS + 7),
        payments=tuple(payments),
        credits=(*credits_, *cash.credits),
        openings=tuple(cash.openings),
        expectations=tuple(cash.expectations),
        collections=tuple(cash.collections),
        remittances=tuple(cash.remittances),
        statement_until=dict.fromkeys(names, last),
    )
    terms = {name: always(way) for name, way in settlement_by_account.items()}
    return books, Rules(terms_by_account=terms)


def _qris(
    size: Size,
    names: list[str],
    settlement_by_account: dict[str, Settlement],
    rng: random.Random,
) -> tuple[list[Payment], list[Credit]]:
    payments: list[Payment] = []
    credits_: list[Credit] = []
    sums: dict[tuple[str, date, str], int] = {}
    for number in range(size.payments):
        account = names[number % len(names)]
        settlement = settlement_by_account[account]
        amount = AMOUNTS[rng.randrange(100)]
        paid_at = START + timedelta(seconds=rng.randrange(DAYS * 86_400))
        day = paid_at.astimezone(WIB).date()
        terminal = f"T{rng.randrange(20):03d}"
        reference = f"QR{number:010d}"
        if rng.random() >= 0.005:
            payments.append(
                Payment(
                    payment_id=str(number + 1),
                    account=account,
                    amount=Rupiah(amount),
                    fee=Rupiah(0),
                    paid_at=paid_at,
                    terminal=terminal,
                    reference=reference,
                    rrn=f"{number:012d}",
                )
            )
        if settlement is Settlement.PAYMENT:
            text = f"QRIS {reference}" if rng.random() < 0.95 else "QRIS"
            credits_.append(_credit(f"q{number}", account, day + timedelta(1), amount, text))
            continue
        key = account, day, terminal if settlement is Settlement.TERMINAL_DAILY else ""
        sums[key] = sums.get(key, 0) + amount
    for number, ((account, day, terminal), amount) in enumerate(sorted(sums.items())):
        lag = timedelta(days=1 if rng.random() < 0.99 else 6)
        text = f"QRIS SETTLEMENT {terminal}".strip()
        credits_.append(_credit(f"b{number}", account, day + lag, amount, text))
    return payments, credits_


def _credit(name: str, account: str, day: date, amount: int, text: str) -> Credit:
    return Credit(credit_id=name, account=account, booked_on=day, amount=Rupiah(amount), text=text)


@dataclass(slots=True)
class _Cash:
    """What collectors leave behind."""

    openings: list[LidOpening] = field(default_factory=list)
    expectations: list[Expectation] = field(default_factory=list)
    collections: list[Collection] = field(default_factory=list)
    remittances: list[Remittance] = field(default_factory=list)
    credits: list[Credit] = field(default_factory=list)


def _cash(size: Size, names: list[str], rng: random.Random) -> _Cash:
    made = _Cash()
    for week in range(size.weeks):
        for start in range(0, size.boxes, BOXES_PER_SLIP):
            visited = START + timedelta(days=7 * week, seconds=3 * start)
            boxes = range(start, min(start + BOXES_PER_SLIP, size.boxes))
            part = [
                _visit(made, number, week, visited + timedelta(minutes=number - start), rng)
                for number in boxes
            ]
            slip = start // BOXES_PER_SLIP
            made_slip = _slip(f"{slip:04d}W{week:02d}", names[slip % len(names)], visited, part)
            _pay_in(made, made_slip, rng)
    return made


def _visit(made: _Cash, number: int, week: int, at: datetime, rng: random.Random) -> Collection:
    box, seq, deposits = BoxId(f"box-{number:05d}"), 100 * (week + 1), rng.randrange(5, 60)
    made.openings.append(LidOpening(box=box, seq=seq, at=at, uncertainty=timedelta(seconds=5)))
    made.expectations.append(Expectation(box=box, lid_seq=seq, deposits=deposits))
    collection = Collection(
        collection_id=f"k{number}-{week}",
        box=box,
        total=Rupiah(sum(AMOUNTS[rng.randrange(100)] for _ in range(deposits))),
        lid_at=at + timedelta(minutes=2),
        sensed=True,
        holder=f"user-{number % 50}",
    )
    made.collections.append(collection)
    return collection


def _slip(name: str, account: str, visited: datetime, part: list[Collection]) -> Remittance:
    return Remittance(
        remittance_id=f"r{name}",
        account=account,
        collection_ids=tuple(one.collection_id for one in part),
        amount=Rupiah(sum(one.total.amount for one in part)),
        method=RemittanceMethod.SLIP,
        reference=f"SLIP{name}",
        paid_at=visited + timedelta(hours=5),
    )


def _pay_in(made: _Cash, slip: Remittance, rng: random.Random) -> None:
    paid = slip.amount.amount - (500 if rng.random() < 0.01 else 0)
    made.remittances.append(replace(slip, amount=Rupiah(paid)))
    text = f"SETOR TUNAI {slip.reference}" if rng.random() < 0.9 else "SETOR TUNAI"
    made.credits.append(
        _credit(slip.reference, slip.account, slip.paid_at.astimezone(WIB).date(), paid, text)
    )
