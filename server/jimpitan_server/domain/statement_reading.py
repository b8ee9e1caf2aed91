"""Reads a statement file by its profile: everything or nothing, with every fault in its place."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from itertools import islice

from jimpitan_server.domain.money_errors import MoneyMalformed
from jimpitan_server.domain.rupiah import ENTRY_IDR_MAX, Rupiah, parse_rupiah
from jimpitan_server.domain.statement import (
    LineFault,
    Names,
    StatementLine,
    StatementProfile,
    StatementReading,
)

# Bounds of one import: a year of a busy account is far below both.
FILE_LENGTH_MAX = 16 * 1024 * 1024
LINES_MAX = 200_000
FILE_IDR_MAX = 100 * ENTRY_IDR_MAX
FAULTS_MAX = 20
# QRIS began in 2019; what a file dates far from that is a misread date.
_YEARS = range(2000, 2100)
_CELL_LENGTH_MAX = 1_000
_HEADER_WITHIN_LINES = 60
_DELIMITERS = (",", ";", "\t", "|")

Row = tuple[int, list[str]]


class _LineUnreadableError(Exception):
    """A cell of the present line cannot be read; becomes a fault of the file."""

    def __init__(self, column: str, sentence: str) -> None:
        super().__init__(sentence)
        self.column = column
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class _Layout:
    """A header found in a file: which cells mean what."""

    profile: StatementProfile
    header: Row
    delimiter: str
    indexes: Mapping[str, tuple[int, ...]]

    def cell(self, row: list[str], meaning: str) -> str:
        """Return what stands under a meaning, joined when several columns share its name."""
        cells = (row[at].strip() for at in self.indexes.get(meaning, ()) if at < len(row))
        return " ".join(text for text in cells if text)

    def column(self, meaning: str) -> str:
        """Return how the file itself heads the column, for the person who looks for it."""
        return self.header[1][self.indexes[meaning][0]].strip()


def read_statement(
    content: bytes, *, file_name: str, profile: StatementProfile
) -> StatementReading:
    """Return the lines of a file in its own order, or its faults and no reason to take any."""
    try:
        text = _text_of(content)
        layout = _find_layout(text, profile)
        if isinstance(layout, LineFault):
            return _refused(replace(layout, file_name=file_name))
        return _read_lines(text, layout, file_name)
    except _LineUnreadableError as error:
        return _refused(_fault(file_name, 1, error.column, error.sentence))


def _refused(fault: LineFault) -> StatementReading:
    return StatementReading(lines=(), faults=(fault,), skipped=0)


def _fault(file_name: str, line_number: int, column: str, sentence: str) -> LineFault:
    return LineFault(
        file_name=file_name, line_number=line_number, column=column, sentence=sentence
    )


def _text_of(content: bytes) -> str:
    if len(content) > FILE_LENGTH_MAX:
        raise _LineUnreadableError("file", f"longer than {FILE_LENGTH_MAX} bytes")
    utf16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = content.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise _LineUnreadableError("file", "the text is neither UTF-8 nor UTF-16") from error
    if "\x00" in text:
        raise _LineUnreadableError("file", "this is no text file")
    return text


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _LineUnreadableError(
                "line", f"quotes or cells cannot be read before line {reader.line_num}: {error}"
            ) from error
        if any(cell.strip() for cell in row):
            yield reader.line_num, row


def _plain(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalnum())


def _find_layout(text: str, profile: StatementProfile) -> _Layout | LineFault:
    """Return the first header that has every column, else say what the best one lacks."""
    best = (-1, 1, ", ".join(profile.columns))
    for delimiter in _DELIMITERS:
        try:
            for row in islice(_rows(text, delimiter), _HEADER_WITHIN_LINES):
                indexes = {m: _places(row[1], names) for m, names in profile.columns.items()}
                lacking = [profile.columns[m][0] for m, places in indexes.items() if not places]
                if not lacking:
                    return _Layout(profile, row, delimiter, indexes)
                best = max(best, (len(indexes) - len(lacking), row[0], ", ".join(lacking)))
        except _LineUnreadableError:
            continue
    found, line_number, lacking_names = best
    place = line_number if found > 0 else 1
    return _fault("", place, "header", f"no header line for {profile.name}: no {lacking_names}")


def _places(header: list[str], names: Names) -> tuple[int, ...]:
    wanted = {_plain(name) for name in names}
    return tuple(at for at, name in enumerate(header) if _plain(name) in wanted)


def _read_lines(text: str, layout: _Layout, file_name: str) -> StatementReading:
    lines: list[StatementLine] = []
    faults: list[LineFault] = []
    skipped = 0
    for line_number, row in _rows(text, layout.delimiter):
        if line_number <= layout.header[0] or len(faults) >= FAULTS_MAX:
            continue
        try:
            line = _line(line_number, row, layout)
        except _LineUnreadableError as error:
            faults.append(_fault(file_name, line_number, error.column, error.sentence))
            continue
        if line is None:
            skipped += 1
        elif len(lines) == LINES_MAX:
            faults.append(_fault(file_name, line_number, "file", f"over {LINES_MAX} lines"))
            break
        else:
            lines.append(line)
    if sum(abs(line.amount.amount) for line in lines) > FILE_IDR_MAX:
        sentence = f"more than {FILE_IDR_MAX} rupiah in one file"
        return _refused(_fault(file_name, layout.header[0], "file", sentence))
    if not faults:
        faults = _balance_faults(lines, file_name, layout)
    return StatementReading(lines=_numbered(lines), faults=tuple(faults), skipped=skipped)


def _line(line_number: int, row: list[str], layout: _Layout) -> StatementLine | None:
    """Return one line, or None for a line that is not money yet or not a movement."""
    profile = layout.profile
    _check_cells(row, layout)
    description = layout.cell(row, "description")
    upper = " ".join(description.upper().split())
    if any(word in upper for word in profile.skip_words):
        return None
    if layout.cell(row, "date").upper() in profile.pending_words:
        return None
    booked_on, in_date = _moment(row, layout, "date", profile.date_formats)
    booked_time = _moment(row, layout, "time", profile.time_formats)[1] if profile.time else None
    return StatementLine(
        booked_on=booked_on,
        booked_time=booked_time or in_date,
        amount=_amount(row, layout),
        balance=_money(row, layout, "balance") if profile.balance else None,
        description=description,
        reference=layout.cell(row, "reference"),
        line_number=line_number,
    )


def _check_cells(row: list[str], layout: _Layout) -> None:
    beyond = row[len(layout.header[1]) :]
    if any(cell.strip() for cell in beyond):
        raise _LineUnreadableError("line", "more cells than the header has columns")
    for cell in row:
        if len(cell) > _CELL_LENGTH_MAX:
            raise _LineUnreadableError("line", f"a cell of over {_CELL_LENGTH_MAX} characters")


def _moment(
    row: list[str], layout: _Layout, meaning: str, formats: Names
) -> tuple[date, time | None]:
    """Return day and time of day as a cell states them; a day alone has no time."""
    text = layout.cell(row, meaning)
    for form in formats:
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007  (a bank's day, not an instant)
        except ValueError:
            continue
        if found.year in _YEARS or meaning == "time":
            return found.date(), found.time() if "%H" in form else None
    raise _LineUnreadableError(layout.column(meaning), f"{text[:40]!r} is no {meaning}")


def _money(row: list[str], layout: _Layout, meaning: str) -> Rupiah:
    return _parsed(layout.cell(row, meaning), layout.column(meaning), layout)


def _parsed(text: str, column: str, layout: _Layout) -> Rupiah:
    try:
        money = parse_rupiah(text, layout.profile.style)
    except MoneyMalformed as error:
        raise _LineUnreadableError(column, error.sentence) from error
    if abs(money.amount) > ENTRY_IDR_MAX:
        raise _LineUnreadableError(column, f"more than {ENTRY_IDR_MAX} rupiah in one line")
    return money


def _amount(row: list[str], layout: _Layout) -> Rupiah:
    if layout.profile.debit:
        return _amount_of_two_columns(row, layout)
    column = layout.column("amount")
    if layout.profile.direction_in_amount:
        number, _, word = layout.cell(row, "amount").rpartition(" ")
        return _signed(_parsed(number, column, layout), word, column, layout)
    amount = _money(row, layout, "amount")
    if not layout.profile.direction:
        return _moved(amount, column)
    return _signed(amount, layout.cell(row, "direction"), layout.column("direction"), layout)


def _amount_of_two_columns(row: list[str], layout: _Layout) -> Rupiah:
    sides = []
    for meaning in ("debit", "credit"):
        empty = layout.cell(row, meaning) in ("", "-")
        side = Rupiah(0) if empty else _money(row, layout, meaning)
        if side < Rupiah(0):
            raise _LineUnreadableError(layout.column(meaning), "an amount below zero")
        sides.append(side)
    debit, credit = sides
    if debit and credit:
        raise _LineUnreadableError(layout.column("debit"), "debit and credit in one line")
    return _moved(credit - debit, layout.column("credit"))


def _signed(amount: Rupiah, word: str, column: str, layout: _Layout) -> Rupiah:
    if amount < Rupiah(0):
        raise _LineUnreadableError(column, "a sign and a direction: which of them counts?")
    direction = word.strip().upper()
    if direction in layout.profile.credit_words:
        return _moved(amount, column)
    if direction in layout.profile.debit_words:
        return _moved(-amount, column)
    raise _LineUnreadableError(column, f"{word[:20]!r} is neither debit nor credit")


def _moved(amount: Rupiah, column: str) -> Rupiah:
    if not amount:
        raise _LineUnreadableError(column, "a line without money")
    return amount


def _balance_faults(
    lines: list[StatementLine], file_name: str, layout: _Layout
) -> list[LineFault]:
    """Check the running balance, in whichever direction the file runs."""
    if not layout.profile.balance:
        return []
    forward, backward = _steps_that_follow(lines), _steps_that_follow(lines[::-1])
    if len(lines) in (forward, backward):
        return []
    line = lines[forward] if forward >= backward else lines[::-1][backward]
    sentence = "the balance does not follow from the line before: lines are missing or altered"
    return [_fault(file_name, line.line_number, layout.column("balance"), sentence)]


def _steps_that_follow(lines: list[StatementLine]) -> int:
    """Return how many lines from the first on have the balance that follows."""
    balance: Rupiah | None = None
    for step, line in enumerate(lines):
        if balance is not None and balance + line.amount != line.balance:
            return step
        balance = line.balance
    return len(lines)


def _numbered(lines: list[StatementLine]) -> tuple[StatementLine, ...]:
    """Return the lines with the place of each among those that look exactly like it."""
    seen: Counter[str] = Counter()
    numbered = []
    for line in lines:
        row_hash = line.row_hash
        numbered.append(replace(line, occurrence=seen[row_hash]))
        seen[row_hash] += 1
    return tuple(numbered)
