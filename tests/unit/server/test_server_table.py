"""Tables: sorted, searched, paged, and taken away as files that no spreadsheet runs."""

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jimpitan_server.entrypoints.http.table import (
    ROWS_PER_PAGE,
    Column,
    Form,
    Wanted,
    arranged,
    file_of,
    view,
    wanted_of,
)
from openpyxl import load_workbook
from starlette.requests import Request


@dataclass(frozen=True)
class Line:
    """A row of the tests."""

    name: str
    amount: int | None
    at: datetime | None = None


COLUMNS: tuple[Column[Line], ...] = (
    Column("nama", "Nama", lambda one: one.name, is_word=True),
    Column("jumlah", "Jumlah", lambda one: one.amount, is_number=True),
    Column("waktu", "Waktu", lambda one: one.at),
)
AT = datetime(2026, 11, 20, 7, 5, tzinfo=UTC)
LINES = [Line("beta", 20), Line("Alfa", None), Line("gamma", 5, AT)]


def _names(wanted: Wanted) -> list[str]:
    return [one.name for one in arranged(COLUMNS, LINES, wanted)[0]]


def _asked(query: str) -> Wanted:
    scope = {"type": "http", "query_string": query.encode(), "headers": []}
    return wanted_of(Request(scope))


def test_rows_keep_their_order_until_a_column_is_chosen() -> None:
    assert _names(Wanted()) == ["beta", "Alfa", "gamma"]
    assert _names(Wanted(key="nama")) == ["Alfa", "beta", "gamma"]
    assert _names(Wanted(key="no-such-column")) == ["beta", "Alfa", "gamma"]


def test_empty_cells_come_last_in_either_direction() -> None:
    assert _names(Wanted(key="jumlah")) == ["gamma", "beta", "Alfa"]
    assert _names(Wanted(key="jumlah", is_falling=True)) == ["beta", "gamma", "Alfa"]
    assert _names(Wanted(key="waktu"))[0] == "gamma"


def test_search_looks_into_every_column_and_ignores_case() -> None:
    assert _names(Wanted(search="ALFA")) == ["Alfa"]
    assert _names(Wanted(search="20")) == ["beta", "gamma"]  # an amount, and a year
    assert _names(Wanted(search="zzz")) == []


def test_a_page_past_the_end_is_the_last_one() -> None:
    lines = [Line(f"n{at:03}", at) for at in range(2 * ROWS_PER_PAGE + 1)]
    shown = view(COLUMNS, lines, Wanted(page=99))
    assert (shown.pages, shown.wanted.page, len(shown.rows)) == (3, 3, 1)
    assert (view(COLUMNS, [], Wanted()).pages, view(COLUMNS, [], Wanted()).count) == (1, 0)


def test_a_second_click_on_a_column_turns_it() -> None:
    shown = view(COLUMNS, LINES, Wanted(key="jumlah", search="a", page=1))
    assert shown.turned(COLUMNS[1]) == "?cari=a&urut=-jumlah"
    assert shown.turned(COLUMNS[0]) == "?cari=a&urut=nama"


@pytest.mark.parametrize(
    "query", ["hal=0", "hal=-1", "hal=x", "hal=99999999999", "hal=%C2%B2", "bentuk=exe", ""]
)
def test_senseless_wishes_ask_for_nothing(query: str) -> None:
    assert _asked(query) == Wanted()


def test_a_query_is_read_as_it_was_written() -> None:
    wanted = Wanted(search="a&b", key="nama", is_falling=True, page=3, form=Form.CSV)
    assert _asked(wanted.query()[1:]) == wanted
    assert len(_asked("cari=" + "x" * 5000).search) == 100


def _file(form: Form, lines: list[Line], words: Any = str.upper) -> bytes:
    answer = file_of("uji", COLUMNS, lines, form=form, words=words, zone="Asia/Jakarta")
    assert answer.headers["content-disposition"] == f'attachment; filename="uji.{form.value}"'
    return bytes(answer.body)


def test_csv_has_words_of_the_reader_and_times_of_the_programme() -> None:
    rows = list(csv.reader(io.StringIO(_file(Form.CSV, LINES).decode("utf-8-sig"))))
    assert rows[0] == ["NAMA", "JUMLAH", "WAKTU"]
    assert rows[1:3] == [["BETA", "20", ""], ["ALFA", "", ""]]
    assert rows[3] == ["GAMMA", "5", "2026-11-20 14:05:00+07:00"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\uff1d"])
def test_no_text_becomes_a_formula(start: str) -> None:
    lines = [Line(f"{start}HYPERLINK(1)", -5)]
    content = list(csv.reader(io.StringIO(_file(Form.CSV, lines, str).decode("utf-8-sig"))))
    assert content[1][0] == f"'{start}HYPERLINK(1)"
    assert content[1][1] == "-5"  # an amount stays an amount
    sheet = load_workbook(io.BytesIO(_file(Form.XLSX, lines, str))).active
    assert sheet is not None
    cell = sheet["A2"]
    assert cell.data_type == "s"
    assert sheet["B2"].value == -5


@example(["\ufffe\uffff\x00"])
@given(st.lists(st.text(max_size=40), max_size=6))
def test_every_text_can_leave_as_either_file(texts: list[str]) -> None:
    lines = [Line(text, 1) for text in texts]
    rows = list(csv.reader(io.StringIO(_file(Form.CSV, lines, str).decode("utf-8-sig"), "")))
    assert [row[0].removeprefix("'") for row in rows[1:]] == [
        text.removeprefix("'") for text in texts
    ]
    sheet = load_workbook(io.BytesIO(_file(Form.XLSX, lines, str)), read_only=True).active
    assert sheet is not None
    assert sum(1 for _ in sheet.iter_rows()) == len(texts) + 1
