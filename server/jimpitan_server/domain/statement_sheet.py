"""A statement file as rows of cells, whatever program wrote it; texts are taken apart here."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import partial

# A cell is a text, unless the file itself types it: a spreadsheet's numbers and dates.
Cell = str | Decimal | datetime | time
Row = tuple[int, Sequence[Cell]]

# Bounds of one import: a year of a busy account is far below both.
FILE_LENGTH_MAX = 16 * 1024 * 1024
LINES_MAX = 200_000
DELIMITERS = (",", ";", "\t", "|")
_DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


class FaultKind(StrEnum):
    """What is wrong with a file, in the words that screens translate."""

    FILE = "fault_file"
    """It is damaged, or of a kind that we do not read."""
    LARGE = "fault_large"
    """It is larger than a statement."""
    HEADER = "fault_header"
    """No header of the wished layout, or of any known one."""
    SEVERAL = "fault_several"
    """More than one layout fits: a person must say which."""
    CELL = "fault_cell"
    """A cell is no date, no amount or no direction, or says two things at once."""
    BALANCE = "fault_balance"
    """A balance does not follow: lines are missing or altered."""
    FOREIGN = "fault_foreign"
    """Money of another currency, or lines of a second account."""
    OTHER_LAYOUT = "fault_other_layout"
    """The days were imported in another layout, so its lines would count twice."""


class Unreadable(Exception):
    """A place of a file cannot be read: becomes a fault of the file, and nothing is taken."""

    def __init__(
        self,
        sentence: str,
        *,
        kind: FaultKind = FaultKind.FILE,
        line_number: int = 1,
        column: str = "file",
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.kind = kind
        self.line_number = line_number
        self.column = column


@dataclass(frozen=True, slots=True)
class Sheet:
    """One way to see a file as rows: a text by a delimiter, or one sheet of a workbook.

    Each row comes with its number in the file, counted from 1; rows without any text may be
    left out. Reading may raise `Unreadable`.
    """

    name: str
    rows: Callable[[], Iterator[Row]]


def text_of(cell: Cell) -> str:
    """Return a cell as a person reads it."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, Decimal):
        return format(cell, "f")
    return cell.isoformat(sep=" ") if isinstance(cell, datetime) else cell.isoformat()


def sheets_of_text(content: bytes) -> tuple[Sheet, ...]:
    """Return a text file as one sheet for each delimiter that it may use."""
    text = _decoded(content)
    return tuple(
        Sheet(_DELIMITER_NAMES[delimiter], partial(_rows, text, delimiter))
        for delimiter in DELIMITERS
    )


def _decoded(content: bytes) -> str:
    utf16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = content.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("the text is neither UTF-8 nor UTF-16") from error
    if "\x00" in text:
        raise Unreadable("this is no text file")
    return text


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as error:
        sentence = f"quotes or cells cannot be read before line {reader.line_num}: {error}"
        raise Unreadable(
            sentence, kind=FaultKind.CELL, line_number=max(reader.line_num, 1), column="line"
        ) from error
