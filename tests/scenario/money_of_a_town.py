"""A simulated year's money given straight to the matcher: a third of a second for a town.

The way through the server (messages, statement files, a database) is left out, and so are the
sensors; what banks and collectors do is the year's own.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from jimpitan_server.domain.books import (
    Books,
    Credit,
    Debit,
    Payment,
    Refund,
    Remittance,
    RemittanceMethod,
    Rules,
)
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.matching import match_books
from jimpitan_server.domain.rupiah import NOTHING, Rupiah
from jimpitan_server.domain.settlement import Settlement, always
from jimpitan_simulator.year.accounts import Customer, Line, rrn_of
from jimpitan_simulator.year.judge import attributed_by_day, determinable_by_day, sizes_of
from jimpitan_simulator.year.plan import ACCOUNTS, make_plan
from jimpitan_simulator.year.reading import LineRow, MatchRow, PaymentRow, YearBooks
from jimpitan_simulator.year.truth import day_of
from jimpitan_simulator.year.world import World

QUIET = timedelta(days=14)


class EmptyShelf:
    """A shelf whose boxes feel nothing: only the money matters here."""

    def drop(self, draw: random.Random, profile: str, piece: object) -> list[object]:
        return []

    def handful(self, draw: random.Random, profile: str) -> tuple[tuple[int, ...], list[object]]:
        return (1000, 500, 1000), []

    def theft(self, draw: random.Random, hand: str) -> list[int]:
        return []


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What differs between the books and what can be known, by box and day; and three sums."""

    differs: dict[Any, tuple[int, int]]
    misattributed_idr: int
    missing_idr: int
    recovered_idr: int
    strangers: list[str] = field(default_factory=list)


def judge_money(*, seed: int, boxes: int, weeks: int) -> Verdict:
    """Let a town give for some weeks, match its books, and compare them with the truth."""
    world = World(make_plan(seed=seed, boxes=boxes, weeks=weeks), EmptyShelf())  # type: ignore[arg-type]
    world.happen()
    books, rules = books_of(world)
    read = _read(world, books, match_books(books, rules).matches)
    attributed, missed, strangers = attributed_by_day(world, read)
    determinable = determinable_by_day(world)
    sizes = sizes_of(world, read)
    return Verdict(
        differs={
            key: (attributed[key], determinable[key])
            for key in {*attributed, *determinable}
            if attributed[key] != determinable[key]
        },
        misattributed_idr=missed,
        missing_idr=sizes["missing_notifications_idr"],
        recovered_idr=sizes["recovered_from_statements_idr"],
        strangers=strangers,
    )


def books_of(world: World) -> tuple[Books, Rules]:
    """Return what the field would bring of a world's money, and how its accounts settle."""
    own = {one.terminal: BoxId(one.box) for one in world.plan.places if one.mode == "own"}
    told = [one for one in world.bank.customers if not one.fate.missing]
    lines = list(enumerate(world.bank.lines, 1))
    end = world.plan.end + QUIET
    books = Books(
        now=end,
        payments=tuple(_payment(number, one, own) for number, one in enumerate(told, 1)),
        refunds=tuple(
            _refund(number, one)
            for number, one in enumerate(told, 1)
            if one.fate.refunded_at is not None
        ),
        credits=tuple(_credit(number, one) for number, one in lines if one.amount_idr > 0),
        debits=tuple(_debit(number, one) for number, one in lines if one.amount_idr < 0),
        remittances=tuple(
            Remittance(
                remittance_id=one.remittance_id,
                account=one.account,
                collection_ids=one.collection_ids,
                amount=Rupiah(one.typed_idr),
                method=RemittanceMethod(one.method),
                reference=one.reference,
                paid_at=one.at,
            )
            for one in world.truth.remitted
        ),
        statement_until=dict.fromkeys(ACCOUNTS, day_of(end)),
        boxes_by_label=own,
    )
    terms = {name: always(Settlement(way)) for name, (way, _) in ACCOUNTS.items()}
    return books, Rules(terms_by_account=terms)


def _payment(number: int, one: Customer, own: dict[str, BoxId]) -> Payment:
    return Payment(
        payment_id=str(number),
        account=one.account,
        amount=Rupiah(one.paid.amount_idr),
        fee=NOTHING,
        paid_at=one.paid.at.replace(microsecond=0),
        box=own.get(one.terminal or ""),
        terminal=one.terminal,
        reference=one.paid.reference,
        rrn=rrn_of(one.paid.reference),
    )


def _refund(number: int, one: Customer) -> Refund:
    assert one.fate.refunded_at is not None
    return Refund(
        refund_id=str(number),
        payment_id=str(number),
        account=one.account,
        amount=Rupiah(one.paid.amount_idr),
        told_at=one.fate.refunded_at,
    )


def _credit(number: int, line: Line) -> Credit:
    return Credit(
        credit_id=str(number),
        account=line.account,
        booked_on=day_of(line.at),
        amount=Rupiah(line.amount_idr),
        text=f"{line.text} {line.reference}".strip(),
    )


def _debit(number: int, line: Line) -> Debit:
    return Debit(
        debit_id=str(number),
        account=line.account,
        booked_on=day_of(line.at),
        amount=Rupiah(-line.amount_idr),
        text=line.text,
    )


def _read(world: World, books: Books, matches: tuple[Match, ...]) -> YearBooks:
    """Return the matches as the judge reads them from a database."""
    states: dict[str, str] = {}
    for match in matches:
        if match.relation is Relation.REMITTANCE_PAYMENT:
            states |= dict.fromkeys(match.right, "remittance")
        if match.state is State.DUPLICATE:
            states |= dict.fromkeys(match.left, "duplicate")
    return YearBooks(
        counts=[],
        slips=[],
        lines=[
            LineRow(
                int(one.credit_id),
                one.account,
                one.booked_on,
                one.amount.amount,
                world.bank.lines[int(one.credit_id) - 1].text,
            )
            for one in books.credits
        ],
        payments=[
            PaymentRow(
                int(one.payment_id),
                one.reference or "",
                one.box,
                one.amount.amount,
                day_of(one.paid_at),
                states.get(one.payment_id, ""),
            )
            for one in books.payments
        ],
        matches=[_row(one) for one in matches],
        cases=[],
        positions=Counter(),
        ledger_counted={},
        ledger_bank={},
    )


def _row(match: Match) -> MatchRow:
    return MatchRow(
        match.key,
        match.relation.value,
        match.state.value,
        match.box,
        match.left,
        match.right,
        match.left_total.amount,
        match.right_total.amount,
        dict(match.evidence),
    )
