"""A table people sort, search, page and take away as CSV or XLSX; it works without a script."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import Response
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

Row = TypeVar("Row")
Cell = str | int | datetime | date | None
ROWS_PER_PAGE = 50
SEARCH_LENGTH_MAX = 100
# Cells of a spreadsheet longer than this are refused by Excel (its specification of limits).
CELL_LENGTH_MAX = 32_767
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# OWASP, "CSV Injection": what begins like this is a formula to a spreadsheet, also after blanks;
# the last four are the full-width forms.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
NO_SIGNS = "\ufffe\uffff"  # XML 1.0 allows neither


class Form(StrEnum):
    """As what a table is answered."""

    PAGE = "html"
    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column: `title` in the language of the templates, `is_number` stands to the right.

    `is_word` says that a value is translated when it leaves; `rank` sorts where a value would not.
    """

    key: str
    title: str
    value: Callable[[Row], Cell]
    is_number: bool = False
    is_word: bool = False
    rank: Callable[[Row], Cell] | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader asked of a table; anything senseless asks for nothing."""

    search: str = ""
    key: str = ""
    is_falling: bool = False
    page: int = 1
    form: Form = Form.PAGE

    def query(self, **changes: object) -> str:
        """Return the query of a link with some of this changed."""
        wanted = replace(self, **changes)  # type: ignore[arg-type]  # names are ours
        fields = {
            "cari": wanted.search,
            "urut": ("-" if wanted.is_falling else "") + wanted.key if wanted.key else "",
            "hal": "" if wanted.page == 1 else str(wanted.page),
            "bentuk": "" if wanted.form == Form.PAGE else str(wanted.form),
        }
        return "?" + urlencode({name: value for name, value in fields.items() if value})


@dataclass(frozen=True, slots=True)
class View(Generic[Row]):
    """One page of a table, as a template shows it."""

    columns: tuple[Column[Row], ...]
    rows: Sequence[Row]
    wanted: Wanted
    count: int
    count_of_all: int

    @property
    def pages(self) -> int:
        """Return how many pages there are, at least one."""
        return max(1, -(-self.count // ROWS_PER_PAGE))

    def turned(self, column: Column[Row]) -> str:
        """Return the query that sorts by a column, falling when it rises already."""
        is_falling = self.wanted.key == column.key and not self.wanted.is_falling
        return self.wanted.query(key=column.key, is_falling=is_falling, page=1)


def wanted_of(request: Request) -> Wanted:
    """Return what the query of a request asks of the table."""
    query = request.query_params
    order, page = query.get("urut", ""), query.get("hal", "")
    form = query.get("bentuk", "")
    return Wanted(
        search=query.get("cari", "").replace("\x00", "").strip()[:SEARCH_LENGTH_MAX],
        key=order.removeprefix("-"),
        is_falling=order.startswith("-"),
        page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
        form=Form(form) if form in set(Form) else Form.PAGE,
    )


def arranged(
    columns: Iterable[Column[Row]], rows: Iterable[Row], wanted: Wanted
) -> tuple[list[Row], Wanted]:
    """Return the rows that hold what is searched, sorted; rows come in their natural order."""
    columns, found = tuple(columns), list(rows)
    if sought := wanted.search.casefold():
        found = [row for row in found if any(sought in _text(one.value(row)) for one in columns)]
    chosen = next((one for one in columns if one.key == wanted.key), None)
    if chosen is None:
        return found, replace(wanted, key="", is_falling=False)
    value = chosen.rank or chosen.value
    empty = [row for row in found if value(row) is None]
    full = [row for row in found if value(row) is not None]
    full.sort(key=lambda row: _sortable(value(row)), reverse=wanted.is_falling)
    return full + empty, wanted


def view(columns: tuple[Column[Row], ...], rows: Sequence[Row], wanted: Wanted) -> View[Row]:
    """Return the page of a table that is wanted; a page past the end is the last one."""
    found, wanted = arranged(columns, rows, wanted)
    shown = View(columns, (), wanted, len(found), len(rows))
    number = min(wanted.page, shown.pages)
    first = (number - 1) * ROWS_PER_PAGE
    return replace(
        shown, rows=found[first : first + ROWS_PER_PAGE], wanted=replace(wanted, page=number)
    )


def file_of(
    name: str,
    columns: tuple[Column[Row], ...],
    rows: Iterable[Row],
    *,
    form: Form,
    words: Callable[[str], str],
    zone: str,
) -> Response:
    """Return rows as a file to take away; times stand in the programme's zone, in ISO 8601."""
    titles = [words(one.title) for one in columns]

    def said(column: Column[Row], row: Row) -> Cell:
        value = column.value(row)
        return words(value) if column.is_word and isinstance(value, str) else value

    lines = ([said(one, row) for one in columns] for row in rows)
    if form is Form.CSV:
        content, media_type = _csv(titles, lines, ZoneInfo(zone)), "text/csv; charset=utf-8"
    else:
        content, media_type = _xlsx(titles, lines, ZoneInfo(zone)), XLSX
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{form.value}"',
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=media_type, headers=headers)


def _csv(titles: list[str], lines: Iterable[list[Cell]], zone: ZoneInfo) -> bytes:
    """Return comma-separated values (RFC 4180), marked as UTF-8 for spreadsheets."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(titles)
    for line in lines:
        writer.writerow([_harmless(_written(cell, zone)) for cell in line])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _xlsx(titles: list[str], lines: Iterable[list[Cell]], zone: ZoneInfo) -> bytes:
    """Return a workbook with one sheet; a text stays a text, whatever it begins with."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    sheet.append(titles)
    for line in lines:
        sheet.append([_as_cell(sheet, _written(cell, zone)) for cell in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _as_cell(sheet: object, value: str | int) -> object:
    if isinstance(value, int):
        return value
    cell = WriteOnlyCell(sheet, value="")  # type: ignore[arg-type]  # stubs want a worksheet
    cell.value, cell.data_type = _printable(value)[:CELL_LENGTH_MAX], "s"
    return cell


def _printable(text: str) -> str:
    """Return a text without the control characters that a workbook cannot hold (XML 1.0)."""
    return "".join(
        sign for sign in text if (sign >= " " and sign not in NO_SIGNS) or sign in "\n\t"
    )


def _written(cell: Cell, zone: ZoneInfo) -> str | int:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.astimezone(zone).isoformat(sep=" ", timespec="seconds")
    return cell.isoformat() if isinstance(cell, date) else cell


def _harmless(value: str | int) -> str | int:
    is_formula = isinstance(value, str) and (
        value.startswith(FORMULA_STARTS) or value.lstrip().startswith(FORMULA_STARTS)
    )
    return f"'{value}" if is_formula else value


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell).casefold()


def _sortable(cell: Cell) -> tuple[int, str | int | float]:
    """Return what a cell sorts by; numbers and times come before texts."""
    if isinstance(cell, str):
        return (1, cell.casefold())
    if isinstance(cell, datetime):
        return (0, cell.timestamp())
    return (0, cell.toordinal() if isinstance(cell, date) else int(cell or 0))
