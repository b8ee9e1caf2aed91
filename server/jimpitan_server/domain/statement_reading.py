"""Reads a statement file by its profile: everything or nothing, with every fault in its place."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from jimpitan_server.domain.rupiah import ENTRY_IDR_MAX, NumberStyle
from jimpitan_server.domain.statement import LineFault, StatementLine, StatementReading
from jimpitan_server.domain.statement_cells import LineReader, Skipped
from jimpitan_server.domain.statement_gaps import Stretch
from jimpitan_server.domain.statement_layout import Layout, find_layout
from jimpitan_server.domain.statement_profile import StatementProfile
from jimpitan_server.domain.statement_sheet import (
    FILE_LENGTH_MAX,
    LINES_MAX,
    FaultKind,
    Row,
    Sheet,
    Unreadable,
)

FILE_IDR_MAX = 100 * ENTRY_IDR_MAX
FAULTS_MAX = 20


def read_statement(
    content: bytes,
    *,
    file_name: str,
    profiles: Sequence[StatementProfile],
    open_sheets: Callable[[bytes], Sequence[Sheet]],
) -> StatementReading:
    """Return the lines of a file in its own order, or its faults and no reason to take any.

    With several profiles the one that fits is found; `open_sheets` shows the file as rows.
    """
    try:
        if len(content) > FILE_LENGTH_MAX:
            raise Unreadable(f"longer than {FILE_LENGTH_MAX} bytes", kind=FaultKind.LARGE)
        layout = find_layout(open_sheets(content), profiles)
        return _in_fitting_style(layout, file_name)
    except Unreadable as error:
        return StatementReading(profile="", lines=(), faults=(_fault(file_name, error),))


def _fault(file_name: str, error: Unreadable) -> LineFault:
    return LineFault(
        file_name=file_name,
        line_number=error.line_number,
        column=error.column,
        sentence=error.sentence,
        kind=error.kind,
    )


def _in_fitting_style(layout: Layout, file_name: str) -> StatementReading:
    """Read in the style of numbers that fits the whole file, else in the one that got furthest."""
    best: StatementReading | None = None
    for style in layout.profile.style:
        reading = _read_lines(layout, style, file_name)
        if not reading.faults:
            return reading
        place = reading.faults[0].line_number
        if best is None or place > best.faults[0].line_number:
            best = reading
    assert best is not None, "a profile has a style"
    return best


def _read_lines(layout: Layout, style: NumberStyle, file_name: str) -> StatementReading:
    reader = LineReader(layout, style)
    lines: list[StatementLine] = []
    faults: list[LineFault] = []
    left_out: Counter[Skipped] = Counter()
    for line_number, row in _below(layout):
        try:
            line = reader.read(line_number, row)
        except Unreadable as error:
            faults.append(_fault(file_name, error))
            if len(faults) == FAULTS_MAX:
                break
            continue
        if isinstance(line, Skipped):
            left_out[line] += 1
        elif len(lines) == LINES_MAX:
            raise Unreadable(
                f"over {LINES_MAX} lines", kind=FaultKind.LARGE, line_number=line_number
            )
        else:
            lines.append(line)
    if sum(abs(line.amount.amount) for line in lines) > FILE_IDR_MAX:
        sentence = f"more than {FILE_IDR_MAX} rupiah in one file"
        raise Unreadable(sentence, kind=FaultKind.LARGE, line_number=layout.header[0])
    stretch = None
    if not faults:
        stretch, faults = _stretch(lines, layout, file_name)
    return StatementReading(
        profile=layout.profile.name,
        lines=_numbered(lines),
        faults=tuple(faults),
        skipped=left_out[Skipped.NO_MOVEMENT],
        pending=left_out[Skipped.PENDING],
        stretch=stretch,
    )


def _below(layout: Layout) -> Iterator[Row]:
    """Return the rows below the header; a header that a page repeats is no line."""
    head = list(layout.header[1])
    for line_number, row in layout.sheet.rows():
        if line_number > layout.header[0] and row != head:
            yield line_number, row


def _stretch(
    lines: list[StatementLine], layout: Layout, file_name: str
) -> tuple[Stretch | None, list[LineFault]]:
    """Follow the running balance, in whichever direction of time the file runs."""
    if not lines or lines[0].balance is None:
        return None, []
    forward, backward = _steps_that_follow(lines), _steps_that_follow(lines[::-1])
    if len(lines) not in (forward, backward):
        line = lines[forward] if forward >= backward else lines[::-1][backward]
        meaning = "balance" if layout.profile.balance else "balance_before"
        sentence = "the balance does not follow from the line before: lines are missing or altered"
        error = Unreadable(
            sentence,
            kind=FaultKind.BALANCE,
            line_number=line.line_number,
            column=layout.column(meaning),
        )
        return None, [_fault(file_name, error)]
    is_backward = forward < len(lines) or (
        backward == len(lines) and lines[0].booked_on > lines[-1].booked_on
    )
    first, last = (lines[-1], lines[0]) if is_backward else (lines[0], lines[-1])
    assert first.balance is not None, "all lines of a file have a balance or none has"
    assert last.balance is not None, "all lines of a file have a balance or none has"
    return Stretch(
        first_on=min(line.booked_on for line in lines),
        last_on=max(line.booked_on for line in lines),
        opening=first.balance - first.amount,
        closing=last.balance,
    ), []


def _steps_that_follow(lines: list[StatementLine]) -> int:
    """Return how many lines from the first on have the balance that follows."""
    balance: int | None = None
    for step, line in enumerate(lines):
        assert line.balance is not None, "all lines of a file have a balance or none has"
        if balance is not None and balance + line.amount.amount != line.balance.amount:
            return step
        balance = line.balance.amount
    return len(lines)


def _numbered(lines: list[StatementLine]) -> tuple[StatementLine, ...]:
    """Return the lines with the place of each among those that look exactly like it."""
    seen: Counter[str] = Counter()
    numbered = []
    for line in lines:
        times = seen[line.row_hash]
        seen[line.row_hash] = times + 1
        numbered.append(replace(line, occurrence=times) if times else line)
    return tuple(numbered)
