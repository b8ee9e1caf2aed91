"""The statement layouts we know, as data; each names where its columns were seen.

A layout is tried on a bank's real file with a dry run before it is trusted: banks change their
exports without telling anyone.
"""

from collections.abc import Mapping

from jimpitan_server.domain.money_errors import ProfileMalformed
from jimpitan_server.domain.statement import StatementProfile, profile_of

_DAY_FIRST = ("%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y", "%Y-%m-%d")

PROFILES: Mapping[str, Mapping[str, object]] = {
    # Our own, for banks without an export: a person types it into a spreadsheet.
    "jimpitan": {
        "style": "plain",
        "date": "date",
        "date_formats": "%Y-%m-%d",
        "time": "time",
        "amount": "amount",
        "balance": "balance",
        "description": "description",
        "reference": "reference",
    },
    # BSI net banking, seven columns (column names as read by Adi-Sumardi/doc-scan-ai).
    "bsi": {
        "style": "indonesian",
        "date": ["Tanggal"],
        "date_formats": _DAY_FIRST,
        "time": ["Trx Time", "Waktu"],
        "amount": ["Mutasi"],
        "direction": ["D/K"],
        "balance": ["Saldo"],
        "description": ["Keterangan"],
        "reference": ["TrxId"],
    },
    # The same bank's shorter export, without TrxId.
    "bsi-short": {
        "style": "indonesian",
        "date": ["Tanggal"],
        "date_formats": _DAY_FIRST,
        "time": ["Trx Time", "Waktu"],
        "amount": ["Mutasi"],
        "direction": ["D/K"],
        "balance": ["Saldo"],
        "description": ["Keterangan"],
    },
    # BRI (column names as read by astonsistem/simpra-prime-vue); amounts as in its CSV.
    "bri": {
        "style": "plain",
        "date": ["TGL_TRAN"],
        "date_formats": ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d", *_DAY_FIRST),
        "time": ["JAM_TRAN"],
        "time_formats": ("%H%M%S", "%H:%M:%S"),
        "debit": ["MUTASI_DEBIT"],
        "credit": ["MUTASI_KREDIT"],
        "description": ["DESK_TRAN"],
        "reference": ["SEQ"],
    },
    # Mandiri (astonsistem/simpra-prime-vue).
    "mandiri": {
        "style": "english",
        "date": ["Tgl."],
        "date_formats": _DAY_FIRST,
        "debit": ["Debit"],
        "credit": ["Kredit"],
        "balance": ["Saldo"],
        "description": ["Rincian Transaksi"],
        "reference": ["No. Referensi"],
    },
    # BCA (astonsistem/simpra-prime-vue): the direction stands behind the amount, PEND is not
    # posted yet.
    "bca": {
        "style": "english",
        "date": ["Tanggal Transaksi"],
        "date_formats": _DAY_FIRST,
        "amount": ["Jumlah"],
        "direction_in_amount": True,
        "description": ["Keterangan"],
    },
}


def profile_named(name: str) -> StatementProfile:
    """Return a known layout, or raise `ProfileMalformed` naming those there are."""
    if name not in PROFILES:
        raise ProfileMalformed(f"no profile {name!r}; there are {', '.join(sorted(PROFILES))}")
    return profile_of(name, PROFILES[name])
