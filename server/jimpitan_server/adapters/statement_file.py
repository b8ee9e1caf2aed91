"""Opens a statement file of any kind we know: text, XLSX workbook, MT940."""

from collections.abc import Sequence

from jimpitan_server.adapters.statement_mt940 import is_mt940, sheet_of_mt940
from jimpitan_server.adapters.statement_xlsx import sheets_of_workbook
from jimpitan_server.domain.statement_sheet import Sheet, Unreadable, sheets_of_text

_ZIP = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_PDF = b"%PDF"


def open_sheets(content: bytes) -> Sequence[Sheet]:
    """Return the rows of a file; raise `Unreadable` when it is of no kind that we read."""
    if content.startswith(_ZIP):
        return sheets_of_workbook(content)
    if content.startswith(_OLD_OFFICE):
        raise Unreadable("this is an old workbook (XLS); save it as XLSX or CSV")
    if content.startswith(_PDF):
        raise Unreadable("this is a PDF; ask the bank for CSV, XLSX or MT940")
    if is_mt940(content):
        return (sheet_of_mt940(content),)
    return sheets_of_text(content)
