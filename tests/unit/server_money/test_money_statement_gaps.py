"""Statements of an account join where one ends and the next begins, or the gap is named."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.adapters.statement_file import open_sheets
from jimpitan_server.adapters.statement_profiles import profiles_named
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.statement import StatementLine, StatementReading
from jimpitan_server.domain.statement_gaps import StatementGap, Stretch, gaps
from jimpitan_server.domain.statement_reading import read_statement

FIRST = date(2026, 1, 1)


def stretch(first: int, last: int, opening: int, closing: int) -> Stretch:
    return Stretch(
        first_on=FIRST + timedelta(days=first),
        last_on=FIRST + timedelta(days=last),
        opening=Rupiah(opening),
        closing=Rupiah(closing),
    )


def found(stretches: Sequence[Stretch], moved_idr: int | None = None) -> tuple[StatementGap, ...]:
    """Return the gaps; by default the lines held say what the outermost balances say."""

    def moved(first: date, last: date) -> Rupiah:
        if moved_idr is not None:
            return Rupiah(moved_idr)
        inside = [one for one in stretches if first <= one.first_on and one.last_on <= last]
        return inside[-1].closing - inside[0].opening

    return gaps(stretches, moved)


def test_files_that_join_have_no_gap() -> None:
    assert found([stretch(0, 4, 0, 500), stretch(5, 9, 500, 900)]) == ()
    assert found([]) == ()


def test_missing_days_are_a_gap_with_its_money() -> None:
    (gap,) = found([stretch(0, 4, 0, 500), stretch(8, 9, 700, 900)])
    assert (gap.after, gap.before) == (date(2026, 1, 5), date(2026, 1, 9))
    assert (gap.missing, gap.is_inside) == (Rupiah(200), False)
    assert "+200 rupiah moved on lines that are missing" in gap.sentence


def test_a_file_that_comes_later_fills_the_gap() -> None:
    parts = [stretch(0, 4, 0, 500), stretch(8, 9, 700, 900), stretch(5, 7, 500, 700)]
    assert found(parts) == ()


def test_overlapping_files_are_one_block_whose_lines_must_add_up() -> None:
    parts = [stretch(0, 5, 0, 500), stretch(4, 9, 400, 900)]
    assert found(parts, 900) == ()
    (gap,) = found(parts, 850)
    assert (gap.missing, gap.is_inside) == (Rupiah(50), True)
    assert "do not add up to their balances: +50 rupiah is missing" in gap.sentence


def test_a_day_that_was_cut_joins_the_whole_day() -> None:
    assert (
        found([stretch(0, 3, 0, 300), stretch(3, 3, 200, 400), stretch(4, 5, 400, 500)], 0) != ()
    )
    parts = [stretch(0, 3, 0, 300), stretch(3, 3, 200, 400)]
    assert found(parts, 400) == ()


DAYS = st.lists(
    st.tuples(st.integers(0, 8), st.integers(-5_000, 5_000).filter(bool)), min_size=2, max_size=30
).map(sorted)


def export(rows: list[tuple[int, int]], opening: int) -> list[str]:
    """Return an account's whole history as lines of a file, each with its balance."""
    lines, balance = [], opening
    for number, (day, amount) in enumerate(rows):
        balance += amount
        lines.append(f"2026-01-{day + 1:02d},10:00,{amount},{balance},QRIS {number},")
    return lines


def read(lines: Sequence[str]) -> StatementReading:
    text = "date,time,amount,balance,description,reference\n" + "\n".join(lines)
    return read_statement(
        text.encode(),
        file_name="x.csv",
        profiles=profiles_named("jimpitan"),
        open_sheets=open_sheets,
    )


def held_gaps(readings: Sequence[StatementReading]) -> tuple[StatementGap, ...]:
    """Import in the given order, each line once, and look for gaps at the end."""
    held: dict[tuple[str, int], StatementLine] = {}
    for reading in readings:
        assert not reading.faults
        held |= {(line.row_hash, line.occurrence): line for line in reading.lines}

    def moved(first: date, last: date) -> Rupiah:
        days = (one for one in held.values() if first <= one.booked_on <= last)
        return Rupiah(sum(one.amount.amount for one in days))

    return gaps([one.stretch for one in readings if one.stretch is not None], moved)


@given(DAYS, st.data())
def test_parts_that_overlap_in_any_order_give_the_same_rows_and_no_gap(
    rows: list[tuple[int, int]], data: st.DataObject
) -> None:
    lines = export(rows, opening=1_000_000)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(lines) - 1), max_size=4)))
    edges = [0, *cuts, len(lines)]
    back = data.draw(st.integers(0, 3))
    parts = [lines[max(a - back, 0) : b] for a, b in pairwise(edges)]
    order = data.draw(st.permutations(range(len(parts))))
    readings = [read(parts[at]) for at in order]
    wanted = {(one.row_hash, one.occurrence) for one in read(lines).lines}
    assert {(one.row_hash, one.occurrence) for r in readings for one in r.lines} == wanted
    assert held_gaps(readings) == ()


@given(DAYS, st.data())
def test_a_part_that_is_missing_never_passes_unseen(
    rows: list[tuple[int, int]], data: st.DataObject
) -> None:
    lines = export(rows, opening=1_000_000)
    if len(lines) < 3:
        return
    start = data.draw(st.integers(1, len(lines) - 2))
    end = data.draw(st.integers(start + 1, len(lines) - 1))
    lost = sum(amount for _, amount in rows[start:end])
    if lost == 0:
        return  # money that came and went between two files leaves no trace in balances
    assert held_gaps([read(lines[:start]), read(lines[end:])]) != ()


def test_day_that_went_on_joins_where_its_last_line_ended_and_nowhere_else() -> None:
    """A file of the morning ended where the next day begins; lines of the evening are missing."""
    morning, afternoon = stretch(0, 0, 0, 1000), stretch(0, 0, 0, 3000)
    next_day = stretch(1, 1, 1000, 1500)

    def moved(first: date, last: date) -> Rupiah:
        return Rupiah(3000 if first == FIRST else 500)

    (gap,) = gaps([morning, afternoon, next_day], moved)
    assert (gap.missing, gap.is_inside) == (Rupiah(-2000), False)
