"""Reads one line of a statement from its cells, or says which cell cannot be read."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from jimpitan_server.domain.money_errors import MoneyMalformed
from jimpitan_server.domain.rupiah import ENTRY_IDR_MAX, NumberStyle, Rupiah, parse_rupiah
from jimpitan_server.domain.statement import StatementLine
from jimpitan_server.domain.statement_layout import Layout
from jimpitan_server.domain.statement_profile import Names
from jimpitan_server.domain.statement_sheet import Cell, FaultKind, Unreadable, text_of

# QRIS began in 2019; what a file dates far from that is a misread date.
_YEARS = range(2000, 2100)
_CELL_LENGTH_MAX = 1_000
# A file has few days and many equal times and amounts: each is read once, up to this many.
_REMEMBERED_MAX = 50_000
_NOTHING = ("", "-")
_RUPIAH_NAMES = ("IDR", "RP")
Moment = tuple[date, time | None]
Cells = Mapping[str, Cell]
Key = TypeVar("Key")
Known = TypeVar("Known")


class Skipped(StrEnum):
    """Why a row is no line of the statement."""

    NO_MOVEMENT = "no_movement"
    """A balance or a sum that the bank announces among its lines."""
    PENDING = "pending"
    """Announced by the bank and not booked yet; it comes again when it is."""


class LineReader:
    """Reads the rows of one file, in one style of numbers."""

    def __init__(self, layout: Layout, style: NumberStyle) -> None:
        self._layout = layout
        self._profile = layout.profile
        self._style = style
        self._width = len(layout.header[1])
        self._single = [(m, at[0]) for m, at in layout.indexes.items() if len(at) == 1]
        self._several = [(m, at) for m, at in layout.indexes.items() if len(at) > 1]
        self._skip = re.compile("|".join(map(re.escape, self._profile.skip_words)) or r"(?!)")
        self._moments: dict[tuple[str, str], Moment] = {}
        self._amounts: dict[str, Rupiah] = {}
        self._account: str | None = None

    def read(self, line_number: int, row: Sequence[Cell]) -> StatementLine | Skipped:
        """Return the line, or why the row is none; raise `Unreadable` naming the column."""
        try:
            return self._line(line_number, row)
        except Unreadable as error:
            error.line_number = line_number
            raise

    def _line(self, line_number: int, row: Sequence[Cell]) -> StatementLine | Skipped:
        cells = self._cells(row)
        description, day = text_of(cells["description"]), text_of(cells["date"]).upper()
        if self._skip.search(" ".join(description.upper().split())) or self._skip.search(day):
            return Skipped.NO_MOVEMENT
        if day in self._profile.pending_words:
            return Skipped.PENDING
        self._check_belonging(cells)
        booked_on, booked_time = self._moment(cells, "date", self._profile.date_formats)
        if cells.get("time"):
            booked_time = self._moment(cells, "time", self._profile.time_formats)[1]
        amount = self._amount(cells)
        return StatementLine(
            booked_on=booked_on,
            booked_time=booked_time,
            amount=amount,
            balance=self._balance(cells, amount),
            description=description,
            reference=text_of(cells.get("reference", "")),
            line_number=line_number,
        )

    def _cells(self, row: Sequence[Cell]) -> dict[str, Cell]:
        """Return what stands under each meaning, joined when several columns share its name."""
        width = self._width
        if len(row) != width:
            if any(text_of(cell) for cell in row[width:]):
                raise Unreadable(
                    "more cells than the header has columns", kind=FaultKind.CELL, column="line"
                )
            row = [*row, *[""] * (width - len(row))]
        cells = {meaning: row[at] for meaning, at in self._single}
        for meaning, places in self._several:
            cells[meaning] = " ".join(text for at in places if (text := text_of(row[at])))
        for meaning, cell in cells.items():
            if isinstance(cell, str):
                if len(cell) > _CELL_LENGTH_MAX:
                    sentence = f"a cell of over {_CELL_LENGTH_MAX} characters"
                    raise self._fault(meaning, sentence)
                cells[meaning] = cell.strip()
        return cells

    def _check_belonging(self, cells: Cells) -> None:
        """Refuse money of another currency, and lines of a second account."""
        if self._profile.currency:
            currency = text_of(cells["currency"]).upper()
            if currency not in _RUPIAH_NAMES:
                raise self._fault(
                    "currency", f"{currency[:20]!r} is not rupiah", FaultKind.FOREIGN
                )
        if self._profile.account:
            account = "".join(sign for sign in text_of(cells["account"]) if sign.isalnum())
            self._account = self._account or account
            if account != self._account:
                raise self._fault("account", "a line of a second account", FaultKind.FOREIGN)

    def _moment(self, cells: Cells, meaning: str, formats: Names) -> Moment:
        """Return day and time of day as a cell states them; a day alone has no time."""
        cell = cells[meaning]
        if isinstance(cell, datetime):
            at = cell.time() if cell.time() != time() or meaning == "time" else None
            return self._day(cell.date(), at, cell.isoformat(), meaning)
        if isinstance(cell, time) and meaning == "time":
            return date.min, cell
        text = text_of(cell)
        key = meaning, text
        return _known(self._moments, key, lambda: self._parsed_moment(text, meaning, formats))

    def _parsed_moment(self, text: str, meaning: str, formats: Names) -> Moment:
        for form in formats:
            # A spreadsheet takes the first zero of 091500 away.
            whole = text.zfill(6) if form == "%H%M%S" else text
            try:
                found = datetime.strptime(whole, form)  # noqa: DTZ007  (a bank's day, no instant)
            except ValueError:
                continue
            at = found.time() if "%H" in form else None
            return self._day(found.date(), at, text, meaning)
        raise self._fault(meaning, f"{text[:40]!r} is no {meaning}")

    def _day(self, day: date, at: time | None, text: str, meaning: str) -> Moment:
        if meaning == "date" and day.year not in _YEARS:
            raise self._fault(meaning, f"{text[:40]!r} is no date")
        return day, at

    def _money(self, cells: Cells, meaning: str) -> Rupiah:
        cell = cells[meaning]
        text = text_of(cell)
        if isinstance(cell, Decimal):
            return self._parsed_money(text, meaning, NumberStyle.PLAIN)
        return _known(self._amounts, text, lambda: self._parsed_money(text, meaning, self._style))

    def _parsed_money(self, text: str, meaning: str, style: NumberStyle) -> Rupiah:
        try:
            money = parse_rupiah(text, style)
        except MoneyMalformed as error:
            raise self._fault(meaning, error.sentence) from error
        if abs(money.amount) > ENTRY_IDR_MAX:
            raise self._fault(meaning, f"more than {ENTRY_IDR_MAX} rupiah in one line")
        return money

    def _balance(self, cells: Cells, amount: Rupiah) -> Rupiah | None:
        if self._profile.balance:
            return self._money(cells, "balance")
        if self._profile.balance_before:
            return self._money(cells, "balance_before") + amount
        return None

    def _amount(self, cells: Cells) -> Rupiah:
        if self._profile.debit:
            return self._amount_of_two_columns(cells)
        if self._profile.direction_in_amount:
            number, word = _apart(text_of(cells["amount"]))
            return self._signed(self._parsed_money(number, "amount", self._style), word, "amount")
        amount = self._money(cells, "amount")
        if not self._profile.direction:
            return self._moved(amount, "amount")
        return self._signed(amount, text_of(cells["direction"]), "direction")

    def _amount_of_two_columns(self, cells: Cells) -> Rupiah:
        debit, credit = self._side(cells, "debit"), self._side(cells, "credit")
        if debit and credit:
            raise self._fault("debit", "debit and credit in one line")
        return self._moved(credit - debit, "credit")

    def _side(self, cells: Cells, meaning: str) -> Rupiah:
        side = Rupiah(0)
        if text_of(cells[meaning]) not in _NOTHING:
            side = self._money(cells, meaning)
        if side < Rupiah(0):
            raise self._fault(meaning, "an amount below zero")
        return side

    def _signed(self, amount: Rupiah, word: str, meaning: str) -> Rupiah:
        if amount < Rupiah(0):
            raise self._fault(meaning, "a sign and a direction: which of them counts?")
        direction = word.strip().upper()
        if direction in self._profile.credit_words:
            return self._moved(amount, meaning)
        if direction in self._profile.debit_words:
            return self._moved(-amount, meaning)
        raise self._fault(meaning, f"{word[:20]!r} is neither debit nor credit")

    def _moved(self, amount: Rupiah, meaning: str) -> Rupiah:
        if not amount:
            raise self._fault(meaning, "a line without money")
        return amount

    def _fault(self, meaning: str, sentence: str, kind: FaultKind = FaultKind.CELL) -> Unreadable:
        return Unreadable(sentence, kind=kind, column=self._layout.column(meaning))


def _apart(text: str) -> tuple[str, str]:
    """Return a number and the word behind it, with or without a blank between them."""
    number = text.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    return number.rstrip(), text[len(number) :]


def _known(found: dict[Key, Known], key: Key, work: Callable[[], Known]) -> Known:
    """Return what was found for a key before, or find it; remember a bounded number."""
    known = found.get(key)
    if known is None:
        known = work()
        if len(found) < _REMEMBERED_MAX:
            found[key] = known
    return known
