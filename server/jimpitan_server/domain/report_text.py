"""The weekly income in words that people paste into a group and read out on the radio.

Indonesian only: it is what the programmes' groups and stations speak.
"""

from datetime import date

from jimpitan_server.domain.report import Report, Span
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.spoken import spoken, spoken_number

_MONTHS = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli"),
    *("Agustus", "September", "Oktober", "November", "Desember"),
)


def group_text(report: Report, programme: str, url: str | None) -> str:
    """Return the message for a chat group: each figure with how it is known."""
    figures = report.figures
    lines = [
        f"*{programme}*",
        f"Laporan {days_of(report.span)}",
        "",
        f"Tunai dari kotak (terhitung): {_rupiah(figures.counted_idr)}",
        f"  dari {figures.counts} hitungan di {figures.boxes_counted} kotak;"
        f" sudah masuk rekening: {_rupiah(figures.banked_idr)}",
        f"QRIS (terkonfirmasi bank): {_rupiah(figures.qris_confirmed_idr)}",
    ]
    if figures.qris_open_idr:
        lines.append(f"QRIS menunggu mutasi rekening: {_rupiah(figures.qris_open_idr)}")
    lines += [
        "",
        f"Terhitung dan terkonfirmasi: *{_rupiah(figures.known_idr)}*",
        "Terima kasih atas setiap rupiahnya.",
    ]
    if figures.root is not None:
        lines.append(f"Segel buku {figures.root_day}: {figures.root[:16]}")
    if url is not None:
        lines.append(f"Selengkapnya: {url}/laporan")
    return "\n".join(lines)


def radio_text(report: Report, programme: str) -> str:
    """Return what a speaker reads out: numbers in words, no signs."""
    figures = report.figures
    parts = [
        f"Info pendapatan {programme}, {spoken_days(report.span)}.",
        f"Dari {spoken_number(figures.boxes_counted)} kotak telah dihitung uang tunai"
        f" {spoken(Rupiah(figures.counted_idr))}.",
        "Donasi lewat QRIS yang sudah dipastikan bank berjumlah"
        f" {spoken(Rupiah(figures.qris_confirmed_idr))}.",
        f"Seluruhnya {spoken(Rupiah(figures.known_idr))}.",
        "Terima kasih kepada para donatur.",
    ]
    return " ".join(parts)


def days_of(span: Span) -> str:
    """Return the days as they are written: 14 sampai 20 November 2026."""
    if span.first == span.last:
        return _day(span.last)
    first = _day(span.first)
    if span.first.year == span.last.year:
        first = first.rpartition(" ")[0]
        if span.first.month == span.last.month:
            first = first.rpartition(" ")[0]
    return f"{first} sampai {_day(span.last)}"


def spoken_days(span: Span) -> str:
    """Return the days in words: empat belas sampai dua puluh November dua ribu dua puluh enam."""
    words = [spoken_number(int(one)) if one.isdecimal() else one for one in days_of(span).split()]
    return " ".join(words)


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _rupiah(amount_idr: int) -> str:
    return f"Rp {amount_idr:,}".replace(",", ".")
