"""Reads a workbook as rows: values only, no macros, no links, nothing larger than it says.

A workbook is a ZIP of XML. Its members' sizes are looked at before anything is unpacked, and
Python unpacks no more of a member than its entry in the directory says. Where defusedxml is
installed, as our extra `server` demands, openpyxl reads with it: declared entities are refused.
"""

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from jimpitan_server.domain.statement_layout import HEADER_WITHIN_ROWS
from jimpitan_server.domain.statement_sheet import (
    LINES_MAX,
    Cell,
    FaultKind,
    Row,
    Sheet,
    Unreadable,
)

# A statement of 100,000 lines unpacks to about 50 MB.
UNPACKED_LENGTH_MAX = 64 * 1024 * 1024
CELLS_MAX = 2_000_000
MEMBERS_MAX = 200
SHEETS_MAX = 10
COLUMNS_MAX = 40
_ROWS_MAX = LINES_MAX + HEADER_WITHIN_ROWS + 100
_MACROS, _LINKS = "vbaproject", "xl/externallinks/"
_HALF_SECOND = timedelta(microseconds=500_000)
# What the library raises for parts that contradict each other.
_BROKEN = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    DefusedXmlException,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    OverflowError,
    EOFError,
    NotImplementedError,
    OSError,
)


def sheets_of_workbook(content: bytes) -> tuple[Sheet, ...]:
    """Return the sheets of a workbook; raise `Unreadable` when it is none, or not harmless."""
    _check_members(content)
    return tuple(Sheet(name, partial(iter, rows)) for name, rows in _values(content))


def _check_members(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            names = [member.filename.lower() for member in members]
            if len(members) > MEMBERS_MAX:
                raise Unreadable(
                    f"a workbook of over {MEMBERS_MAX} parts is no statement", kind=FaultKind.LARGE
                )
            if sum(member.file_size for member in members) > UNPACKED_LENGTH_MAX:
                raise Unreadable(
                    f"unpacked it is longer than {UNPACKED_LENGTH_MAX} bytes", kind=FaultKind.LARGE
                )
            if any(_MACROS in name for name in names):
                raise Unreadable("the workbook has macros; no bank's export has any")
            if any(name.startswith(_LINKS) for name in names):
                raise Unreadable("the workbook links to other files; no bank's export does")
    except _BROKEN as error:
        raise Unreadable("this workbook (XLSX) is damaged") from error


def _values(content: bytes) -> list[tuple[str, list[Row]]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the library leaves out, we do not read
            book = load_workbook(
                io.BytesIO(content), read_only=True, data_only=True, keep_links=False
            )
            try:
                if len(book.worksheets) > SHEETS_MAX:
                    raise Unreadable(
                        f"a workbook of over {SHEETS_MAX} sheets is no statement",
                        kind=FaultKind.LARGE,
                    )
                return [(sheet.title, _bounded(_rows(sheet))) for sheet in book.worksheets]
            finally:
                book.close()
    except _BROKEN as error:
        raise Unreadable("this workbook (XLSX) is damaged") from error


def _bounded(rows: Iterator[Row]) -> list[Row]:
    found, cells = [], 0
    for number, row in rows:
        cells += len(row)
        if cells > CELLS_MAX:
            raise Unreadable(
                f"over {CELLS_MAX} cells in one sheet", kind=FaultKind.LARGE, line_number=number
            )
        found.append((number, row))
    return found


def _rows(sheet: Any) -> Iterator[Row]:
    sheet.reset_dimensions()  # what a workbook claims of its size is not believed
    rows = sheet.iter_rows(max_row=_ROWS_MAX, max_col=COLUMNS_MAX, values_only=True)
    for number, values in enumerate(rows, 1):
        last = max((at for at, value in enumerate(values) if value is not None), default=-1)
        if last >= 0:
            yield number, [_cell(value, number) for value in values[: last + 1]]


def _cell(value: object, number: int) -> Cell:
    """Return a value as a cell that the domain knows."""
    if isinstance(value, datetime | date | time):
        return _moment(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value, number)
    return "" if value is None else str(value)


def _moment(value: datetime | date | time) -> datetime | time:
    if isinstance(value, datetime):
        return (value + _HALF_SECOND).replace(microsecond=0, tzinfo=None)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001  (a bank's day)
    return value.replace(microsecond=0)


def _number(value: int | float, number: int) -> Decimal:
    """Return a number as it was typed: a workbook's is binary, its shortest text is exact."""
    try:
        found = Decimal(repr(value))
    except InvalidOperation as error:
        raise Unreadable(
            "a number that cannot be read", kind=FaultKind.CELL, line_number=number
        ) from error
    if not found.is_finite():
        raise Unreadable("a number that is none", kind=FaultKind.CELL, line_number=number)
    return Decimal(int(found)) if found == int(found) else found
