"""Draws a loss statement: berita acara kehilangan, for the host, the programme and the police."""

from datetime import datetime
from io import BytesIO
from zoneinfo import ZoneInfo

from jimpitan_server.adapters.pdf_paper import Paper
from jimpitan_server.domain.container import Tier
from jimpitan_server.domain.spoken import spoken
from jimpitan_server.services.loss import LossCount, LossStatement

SAID = {
    "boot": "kotak menyala kembali",
    "lid_opened": "tutup dibuka",
    "lid_closed": "tutup ditutup",
    "collection_opened": "penarikan resmi dibuka",
    "collection_closed": "penarikan resmi ditutup",
    "journal_gap": "catatan hilang, dinyatakan kotak",
    "tamper": "indikasi gangguan",
    "lid_unauthorised": "tutup dibuka tanpa kunjungan resmi",
    "weight_loss": "isi kotak berkurang",
    "fishing": "isi ditarik lewat celah",
    "reverse_passage": "sesuatu keluar lewat celah",
    "slot_blocked": "celah tersumbat",
    "moved": "kotak dibawa",
    "shaken": "kotak diguncang",
    "tilted": "kotak direbahkan",
    "sensor_lost": "sensor tidak menjawab",
}
SIGNERS = ("Kolektor", "Instansi penggiat", "Bendahara program")


def loss_pdf(statement: LossStatement, *, programme: str, zone: str) -> bytes:
    """Return a loss statement as a PDF file."""
    content = BytesIO()
    box = statement.container.box
    page = Paper.begin(content, title=f"Berita acara kehilangan {box}", large=True)
    page.text(programme, size=9, soft=True)
    page.text("BERITA ACARA KEHILANGAN", size=16, bold=True)
    page.gap()
    _whereabouts(page, statement, zone)
    _counts(page, statement, zone)
    _estimate(page, statement)
    _timeline(page, statement, zone)
    page.gap()
    page.text(
        "Catatan kotak bertanda tangan kunci kotak itu sendiri dan tersimpan pada server program."
        " Berita acara ini menyatakan apa yang diketahui dan dari mana; tidak menuduh siapa pun.",
        size=8,
        soft=True,
    )
    page.signatures(SIGNERS)
    page.end()
    return content.getvalue()


def _whereabouts(page: Paper, statement: LossStatement, zone: str) -> None:
    container = statement.container
    kind = "kotak sensor" if container.tier is Tier.SENSOR else "kaleng biasa tanpa sensor"
    page.row("Wadah", f"{container.box} ({kind})", bold=True)
    page.row("Tempat", ", ".join(one for one in (container.site, container.host) if one) or "-")
    page.row("Masa yang diperiksa", f"{_at(statement.since, zone)} - {_at(statement.until, zone)}")
    if statement.case is not None:
        page.row("Kasus", f"nomor {statement.case}")
    if statement.last_heard_at is not None:
        page.row("Kotak terakhir terdengar", _at(statement.last_heard_at, zone))
    page.row("Disusun", _at(statement.written_at, zone))
    page.rule()


def _counts(page: Paper, statement: LossStatement, zone: str) -> None:
    page.text("Hitungan", size=12, bold=True)
    if statement.before is None:
        page.text("Tidak ada hitungan sebelum masa ini.")
    else:
        _count(page, "Hitungan terakhir sebelumnya", statement.before, zone)
        page.row("Segel yang dipasang waktu itu", statement.before.seal_put_on or "-")
    for one in statement.counted_after:
        _count(page, "Dihitung dalam masa ini", one, zone)
    page.rule()


def _count(page: Paper, name: str, count: LossCount, zone: str) -> None:
    page.row(name, f"{_rupiah(count.total.amount)}, {_at(count.at, zone)}")


def _estimate(page: Paper, statement: LossStatement) -> None:
    page.text("Perkiraan uang yang hilang", size=12, bold=True)
    lost, sensed = statement.range, statement.sensed
    if lost is None or sensed is None:
        page.text(
            "Tidak dapat diperkirakan: wadah ini tidak mempunyai sensor, sehingga tidak ada yang"
            " mencatat berapa kali uang dimasukkan sejak hitungan terakhir."
        )
    else:
        page.row(
            "Antara", f"{_rupiah(lost.low.amount)} dan {_rupiah(lost.high.amount)}", bold=True
        )
        page.text(f"({spoken(lost.low)} sampai {spoken(lost.high)})", size=9)
        page.text(
            f"Diketahui dari sensor, bukan dari hitungan: {sensed.sure} donasi pasti dalam masa"
            f" ini dan {sensed.perhaps} mungkin; {sensed.records_missing} catatan kotak hilang,"
            f" yang masing-masing dapat berupa satu donasi. Satu donasi dinilai rata-rata"
            f" {_rupiah(statement.low_each.amount)} sampai {_rupiah(statement.high_each.amount)}."
            " Yang dihitung dalam masa ini sudah dikurangkan.",
            size=9,
        )
    page.rule()


def _timeline(page: Paper, statement: LossStatement, zone: str) -> None:
    page.text("Yang dikatakan kotak, menurut urutan catatannya", size=12, bold=True)
    if not statement.events:
        page.text("Tidak ada catatan kotak dalam masa ini.")
    if statement.events_left_out:
        page.text(
            f"{statement.events_left_out} catatan yang lebih lama tidak ditampilkan.", size=9
        )
    for one in statement.events:
        words = SAID.get(one.what, one.what)
        if one.lost_mg:
            words += f" ({one.lost_mg // 1000} gram)"
        doubt = f" (± {_span(one.uncertainty_s)})" if one.uncertainty_s >= 60 else ""
        page.row(f"{_at(one.at, zone)}{doubt}", f"{words}  #{one.seq}", size=9)


def _span(seconds: int) -> str:
    return f"{seconds // 3600} jam" if seconds >= 7200 else f"{seconds // 60} menit"


def _at(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%d/%m/%Y %H.%M} {local.tzname()}"


def _rupiah(amount: int) -> str:
    return f"Rp {amount:,}".replace(",", ".")
