"""A statement is taken whole or not at all, and the same line only once."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.adapters.statement_file import open_sheets
from jimpitan_server.adapters.statement_profiles import (
    described_profile,
    known_profiles,
    profiles_named,
)
from jimpitan_server.domain import statement_cells, statement_reading
from jimpitan_server.domain.money_errors import ProfileMalformed
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.statement import StatementReading
from jimpitan_server.domain.statement_profile import profile_of
from jimpitan_server.domain.statement_reading import read_statement
from jimpitan_server.domain.statement_sheet import FILE_LENGTH_MAX

HEADER = "date,time,amount,balance,description,reference\n"
PROFILES = sorted(known_profiles())


def read(text: str | bytes, profile: str | None = "jimpitan") -> StatementReading:
    content = text.encode() if isinstance(text, str) else text
    return read_statement(
        content,
        file_name="mutasi.csv",
        profiles=profiles_named(profile),
        open_sheets=open_sheets,
    )


def only_fault(reading: StatementReading) -> str:
    assert not reading.lines or reading.faults
    (fault,) = reading.faults
    return str(fault)


def test_a_plain_file_reads_line_by_line() -> None:
    reading = read(
        HEADER
        + "2026-01-09,10:00:00,1000.00,11000.00,QRIS 123456789012 A01,R1\n"
        + "2026-01-09,11:00:00,-500.00,10500.00,BIAYA ADM,R2\n"
    )
    assert not reading.faults
    assert [line.amount for line in reading.lines] == [Rupiah(1_000), Rupiah(-500)]
    assert (reading.credits, reading.debits) == (Rupiah(1_000), Rupiah(500))
    assert (reading.first_on, reading.last_on) == (date(2026, 1, 9), date(2026, 1, 9))
    assert reading.lines[0].text == "QRIS 123456789012 A01 R1"


def test_file_with_more_amounts_than_are_remembered_reads_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = "".join(f"2026-01-09,10:00:0{n},{n}.00,{n * (n + 1) // 2},QRIS,\n" for n in range(1, 9))
    whole = read(HEADER + rows)
    monkeypatch.setattr(statement_cells, "_REMEMBERED_MAX", 3)
    assert read(HEADER + rows) == whole
    assert len(whole.lines) == 8


def test_the_export_of_bsi_reads_with_preamble_and_comma_decimals() -> None:
    text = (
        "Mutasi Rekening;;;;;;\nPeriode: 09/01/2026;;;;;;\n\n"
        "TrxId;Tanggal;Trx Time;D/K;Mutasi;Saldo;Keterangan\n"
        "T1;09/01/2026;10:00:00;K;1.000,00;1.001.000,00;QRIS A01\n"
        "T2;09/01/2026;10:05:00;D;6.500,00;994.500,00;ADM\n"
    )
    reading = read("\ufeff" + text, "bsi")
    assert not reading.faults
    assert [line.amount.amount for line in reading.lines] == [1_000, -6_500]
    assert read(text.encode("utf-16"), "bsi").lines == reading.lines


def test_newest_first_is_a_direction_like_any_other() -> None:
    reading = read(
        HEADER
        + "2026-01-10,,1000,3000,QRIS,B\n".replace(",,", ",09:00,")
        + "2026-01-09,10:00,2000,2000,QRIS,A\n"
    )
    assert not reading.faults
    assert len(reading.lines) == 2


def test_other_banks_lay_it_out_differently() -> None:
    bca = "Tanggal Transaksi,Keterangan,Cabang,Jumlah\n"
    rows = 'PEND,QRIS,0000,"1,000.00 CR"\n09/01/2026,QRIS,0000,"2,000.00 CR"\n'
    reading = read(bca + rows + '10/01/2026,ADM,0000,"500.00 DB"\n', "bca")
    assert [line.amount.amount for line in reading.lines] == [2_000, -500]
    assert (reading.pending, reading.skipped) == (1, 0)
    mandiri = "Tgl.,Tgl. Val.,Rincian Transaksi,No. Referensi,Debit,Kredit,Saldo,Branch Code\n"
    reading = read(mandiri + '09/01/26,09/01/26,QRIS,R1,-,"2,000.00","2,000.00",1\n', "mandiri")
    assert not reading.faults
    assert [line.amount.amount for line in reading.lines] == [2_000]
    bri = "NOREK|TGL_TRAN|JAM_TRAN|SEQ|DESK_TRAN|SALDO_AWAL_MUTASI|MUTASI_DEBIT|MUTASI_KREDIT\n"
    reading = read(bri + "01|2026-01-09 00:00:00|91500|7|QRIS|500.00|0|2000.00\n", "bri")
    assert [str(line.booked_time) for line in reading.lines] == ["09:15:00"]
    assert reading.lines[0].balance == Rupiah(2_500)


GOOD = "2026-01-09,10:00,1000,1000,QRIS,R1\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEADER + "2026-13-09,10:00,1000,1000,Q,R\n", "line 2, date: '2026-13-09' is no date"),
        (HEADER + GOOD + "2026-01-09,25:00,1,1001,Q,R\n", "line 3, time: '25:00' is no time"),
        (HEADER + "2026-01-09,10:00,1.5,1000,Q,R\n", "line 2, amount: '1.5' has sen"),
        (HEADER + "2026-01-09,10:00,1e3,1000,Q,R\n", "line 2, amount"),
        (HEADER + "2026-01-09,10:00,0,1000,Q,R\n", "line 2, amount: a line without money"),
        (HEADER + "9999-12-31,10:00,1000,1000,Q,R\n", "line 2, date: '9999-12-31' is no date"),
        (HEADER + "2026-01-09,10:00,1000000000001,1,Q,R\n", "rupiah in one line"),
        (HEADER + "2026-01-09,10:00,1000,1000,Q,R,extra\n", "more cells than the header"),
        (HEADER + GOOD + "2026-01-09,10:01,1000,2500,Q,R\n", "line 3, balance: the balance"),
        (
            HEADER + f"2026-01-09,10:00,1000,1000,{'x' * 1001},R\n",
            "line 2, description: a cell of over",
        ),
        (
            "date,time,amount,description,reference\n",
            "line 1, header: no header line for jimpitan",
        ),
        (HEADER + '2026-01-09,"10:00,1000\n', "quotes or cells"),
        ("", "header"),
        ("\x00\x01", "this is no text file"),
    ],
)
def test_a_fault_names_file_line_and_column(text: str, words: str) -> None:
    fault = only_fault(read(text))
    assert words in fault
    assert fault.startswith("mutasi.csv, line ")


def test_a_file_that_is_no_text_or_too_long_is_refused() -> None:
    assert "neither UTF-8 nor UTF-16" in only_fault(read(b"\xe9\xe8"))
    assert "longer than" in only_fault(read(b" " * (FILE_LENGTH_MAX + 1)))


def test_a_file_with_more_money_than_there_is_is_refused() -> None:
    row = '09/01/2026,QRIS,"1,000,000,000,000.00 CR"\n'
    reading = read("Tanggal Transaksi,Keterangan,Jumlah\n" + row * 101, "bca")
    assert "rupiah in one file" in only_fault(reading)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("T;09/01/2026;10:00;X;1,00;1,00;Q\n", "'X' is neither debit nor credit"),
        ("T;09/01/2026;10:00;K;-1,00;1,00;Q\n", "a sign and a direction"),
    ],
)
def test_a_direction_that_contradicts_is_refused(row: str, words: str) -> None:
    header = "TrxId;Tanggal;Trx Time;D/K;Mutasi;Saldo;Keterangan\n"
    assert words in only_fault(read(header + row, "bsi"))


def test_debit_and_credit_in_one_line_are_refused() -> None:
    header = "Tgl.,Rincian Transaksi,No. Referensi,Debit,Kredit,Saldo\n"
    assert "in one line" in only_fault(read(header + "09/01/26,Q,R,1,2,3\n", "mandiri"))
    assert "below zero" in only_fault(read(header + "09/01/26,Q,R,-5,,3\n", "mandiri"))


def test_balances_that_are_announced_are_no_movement() -> None:
    reading = read(HEADER + "2026-01-09,10:00,0,5000,SALDO AWAL,\n" + GOOD)
    assert reading.skipped == 1
    assert len(reading.lines) == 1


def test_lines_that_look_alike_are_counted_apart() -> None:
    header = "Tanggal Transaksi,Keterangan,Jumlah\n"
    row = '09/01/2026,QRIS,"1,000.00 CR"\n'
    reading = read(header + row * 3, "bca")
    assert [line.occurrence for line in reading.lines] == [0, 1, 2]
    assert len({line.row_hash for line in reading.lines}) == 1


ROWS = st.lists(
    st.tuples(st.integers(1, 9), st.sampled_from([1_000, 2_000]), st.sampled_from("AB")),
    max_size=25,
).map(sorted)


def export(rows: list[tuple[int, int, str]], days: range) -> bytes:
    """Return what a bank exports for whole days, like every bank does."""
    lines = [
        f"0{day}/01/2026,QRIS {name},{amount}.00 CR" for day, amount, name in rows if day in days
    ]
    return ("Tanggal Transaksi,Keterangan,Jumlah\n" + "\n".join(lines)).encode()


@given(ROWS, st.integers(1, 9), st.integers(1, 9), st.randoms(use_true_random=False))
def test_overlapping_and_repeated_files_add_every_line_once(
    rows: list[tuple[int, int, str]], end: int, start: int, random: object
) -> None:
    files = [export(rows, range(1, end + 1)), export(rows, range(min(start, end), 10))] * 2
    random.shuffle(files)  # type: ignore[attr-defined]
    held: dict[tuple[str, int], int] = {}
    for content in files:
        for line in read(content, "bca").lines:
            held[line.row_hash, line.occurrence] = line.amount.amount
    wanted = Counter(amount for _, amount, _ in rows)
    assert Counter(held.values()) == wanted


@given(st.binary(max_size=300), st.sampled_from(PROFILES))
def test_any_file_is_read_or_its_faults_are_named(content: bytes, profile: str) -> None:
    reading = read(content, profile)
    assert reading.faults or not reading.lines


@given(st.lists(st.lists(st.text(max_size=12), max_size=8), max_size=6))
def test_any_cells_are_read_or_their_faults_are_named(cells: list[list[str]]) -> None:
    text = HEADER + "\n".join(",".join(row) for row in cells)
    reading = read(text.encode("utf-8", "replace"))
    assert all(fault.file_name == "mutasi.csv" for fault in reading.faults)


@pytest.mark.parametrize("name", PROFILES)
def test_every_known_layout_can_be_used(name: str) -> None:
    (profile,) = profiles_named(name)
    assert profile.columns
    assert profile.bank
    assert profile.source


@pytest.mark.parametrize(
    "described",
    [
        {},
        {"style": "roman"},
        {"style": "plain", "date": "d"},
        {"style": "plain", "date": "d", "date_formats": "%Y", "description": "x"},
        {"style": "plain", "date": "d", "date_formats": "%Y", "description": "x", "debit": "y"},
        {"style": "plain", "date": "d", "date_formats": "%Y", "description": "x", "colour": "y"},
        {"style": "plain", "date": 5},
        {"style": "plain", "direction_in_amount": "yes"},
        {"style": "plain", "verified": "no"},
        {"style": ["plain", "roman"]},
        {"style": []},
        {
            "style": "plain",
            "date": "d",
            "date_formats": "%Y",
            "description": "x",
            "amount": "y",
            "balance": "z",
            "balance_before": "w",
        },
        {
            "style": "plain",
            "date": "d",
            "date_formats": "%Y",
            "description": "x",
            "debit": "y",
            "credit": "z",
            "direction": "w",
        },
    ],
)
def test_a_layout_that_contradicts_itself_is_refused(described: dict[str, object]) -> None:
    with pytest.raises(ProfileMalformed):
        profile_of("mine", described)


@pytest.mark.parametrize(
    "text", ["{", "[]", "a: &b [1]\nc: *b", "style: plain" + " " * 100_001, "style: [roman]"]
)
def test_a_description_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ProfileMalformed):
        described_profile("mine", text)


def test_a_file_is_read_in_the_one_style_of_numbers_that_fits_it() -> None:
    head = "TrxId;Tanggal;Trx Time;D/K;Mutasi;Saldo;Keterangan\n"
    row = "T;09/01/2026;10:00;K;{};{};Q\n"
    for amount, balance in (("1.000,00", "2.000"), ("1,000.00", "2,000")):
        (line,) = read(head + row.format(amount, balance), "bsi").lines
        assert (line.amount, line.balance) == (Rupiah(1_000), Rupiah(2_000))
    mixed = head + row.format("1.000,00", "2.000") + row.format("1,000.00", "3,000")
    assert "line 3, Mutasi: '1,000.00' is no amount in indonesian style" in only_fault(
        read(mixed, "bsi")
    )


def test_more_lines_than_a_statement_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statement_reading, "LINES_MAX", 1)
    row = '09/01/2026,QRIS,"1,000.00 CR"\n'
    fault = only_fault(read("Tanggal Transaksi,Keterangan,Jumlah\n" + row * 2, "bca"))
    assert "line 3, file: over 1 lines" in fault


def test_faults_are_named_up_to_twenty() -> None:
    assert len(read(HEADER + "2026-99-09,10:00,1,1,Q,R\n" * 30).faults) == 20


def test_an_unknown_layout_names_the_known_ones() -> None:
    with pytest.raises(ProfileMalformed, match="bsi-short"):
        profiles_named("bank of nowhere")
