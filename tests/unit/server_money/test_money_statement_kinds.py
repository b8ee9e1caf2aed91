"""Workbooks and MT940 say the same as a text file, and nothing harmful in them is believed."""

import io
import zipfile
from datetime import datetime, time

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.adapters import statement_xlsx
from jimpitan_server.adapters.statement_file import open_sheets
from jimpitan_server.adapters.statement_profiles import known_profiles, profiles_named
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.statement import StatementReading
from jimpitan_server.domain.statement_reading import read_statement
from jimpitan_server.domain.statement_sheet import LINES_MAX, FaultKind


def read(content: bytes, profile: str | None = None) -> StatementReading:
    return read_statement(
        content,
        file_name="mutasi",
        profiles=profiles_named(profile),
        open_sheets=open_sheets,
    )


def only_fault(content: bytes) -> str:
    (fault,) = read(content).faults
    return str(fault)


def workbook(*rows: list[object], more_sheets: int = 0) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for _ in range(more_sheets):
        book.create_sheet()
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def with_parts(content: bytes, **parts: bytes) -> bytes:
    """Return a workbook with parts exchanged or added."""
    kept = io.BytesIO()
    named = {name.replace("__", "/").replace("_", "."): part for name, part in parts.items()}
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(kept, "w") as new:
        for name in old.namelist():
            if name not in named:
                new.writestr(name, old.read(name))
        for name, part in named.items():
            new.writestr(name, part, zipfile.ZIP_DEFLATED)
    return kept.getvalue()


JANUARY_9 = datetime(2026, 1, 9)  # noqa: DTZ001  (a workbook knows no zone)
HEAD: list[object] = ["TrxId", "Tanggal", "Trx Time", "D/K", "Mutasi", "Saldo", "Keterangan"]
BOOK = workbook(
    ["Mutasi Rekening"],
    [],
    HEAD,
    ["T1", JANUARY_9, time(10, 0), "K", 1_000, 1_001_000.0, "QRIS A01"],
    ["T2", "09/01/2026", "10:05:00", "D", "6.500,00", "994.500,00", "ADM"],
)
TEXT = (
    b"TrxId;Tanggal;Trx Time;D/K;Mutasi;Saldo;Keterangan\n"
    b"T1;09/01/2026;10:00:00;K;1.000,00;1.001.000,00;QRIS A01\n"
    b"T2;09/01/2026;10:05:00;D;6.500,00;994.500,00;ADM\n"
)


def test_a_workbook_reads_like_the_text_of_the_same_lines() -> None:
    book, text = read(BOOK), read(TEXT)
    assert (book.profile, book.faults) == ("bsi", ())
    assert [line.row_hash for line in book.lines] == [line.row_hash for line in text.lines]
    assert [line.line_number for line in book.lines] == [4, 5]


def test_numbers_of_a_workbook_are_money_to_the_rupiah_or_a_fault() -> None:
    large = ["T1", JANUARY_9, "10:00", "K", 999_999_999_999.0, 10**12 - 1, "QRIS"]
    assert read(workbook(HEAD, large)).lines[0].amount == Rupiah(999_999_999_999)
    with_sen = ["T1", JANUARY_9, "10:00", "K", 1_000.5, 2_000, "QRIS"]
    assert "line 2, Mutasi: '1000.5' has sen" in only_fault(workbook(HEAD, with_sen))
    for odd in (True, 1e300, JANUARY_9):
        row = ["T1", JANUARY_9, "10:00", "K", odd, 2_000, "QRIS"]
        assert "line 2, Mutasi" in only_fault(workbook(HEAD, row))
    dated = ["T1", time(10, 0), "10:00", "K", 1_000, 2_000, "QRIS"]
    assert "line 2, Tanggal" in only_fault(workbook(HEAD, dated))


def test_what_no_export_of_a_bank_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "has macros" in only_fault(with_parts(BOOK, xl__vbaProject_bin=b"x"))
    link = with_parts(BOOK, xl__externalLinks__externalLink1_xml=b"<x/>")
    assert "links to other files" in only_fault(link)
    assert "sheets is no statement" in only_fault(workbook(HEAD, more_sheets=10))
    many = with_parts(BOOK, **{f"x{number}_xml": b"<x/>" for number in range(201)})
    assert "parts is no statement" in only_fault(many)
    monkeypatch.setattr(statement_xlsx, "CELLS_MAX", 9)
    assert "over 9 cells" in only_fault(BOOK)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = with_parts(BOOK, xl__worksheets__sheet1_xml=b" " * (65 * 1024 * 1024))
    assert len(bomb) < 200_000
    (fault,) = read(bomb).faults
    assert fault.kind is FaultKind.LARGE
    entities = b"<!DOCTYPE w [<!ENTITY a 'aaaaaaaa'><!ENTITY b '&a;&a;&a;'>]><w>&b;</w>"
    for part in ("xl__workbook_xml", "xl__worksheets__sheet1_xml"):
        assert "damaged" in only_fault(with_parts(BOOK, **{part: entities}))


def test_a_row_far_below_ends_the_sheet_at_the_bound() -> None:
    text = zipfile.ZipFile(io.BytesIO(BOOK)).read("xl/worksheets/sheet1.xml")
    far = text.replace(b'r="5"', b'r="%d"' % (LINES_MAX + 10_000))
    reading = read(with_parts(BOOK, xl__worksheets__sheet1_xml=far))
    assert len(reading.lines) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 and then nothing", "damaged"),
        (b"\xd0\xcf\x11\xe0 an old one", "old workbook"),
        (b"%PDF-1.7", "this is a PDF"),
        (BOOK[:-40], "damaged"),
        (with_parts(BOOK, xl__workbook_xml=b"<x/>"), "no header line"),
    ],
)
def test_a_file_of_another_kind_is_named(content: bytes, words: str) -> None:
    assert words in only_fault(content)


MT940 = (
    ":20:REF1\n:25:0123-45\n:28C:1/1\n:60F:C260108IDR1000,00\n"
    ":61:2601090109C2500,00NTRFNONREF//R123\n:86:QRIS A17 ?20 LEBAK\n second line\n"
    ":61:2601090109RC500,00NTRFABC\n:86:REFUND\n"
    ":61:2601090109D10,NTRFNONREF\n:86:ADM\n"
    ":62F:C260109IDR2990,00\n:86:about the whole statement\n-\n"
)


def test_an_mt940_reads_with_its_reversals_texts_and_balances() -> None:
    reading = read(MT940.encode())
    assert (reading.profile, reading.faults) == ("mt940", ())
    assert [line.amount.amount for line in reading.lines] == [2_500, -500, -10]
    assert [line.balance.amount for line in reading.lines if line.balance] == [3_500, 3_000, 2_990]
    assert [line.text for line in reading.lines] == [
        "QRIS A17 ?20 LEBAK second line R123",
        "REFUND ABC",
        "ADM",
    ]
    assert [line.line_number for line in reading.lines] == [5, 8, 10]
    assert read(MT940.replace("\n", "\r\n").encode()).lines == reading.lines


def test_blocks_of_an_mt940_must_follow_from_each_other() -> None:
    second = MT940.replace("260108IDR1000,00", "260109IDR2990,00").replace("REF1", "REF2")
    joined = second.replace("IDR2990,00\n:86:about", "IDR4980,00\n:86:about")
    reading = read((MT940 + joined).encode())
    assert not reading.faults
    assert len(reading.lines) == 6
    apart = joined.replace("260109IDR2990,00", "260109IDR3000,00").replace("4980", "4990")
    assert "balance does not follow" in only_fault((MT940 + apart).encode())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("2990,00\n:86:about", "2991,00\n:86:about"), "line 12, :62F:: the closing balance"),
        (("C2500,00", "X2500,00"), "a tag of this block cannot be read"),
        (("2601090109C2500", "2601990109C2500"), "a tag of this block cannot be read"),
        ((":60F:C260108IDR1000,00\n", ""), "no opening balance"),
        ((":62F:C260109IDR2990,00\n", ""), "no closing balance"),
        (("IDR", "USD"), "'USD' is not rupiah"),
        (("C2500,00", "C2500,50"), "the closing balance"),
        (("QRIS A17", "QRIS \x00"), ""),
    ],
)
def test_a_wrong_mt940_names_line_and_tag(change: tuple[str, str], words: str) -> None:
    reading = read(MT940.replace(*change).encode())
    assert words == "" or words in "; ".join(str(fault) for fault in reading.faults)
    assert read(b"\xff" + MT940.encode()).faults


def test_a_second_account_in_one_mt940_is_refused() -> None:
    other = MT940.replace("0123-45", "0999").replace("260108IDR1000", "260109IDR2990")
    other = other.replace("IDR2990,00\n:86:about", "IDR4980,00\n:86:about")
    assert "a line of a second account" in str(read((MT940 + other).encode()).faults[0])


@given(st.integers(0, len(MT940) - 1), st.text(max_size=3))
def test_any_altered_mt940_is_read_or_its_faults_are_named(at: int, put: str) -> None:
    reading = read((MT940[:at] + put + MT940[at + 1 :]).encode("utf-8", "replace"))
    assert all(fault.sentence for fault in reading.faults)


@given(st.integers(0, len(BOOK) - 1), st.binary(min_size=1, max_size=3))
def test_any_altered_workbook_is_read_or_its_faults_are_named(at: int, put: bytes) -> None:
    reading = read(BOOK[:at] + put + BOOK[at + len(put) :])
    assert all(fault.sentence for fault in reading.faults)


SHEET_XML = zipfile.ZipFile(io.BytesIO(BOOK)).read("xl/worksheets/sheet1.xml")


@given(st.integers(0, len(SHEET_XML) - 1), st.sampled_from([b"", b"<", b'"', b"9", b"e5", b"-"]))
def test_any_altered_sheet_is_read_or_its_faults_are_named(at: int, put: bytes) -> None:
    altered = SHEET_XML[:at] + put + SHEET_XML[at + 1 :]
    reading = read(with_parts(BOOK, xl__worksheets__sheet1_xml=altered))
    assert all(fault.sentence for fault in reading.faults)


EXPORTS = {
    "bsi": TEXT,
    "bsi-short": b"Tanggal,Trx Time,D/K,Mutasi,Saldo,Keterangan\n"
    b'09/01/2026,10:00:00,K,"1,000.00","1,000.00",QRIS\n',
    "bri": b"ID,NOREK,TGL_TRAN,TGL_EFEKTIF,JAM_TRAN,SEQ,DESK_TRAN,SALDO_AWAL_MUTASI,"
    b"MUTASI_DEBIT,MUTASI_KREDIT\n1,01,2026-01-09,2026-01-09,101500,7,QRIS,0.00,0.00,1000.00\n",
    "mandiri": b"Tgl.,Tgl. Val.,Rincian Transaksi,No. Referensi,Debit,Kredit,Saldo,Branch Code\n"
    b'09/01/2026,09/01/2026,QRIS,R,-,"1,000.00","1,000.00",1\n',
    "mandiri-csv": b"Account No,Date,Val Date,Trx Code,Desc,Desc,Ref No,Debit,Credit\n"
    b"01,09/01/26,09/01/26,1,QRIS,A01,R,.00,1000.00\n".replace(b",.00,", b",0.00,"),
    "bca": b'Tanggal Transaksi,Keterangan,Cabang,Jumlah\n09/01/2026,QRIS,0000,"1,000.00CR"\n',
    "bca-english": b"Date,Description,Branch,Amount,Balance\n"
    b'09/01/2026,QRIS,0000,"1,000.00 CR","1,000.00"\n',
    "bca-preview": b"No\tTanggal\tKeterangan\tDebit\tKredit\tSaldo\n"
    b"1\t09/01/2026\tQRIS\t\t1,000.00\t1,000.00\n",
    "bni": b"No.,Tanggal Kirim,Cabang,Journal No.,Deskripsi,Amount,Db/Cr(D/C)\n"
    b'1,09/01/2026,1,J,QRIS,"1,000.00",C\n',
    "bank-jatim": b"Post Date,Effective Date,Account,Name,Description,Currency,Debit,Credit,"
    b'Balance,Reference No\n09/01/2026,09/01/2026,01,X,QRIS,IDR,0.00,"1,000.00","1,000.00",R\n',
    "jimpitan": b"date,time,amount,balance,description,reference\n2026-01-09,10:00,1000,1000,Q,\n",
    "mt940": MT940.encode(),
}


def test_each_known_layout_has_an_example() -> None:
    assert set(EXPORTS) == set(known_profiles())


@pytest.mark.parametrize("name", sorted(EXPORTS))
def test_a_layout_is_found_by_itself(name: str) -> None:
    below = b"Nama;DKM\n\nPeriode;Januari\n" if name not in ("bsi", "mt940") else b""
    reading = read(below + EXPORTS[name])
    assert (reading.profile, reading.faults) == (name, ())
    assert reading.lines[0].amount.amount in (1_000, 2_500)


def test_two_layouts_that_fit_are_named() -> None:
    both = b"date,time,amount,balance,description,reference,Tanggal Kirim,Deskripsi,Db/Cr,"
    fault = only_fault(both + b"Journal No.\n")
    assert "several layouts fit: bni, jimpitan" in fault


def test_a_header_below_the_thirtieth_row_is_not_looked_for() -> None:
    head = b"x\n" * 29
    assert read(head + EXPORTS["jimpitan"]).lines
    assert "no header line of a known layout" in only_fault(b"x\n" + head + EXPORTS["jimpitan"])


def test_a_header_that_a_page_repeats_is_no_line() -> None:
    head, line = EXPORTS["bca"].splitlines(keepends=True)
    assert len(read(head + line + head + line).lines) == 2


def test_only_our_own_layout_counts_as_tried() -> None:
    assert [name for name, one in known_profiles().items() if one.verified] == ["jimpitan"]
