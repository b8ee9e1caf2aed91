"""Reports: which days, how far, and the words that people read out."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.adapters.report_pdf import minutes_pdf
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.report import Report, ReportFigures, ReportState, Span, last_week
from jimpitan_server.domain.report_text import days_of, group_text, radio_text, spoken_days
from jimpitan_server.domain.spoken import spoken_number

AT = datetime(2026, 11, 21, 3, tzinfo=UTC)
WEEK = Span(date(2026, 11, 14), date(2026, 11, 20))
FIGURES = ReportFigures(
    counts=3,
    boxes_counted=2,
    boxes_total=4,
    counted_idr=1_250_500,
    banked_idr=1_000_000,
    qris_payments=12,
    qris_confirmed_idr=45_000,
    qris_open_idr=2_000,
    cases_open=1,
    root_day="2026-11-20",
    root="ab" * 32,
)
REPORT = Report(report_id="r-1", span=WEEK, figures=FIGURES, prepared_by="user-1", prepared_at=AT)


@given(st.dates(date(2020, 1, 1), date(2060, 1, 1)))
def test_the_last_week_ends_on_a_friday_that_is_over(today: date) -> None:
    week = last_week(today)
    assert week.last.weekday() == 4
    assert 1 <= (today - week.last).days <= 7
    assert (week.last - week.first).days == 6


@pytest.mark.parametrize(
    ("first", "last"), [("2026-11-20", "2026-11-19"), ("2025-11-19", "2026-11-20")]
)
def test_days_that_run_backwards_or_too_long_are_no_report(first: str, last: str) -> None:
    with pytest.raises(Malformed):
        Span(date.fromisoformat(first), date.fromisoformat(last))


def test_a_report_is_prepared_then_approved_then_perhaps_withdrawn() -> None:
    approved = replace(REPORT, approved_by="user-2", approved_at=AT)
    withdrawn = replace(approved, withdrawn_at=AT, reason="salah hitung")
    states = [one.state for one in (REPORT, approved, withdrawn)]
    assert states == [ReportState.PREPARED, ReportState.APPROVED, ReportState.WITHDRAWN]


@pytest.mark.parametrize(
    ("first", "last", "written"),
    [
        ("2026-11-14", "2026-11-20", "14 sampai 20 November 2026"),
        ("2026-10-31", "2026-11-06", "31 Oktober sampai 6 November 2026"),
        ("2026-12-26", "2027-01-01", "26 Desember 2026 sampai 1 Januari 2027"),
        ("2026-11-20", "2026-11-20", "20 November 2026"),
    ],
)
def test_days_are_written_as_people_write_them(first: str, last: str, written: str) -> None:
    assert days_of(Span(date.fromisoformat(first), date.fromisoformat(last))) == written


def test_the_group_reads_each_figure_with_how_it_is_known() -> None:
    text = group_text(REPORT, "Jumat Contoh", "https://contoh.example")
    assert "Tunai dari kotak (terhitung): Rp 1.250.500" in text
    assert "QRIS (terkonfirmasi bank): Rp 45.000" in text
    assert "QRIS menunggu mutasi rekening: Rp 2.000" in text
    assert "Terhitung dan terkonfirmasi: *Rp 1.295.500*" in text
    assert "Segel buku 2026-11-20: abababababababab" in text
    assert text.endswith("Selengkapnya: https://contoh.example/laporan")
    plain = replace(REPORT, figures=replace(FIGURES, qris_open_idr=0, root=None, root_day=None))
    short = group_text(plain, "Jumat Contoh", None)
    assert "menunggu" not in short
    assert "Segel" not in short
    assert "http" not in short


def test_the_radio_reads_no_digit() -> None:
    text = radio_text(REPORT, "Jumat Contoh")
    assert not any(sign.isdecimal() for sign in text)
    assert "dua kotak" in text
    assert "satu juta dua ratus lima puluh ribu lima ratus rupiah" in text
    assert "empat puluh lima ribu rupiah" in text
    assert spoken_days(WEEK) == ("empat belas sampai dua puluh November dua ribu dua puluh enam")


def test_a_number_below_nothing_is_not_spoken() -> None:
    assert spoken_number(0) == "nol"
    with pytest.raises(ValueError, match="below nothing"):
        spoken_number(-1)


def test_minutes_are_the_same_file_each_time() -> None:
    approved = replace(REPORT, approved_by="user-2", approved_at=AT)
    made = [
        minutes_pdf(approved, name_by_person={}, programme="Jumat Contoh", zone="Asia/Jakarta")
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert made[0].startswith(b"%PDF")
