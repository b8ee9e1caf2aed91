"""Draws the receipt of a count: small enough for a host's folder, in Indonesian."""

from io import BytesIO
from zoneinfo import ZoneInfo

from jimpitan_server.adapters.pdf_paper import Paper
from jimpitan_server.domain.spoken import spoken
from jimpitan_server.services.receipt import ReceiptPaper

NOBODY = "belum disahkan saksi"


def receipt_pdf(paper: ReceiptPaper, *, programme: str, zone: str, url: str) -> bytes:
    """Return a receipt as a PDF file; the same receipt is the same file."""
    content = BytesIO()
    page = Paper.begin(content, title=f"Tanda terima {paper.box}", large=False)
    page.text(programme, size=9, soft=True)
    page.text("TANDA TERIMA HITUNGAN KOTAK", size=14, bold=True)
    page.gap()
    page.row("Kotak", paper.box, bold=True)
    page.row("Tempat", ", ".join(one for one in (paper.site, paper.host) if one) or "-")
    at = paper.counted_at.astimezone(ZoneInfo(zone))
    page.row("Waktu", f"{at:%d/%m/%Y %H.%M} {at.tzname()}")
    page.rule()
    for denomination, pieces in paper.count.pieces:
        page.row(f"{_figures(pieces)} x {_rupiah(denomination)}", _rupiah(denomination * pieces))
    page.rule()
    page.row("Jumlah", _rupiah(paper.count.total.amount), bold=True, size=13)
    page.text(f"Terbilang: {spoken(paper.count.total)}", size=9)
    page.gap()
    page.row("Dihitung oleh", paper.counter)
    witness = paper.witness or "-"
    page.row("Saksi", witness if paper.is_witnessed else f"{witness} ({NOBODY})")
    if paper.seal_found is not None:
        page.row("Segel yang ditemukan", paper.seal_found or "tidak ada")
    page.row("Segel baru", paper.seal_put_on or "-")
    page.row("Kantong", paper.bag or "-")
    page.gap()
    page.code(url, size_mm=30)
    page.gap(2)
    page.text("Periksa keaslian dan keadaan uangnya dengan memindai kode ini, atau di:", size=7)
    page.text(url, size=7)
    page.text(f"Nomor hitungan {paper.collection_id}", size=7, soft=True)
    page.end()
    return content.getvalue()


def _rupiah(amount: int) -> str:
    return f"Rp {_figures(amount)}"


def _figures(value: int) -> str:
    return f"{value:,}".replace(",", ".")
