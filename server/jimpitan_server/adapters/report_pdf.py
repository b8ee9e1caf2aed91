"""Draws the minutes of a reconciliation, for two signatures and a folder, in Indonesian."""

from collections.abc import Mapping
from io import BytesIO
from zoneinfo import ZoneInfo

from jimpitan_server.adapters.pdf_paper import Paper
from jimpitan_server.domain.report import Report
from jimpitan_server.domain.report_text import days_of
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.spoken import spoken


def minutes_pdf(
    report: Report, *, name_by_person: Mapping[str, str], programme: str, zone: str
) -> bytes:
    """Return the minutes of an approved report; the same report is the same file."""
    assert report.approved_at is not None, "only what is approved has minutes"
    figures = report.figures
    content = BytesIO()
    days = days_of(report.span)
    page = Paper.begin(content, title=f"Berita acara rekonsiliasi {days}", large=True)
    page.text(programme, size=10, soft=True)
    page.text("BERITA ACARA REKONSILIASI", size=16, bold=True)
    page.text(days, size=12)
    page.gap(6)
    page.text("Uang tunai dari kotak (terhitung)", bold=True)
    page.row("Hitungan", f"{figures.counts} di {figures.boxes_counted} kotak")
    page.row("Kotak terdaftar", str(figures.boxes_total))
    page.row("Terhitung", _rupiah(figures.counted_idr), bold=True)
    page.row("Sudah masuk rekening", _rupiah(figures.banked_idr))
    page.row("Belum masuk rekening", _rupiah(figures.counted_idr - figures.banked_idr))
    page.gap(4)
    page.text("Donasi QRIS", bold=True)
    page.row("Pembayaran", str(figures.qris_payments))
    page.row("Terkonfirmasi bank", _rupiah(figures.qris_confirmed_idr), bold=True)
    page.row("Menunggu kepastian mutasi rekening", _rupiah(figures.qris_open_idr))
    page.rule()
    page.row("Terhitung dan terkonfirmasi", _rupiah(figures.known_idr), bold=True, size=13)
    page.text(f"Terbilang: {spoken(Rupiah(figures.known_idr))}", size=9)
    page.gap(4)
    page.row("Temuan yang belum selesai saat disiapkan", str(figures.cases_open))
    page.row("Segel buku", figures.root_day or "belum ada")
    if figures.root is not None:
        page.text(figures.root, size=8, soft=True)
    page.gap(10)
    local = report.approved_at.astimezone(ZoneInfo(zone))
    prepared, approved = report.prepared_by, report.approved_by or ""
    page.row("Disiapkan oleh", name_by_person.get(prepared, prepared))
    page.row("Disetujui oleh", name_by_person.get(approved, approved))
    page.row("Disetujui pada", f"{local:%d/%m/%Y %H.%M} {local.tzname()}")
    page.gap(18)
    page.row("(tanda tangan)", "(tanda tangan)")
    page.gap(4)
    page.text(f"Nomor laporan {report.report_id}", size=7, soft=True)
    page.end()
    return content.getvalue()


def _rupiah(amount_idr: int) -> str:
    return f"Rp {amount_idr:,}".replace(",", ".")
