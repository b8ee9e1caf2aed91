"""Answers with a page that has a table, or with the table alone as a file."""

from collections.abc import Sequence
from typing import TypeVar

from fastapi import Request
from fastapi.responses import Response

from jimpitan_server.bootstrap import Program
from jimpitan_server.entrypoints.http import words
from jimpitan_server.entrypoints.http.pages import page
from jimpitan_server.entrypoints.http.table import (
    Column,
    Form,
    arranged,
    file_of,
    view,
    wanted_of,
)

Row = TypeVar("Row")


def table_page(
    request: Request,
    program: Program,
    template: str,
    *,
    name: str,
    columns: tuple[Column[Row], ...],
    rows: Sequence[Row],
    **values: object,
) -> Response:
    """Return the page with its table as `view`, or all rows that match as a file `name`."""
    wanted = wanted_of(request)
    if wanted.form is Form.PAGE:
        return page(request, program, template, 200, view=view(columns, rows, wanted), **values)
    return file_of(
        name,
        columns,
        arranged(columns, rows, wanted)[0],
        form=wanted.form,
        words=words.translator(words.language_of(request)),
        zone=program.settings.timezone,
    )
