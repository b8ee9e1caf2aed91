"""Statement files in any order, overlapping, repeated, broken or only looked at: each line once.

The files hold days of one account whose truth is known; the last day may not be over yet. After
every step the database holds exactly the lines that sound files brought, and says what is missing.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from jimpitan_server.adapters.database import account_rows
from jimpitan_server.adapters.database.money_schema import statement_imports, statement_lines
from jimpitan_server.adapters.database.schema import discrepancies
from jimpitan_server.adapters.money_desk import ImportWish
from jimpitan_server.adapters.statement_profiles import profiles_named
from jimpitan_server.bootstrap import Program, Settings, build
from jimpitan_server.domain.partner import Account
from jimpitan_server.domain.settlement import Settlement
from jimpitan_server.services.import_statement import Imported
from server_boxes import StepClock
from sqlalchemy import select

pytestmark = pytest.mark.integration

DAYS = 8
FIRST = date(2026, 1, 5)
# Few amounts and texts, so that rows look alike; one takes the balance back where it was.
AMOUNTS = st.sampled_from([1_000, 1_000, -1_000, 25_000])
LINES = st.lists(st.tuples(AMOUNTS, st.sampled_from(["QRIS", "SETOR"])), min_size=1, max_size=4)
# Mostly a few days at a time, so that there are holes to fill.
OF_DAYS = st.tuples(st.integers(0, DAYS - 1), st.sampled_from([0, 0, 1, 2, DAYS])).map(
    lambda days: [days[0], min(sum(days), DAYS - 1)]
)


@dataclass(frozen=True)
class Line:
    """One line of the bank's own account, the `number`th."""

    number: int
    day: int
    amount: int
    text: str
    balance: int

    @property
    def on(self) -> date:
        return FIRST + timedelta(days=self.day)


@dataclass(frozen=True)
class Server:
    """A server whose coroutines a machine runs one after the other."""

    run: Callable[[Awaitable[Any]], Any]
    program: Program
    numbers: "count[int]"


def of_jimpitan(line: Line) -> str:
    return f"{line.on:%Y-%m-%d},10:00,{line.amount},{line.balance},{line.text},"


def of_bca(line: Line) -> str:
    """No balance and no time: equal gifts of a day are equal rows."""
    word = "CR" if line.amount > 0 else "DB"
    return f'{line.on:%d/%m/%Y},{line.text},"{abs(line.amount):,}.00 {word}"'


HEADS = {
    "jimpitan": "date,time,amount,balance,description,reference",
    "bca": "Tanggal Transaksi,Keterangan,Jumlah",
}
ROWS = {"jimpitan": of_jimpitan, "bca": of_bca}


class StatementFiles(RuleBasedStateMachine):
    """One account, and every way in which its files may come."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server = server
        self.account = f"acc-{next(server.numbers):05d}"
        # How many lines of each day came, and from where to where in the truth each file goes.
        self.held: dict[int, int] = {}
        self.stretches: list[tuple[int, int]] = []

    @initialize(
        layout=st.sampled_from(sorted(HEADS)),
        days=st.lists(LINES, min_size=DAYS, max_size=DAYS),
    )
    def the_bank_books(self, layout: str, days: list[list[tuple[int, str]]]) -> None:
        self.layout, balance = layout, 500_000
        self.truth: list[Line] = []
        for day, lines in enumerate(days):
            for amount, text in lines:
                balance += amount
                self.truth.append(Line(len(self.truth), day, amount, text, balance))
        self.server.run(self._add_account())

    async def _add_account(self) -> None:
        new = Account(account_id=self.account, settlement=Settlement.PAYMENT)
        async with self.server.program.database.write() as connection:
            now = self.server.program.clock.now()
            await account_rows.add_account(connection, new, now)

    # ---- what comes ---------------------------------------------------------------------

    @rule(
        days=OF_DAYS,
        not_yet=st.integers(0, 3),
        accepts=st.sampled_from([True, True, False]),
        backwards=st.booleans(),
    )
    def a_sound_file_comes(
        self, days: list[int], not_yet: int, accepts: bool, backwards: bool
    ) -> None:
        lines = self._lines(*days, not_yet=not_yet)
        if not lines:
            return
        # Newest first, as some banks export; the days of the lines tell that.
        is_backward = backwards and lines[0].day < lines[-1].day
        rows = [ROWS[self.layout](line) for line in (lines[::-1] if is_backward else lines)]
        stretch = (lines[0].number, lines[-1].number + 1)
        warnings = self._gaps([*self.stretches, stretch]) - self._gaps(self.stretches)
        found = self._import(rows, accept_warnings=accepts)
        assert found.faults == ()
        assert {(gap.after, gap.before, gap.missing.amount) for gap in found.warnings} == warnings
        assert len(found.new) == self._new_in(lines)
        assert (found.import_id is None) == (bool(warnings) and not accepts)
        if found.import_id is not None:
            for day, lines_came in Counter(line.day for line in lines).items():
                self.held[day] = max(lines_came, self.held.get(day, 0))
            self.stretches.append(stretch)

    @rule(days=OF_DAYS)
    def a_file_is_only_looked_at(self, days: list[int]) -> None:
        lines = self._lines(*days)
        found = self._import([ROWS[self.layout](line) for line in lines], dry_run=True)
        assert found.import_id is None
        if lines:
            assert len(found.new) == self._new_in(lines)

    @rule(days=OF_DAYS, place=st.integers(0, 30), accepts=st.booleans())
    def a_file_with_a_cell_that_cannot_be_read_comes(
        self, days: list[int], place: int, accepts: bool
    ) -> None:
        rows = [ROWS[self.layout](line) for line in self._lines(*days)]
        if rows:
            rows[place % len(rows)] = rows[place % len(rows)].replace("000", "0x0", 1)
            self._is_refused(rows, accepts)

    @rule(days=OF_DAYS, place=st.integers(0, 30), accepts=st.booleans())
    def a_file_that_lacks_a_line_inside_comes(
        self, days: list[int], place: int, accepts: bool
    ) -> None:
        rows = [ROWS[self.layout](line) for line in self._lines(*days)]
        if self.layout == "jimpitan" and len(rows) > 2:
            del rows[1 + place % (len(rows) - 2)]
            self._is_refused(rows, accepts)

    @rule(days=OF_DAYS, accepts=st.booleans())
    def the_same_days_come_in_another_layout(self, days: list[int], accepts: bool) -> None:
        other = next(name for name in HEADS if name != self.layout)
        lines = self._lines(*days)
        if self.held.keys() & set(range(lines[0].day, lines[-1].day + 1) if lines else ()):
            self._is_refused([ROWS[other](line) for line in lines], accepts, layout=other)

    # ---- what must be so ----------------------------------------------------------------

    @invariant()
    def every_line_of_the_days_that_came_is_held_once(self) -> None:
        rows = self.server.run(self._rows(select(statement_lines)))
        has_balance = self.layout == "jimpitan"
        found = Counter(
            (row["booked_on"], row["amount_idr"], row["description"], row["balance_idr"])
            for row in rows
            if row["account_id"] == self.account
        )
        assert found == Counter(
            (line.on, line.amount, line.text, line.balance if has_balance else None)
            for line in self._held_lines()
        )

    @invariant()
    def what_is_missing_between_files_is_said(self) -> None:
        table = discrepancies
        open_cases = select(table).where(
            table.c.kind == "statement_gap",
            table.c.state != "resolved",
            table.c.subject.startswith(f"{self.account}/"),
        )
        found = {
            (row["subject"], json.loads(row["evidence"])["missing_idr"])
            for row in self.server.run(self._rows(open_cases))
        }
        assert found == {
            (f"{self.account}/between/{after}/{before}", missing)
            for after, before, missing in self._gaps(self.stretches)
        }

    @invariant()
    def balances_are_those_of_the_bank(self) -> None:
        if self.layout == "jimpitan" and self.stretches:
            first = min(start for start, _ in self.stretches)
            last = max(end for _, end in self.stretches) - 1
            opening = self.truth[first].balance - self.truth[first].amount
            held = sum(line.amount for line in self._held_lines())
            missing = sum(gap[2] for gap in self._gaps(self.stretches))
            assert opening + held + missing == self.truth[last].balance

    @invariant()
    def an_import_is_noted_for_each_file_that_was_taken(self) -> None:
        rows = self.server.run(self._rows(select(statement_imports)))
        own = [row for row in rows if row["account_id"] == self.account]
        assert sum(row["lines_new"] for row in own) == sum(self.held.values())
        assert len(own) == len(self.stretches)

    # ---- how it is done -----------------------------------------------------------------

    def _lines(self, first: int, last: int, *, not_yet: int = 0) -> list[Line]:
        """Return the lines of some days, without so many of the last day that come later."""
        whole = [line for line in self.truth if first <= line.day <= last]
        of_last_day = [line for line in whole if whole and line.day == whole[-1].day]
        return whole[: len(whole) - min(not_yet, len(of_last_day))]

    def _held_lines(self) -> list[Line]:
        """Return what should be held: of each day the first lines, as many as came."""
        of_day = {day: [one for one in self.truth if one.day == day] for day in range(DAYS)}
        return [line for day, came in self.held.items() for line in of_day[day][:came]]

    def _new_in(self, lines: list[Line]) -> int:
        came = Counter(line.day for line in lines)
        return sum(max(lines_came - self.held.get(day, 0), 0) for day, lines_came in came.items())

    def _gaps(self, stretches: list[tuple[int, int]]) -> set[tuple[date, date, int]]:
        """Return where blocks of files that share days do not join, and by how much."""
        if self.layout == "bca":
            return set()
        blocks: list[tuple[int, int]] = []
        for start, end in sorted(stretches):
            if blocks and self.truth[start].day <= self.truth[blocks[-1][1] - 1].day:
                blocks[-1] = (blocks[-1][0], max(end, blocks[-1][1]))
            else:
                blocks.append((start, end))
        found = set()
        for (_, after), (before, _) in pairwise(blocks):
            missing = sum(line.amount for line in self.truth[after:before])
            if missing:
                found.add((self.truth[after - 1].on, self.truth[before].on, missing))
        return found

    def _is_refused(self, rows: list[str], accepts: bool, layout: str = "") -> None:
        found = self._import(rows, accept_warnings=accepts, layout=layout)
        assert found.faults
        assert (found.import_id, found.new) == (None, ())

    def _import(self, rows: list[str], layout: str = "", **more: bool) -> Imported:
        layout = layout or self.layout
        wish = ImportWish(
            account=self.account,
            file_name=f"{layout}.csv",
            content="\n".join([HEADS[layout], *rows]).encode(),
            profiles=profiles_named(layout),
            actor="cli",
            **more,
        )
        imported: Imported = self.server.run(self.server.program.money.take_statement(wish))
        return imported

    async def _rows(self, statement: Any) -> list[Any]:
        async with self.server.program.database.read() as connection:
            return list((await connection.execute(statement)).mappings().all())


def test_whatever_comes_every_line_is_held_once_or_said_to_be_missing(
    settings: Settings,
) -> None:
    with asyncio.Runner() as runner:
        program = runner.run(build(settings, StepClock()))
        server = Server(runner.run, program, count(1))
        try:
            run_state_machine_as_test(lambda: StatementFiles(server), settings=SEARCH)  # type: ignore[no-untyped-call]
        finally:
            runner.run(program.close())


SEARCH = settings(
    max_examples=25,
    stateful_step_count=16,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
