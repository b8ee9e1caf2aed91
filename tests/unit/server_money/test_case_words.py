"""The evidence of a case in plain words: sums, masses, rates, instants in the zone."""

from jimpitan_server.entrypoints.http import words
from jimpitan_server.entrypoints.http.case_words import changes_shown, evidence_shown


def test_evidence_is_told_in_plain_words() -> None:
    say = words.translator(words.INDONESIAN)
    evidence = {
        "arrived_idr": 1_250_000,
        "lost_mg": 12_340,
        "fee_bp": 70,
        "held": True,
        "reference_differs": False,
        "opened_at": "2026-11-20T03:00:00+00:00",
        "noticed_at": "soon",
        "expected": ["a", "b"],
        "deposits": 1_234,
        "cause": "x",
        "unheard_of": "y",
        "boxes": "",
        "kept_idr": None,
        "expected_idr": -5,
        "told_at": "2026-11-20T03:00:00",
    }
    shown = list(evidence_shown(evidence, say, "Asia/Makassar"))
    assert [name for name, _ in shown][:3] == [
        "jumlah yang diharapkan",
        "jumlah yang datang",
        "massa yang hilang",
    ]
    assert dict(shown) == {
        "jumlah yang diharapkan": "−Rp\u00a05",
        "told_at": "2026-11-20T03:00:00",
        "jumlah yang datang": "Rp\u00a01.250.000",
        "massa yang hilang": "12,3 g",
        "tarif biaya": "0,70 %",
        "waktunya tidak cocok, ditahan": "ya",
        "nomor referensi berbeda": "tidak",
        "tutup dibuka": "20/11/2026 11.00 WITA",
        "diketahui sejak": "soon",
        "yang diharapkan": "a, b",
        "donasi terasa sensor": "1.234",
        "sebab": "x",
        "unheard_of": "y",
    }


def test_changes_are_told_as_sums() -> None:
    say = words.translator(words.INDONESIAN)
    changed = {"arrived_idr": [None, 5_000], "fee_idr": [1, 2], "odd": "x"}
    assert list(changes_shown(changed, say)) == [
        ("jumlah yang datang", "–", "Rp\u00a05.000"),
        ("biaya", "Rp\u00a01", "Rp\u00a02"),
    ]
