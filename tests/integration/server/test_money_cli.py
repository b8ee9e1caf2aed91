"""The commands about money, as an admin or a script types them."""

import asyncio
import json
from pathlib import Path

import pytest
from components import ROOT
from jimpitan_server.bootstrap import build
from jimpitan_server.entrypoints.cli import app
from jimpitan_server.settings import load_settings
from money_town import SNAP, qris_of
from server_boxes import MASTER_KEY
from typer.testing import CliRunner

pytestmark = pytest.mark.integration
CSV = "date,time,amount,balance,description,reference\n"


async def migrate() -> None:
    program = await build(load_settings())
    await program.migrate()
    await program.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JIMPITAN_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'jimpitan.db'}")
    monkeypatch.setenv("JIMPITAN_MASTER_KEY", MASTER_KEY)
    asyncio.run(migrate())
    (tmp_path / "bank.pem").write_text(SNAP["public_key_pem"])
    return tmp_path


def run(*words: str, code: int = 0, stdin: str | None = None) -> str:
    done = CliRunner().invoke(app, list(words), input=stdin)
    assert done.exit_code == code, done.output
    return done.output


def add_partner(folder: Path, *words: str, code: int = 0) -> str:
    key = str(folder / "bank.pem")
    return run(
        "partner", "add", "BANK-1", "--public-key", key, "--account", "bsi-1", *words, code=code
    )


def test_a_partner_is_added_once(folder: Path) -> None:
    assert json.loads(add_partner(folder, "--json"))["path"] == "/v1.0/qr/qr-mpm-notify"
    assert "already" in add_partner(folder, code=1)
    (folder / "bank.pem").write_text("no key")
    assert "no public key" in add_partner(folder, code=1)
    assert "cannot be read" in add_partner(folder, "--public-key", "/nowhere", code=1)


def test_an_account_settles_in_one_way(folder: Path) -> None:
    add_partner(folder, "--settlement", "daily")
    assert "settles by daily" in run(
        *("partner", "add", "BANK-2", "--account", "bsi-1"),
        *("--public-key", str(folder / "bank.pem")),
        code=1,
    )


def test_a_statement_is_looked_at_imported_and_known(folder: Path) -> None:
    add_partner(folder)
    file = folder / "mutasi.csv"
    file.write_text(CSV + "2026-11-20,10:00,1000,1000,QRIS,\n")
    words = ("statement", "import", str(file), "--profile", "jimpitan", "--account", "bsi-1")
    assert json.loads(run(*words, "--dry-run", "--json"))["import_id"] is None
    assert "1 of 1 lines were new" in run(*words)
    assert json.loads(run(*words, "--json"))["lines_known"] == 1
    position = json.loads(run("reconcile", "--json"))["position"]
    assert position["qris_confirmed_idr"] == 1_000
    assert "qris_confirmed: Rp\u00a01.000" in run("reconcile")


def test_a_statement_with_a_fault_names_its_place(folder: Path) -> None:
    add_partner(folder)
    file = folder / "mutasi.csv"
    file.write_text(CSV + "2026-11-20,10:00,1.5,1000,QRIS,\n")
    words = ("statement", "import", str(file), "--profile", "jimpitan", "--account", "bsi-1")
    assert "mutasi.csv, line 2, amount" in run(*words, code=1)
    assert '"line": 2' in run(*words, "--json", code=1)


def test_a_layout_of_ones_own_is_a_file(folder: Path) -> None:
    add_partner(folder)
    layout = {"style": "indonesian", "date": "Tgl", "date_formats": "%d-%m-%Y"}
    layout |= {"description": "Uraian", "debit": "Keluar", "credit": "Masuk"}
    (folder / "bpr.json").write_text(json.dumps(layout))
    (folder / "mutasi.csv").write_text("Tgl;Uraian;Keluar;Masuk\n20-11-2026;QRIS;;1.000,00\n")
    words = ("statement", "import", str(folder / "mutasi.csv"), "--account", "bsi-1", "--json")
    assert json.loads(run(*words, "--profile", str(folder / "bpr.json")))["lines_new"] == 1
    for content in ("{", "[]"):
        (folder / "bpr.json").write_text(content)
        run(*words, "--profile", str(folder / "bpr.json"), code=1)
    assert "no profile" in run(*words, "--profile", "bpr", code=1)
    (folder / "bpr.yaml").write_text(
        "style: [english, indonesian]\ndate: Tgl\ndate_formats: '%d-%m-%Y'\n"
        "description: Uraian\ndebit: Keluar\ncredit: Masuk\n"
    )
    found = json.loads(run(*words, "--profile", str(folder / "bpr.yaml"), "--dry-run"))
    assert (found["profile"], found["lines_known"]) == ("bpr", 1)


def test_layouts_say_whether_they_were_tried_on_a_banks_file(folder: Path) -> None:
    listed = json.loads(run("statement", "profiles", "--json"))["profiles"]
    bsi = next(one for one in listed if one["name"] == "bsi")
    assert (bsi["bank"], bsi["verified"]) == ("BSI", False)
    assert "bank-jatim" in run("statement", "profiles")
    add_partner(folder)
    file = folder / "mutasi.csv"
    file.write_text('Tanggal Transaksi,Keterangan,Jumlah\n09/01/2026,QRIS,"1,000.00 CR"\n')
    said = run("statement", "import", str(file), "--account", "bsi-1", "--dry-run")
    assert "layout bca was not tried on a file of the bank" in said
    assert "tells no balances" in said
    assert "Nothing was imported." in said


def test_a_gap_of_balances_is_accepted_by_hand_only(folder: Path) -> None:
    add_partner(folder)
    file = folder / "mutasi.csv"
    words = ("statement", "import", str(file), "--account", "bsi-1")
    file.write_text(CSV + "2026-11-20,10:00,1000,1000,QRIS,\n")
    run(*words)
    file.write_text(CSV + "2026-11-25,10:00,1000,5000,QRIS,\n")
    assert "+3000 rupiah moved on lines that are missing" in run(*words, "--dry-run")
    assert "--accept-warnings imports it" in run(*words, code=1)
    assert '"statement_warnings"' in run(*words, "--json", code=1)
    assert json.loads(run(*words, "--json", "--accept-warnings").split("\n")[-2])["import_id"] == 2


def test_a_code_is_taken_apart(folder: Path) -> None:
    assert json.loads(run("qris", "inspect", qris_of("A17"), "--json"))["terminal_label"] == "A17"
    assert "KOTAK CONTOH" in run("qris", "inspect", "-", stdin=qris_of("A17") + "\n")
    wrong = qris_of("A17")[:-1] + "X"
    assert "checksum" in run("qris", "inspect", wrong, code=1)
    assert "character 1" in run("qris", "inspect", "hello", code=1)


def test_each_line_is_answered_with_one_object_and_garbage_is_an_answer(folder: Path) -> None:
    lines = [qris_of("A17"), "garbage", "", "x" * 9_000, qris_of("A17")[:-1] + "X", qris_of(None)]
    done = run("qris", "inspect", "-", "--json", stdin="\n".join(lines) + "\n", code=1)
    answers = [json.loads(line) for line in done.splitlines()]
    assert [one["valid"] for one in answers] == [True, False, False, False, False, True]
    assert [bool(one["errors"]) for one in answers] == [False, True, True, True, True, False]
    assert answers[5]["warnings"][0]["code"] == "terminal_missing"
    wanted = "valid crc_valid nmid mpan merchant_name terminal_label point_of_initiation"
    wanted += " amount_idr warnings errors"
    assert all(set(wanted.split()) <= set(one) for one in answers)


def test_a_code_is_compared_with_the_one_of_a_box(folder: Path) -> None:
    run("qris", "register", "box-0017", qris_of("A17"))
    words = ("qris", "inspect", "--against", "box-0017", "--json")
    assert json.loads(run(*words, qris_of("A17")))["verdict"] == "same"
    altered = json.loads(run(*words, qris_of("A99")))
    assert altered["verdict"] == "altered"
    assert altered["differences"] == {"terminal_label": {"registered": "A17", "found": "A99"}}
    assert json.loads(run(*words, "hello", code=1))["verdict"] == "unreadable"
    unknown = json.loads(run("qris", "inspect", "--against", "box-9", "--json", qris_of("A17")))
    assert unknown["verdict"] == "unknown"
    assert "box id" in run("qris", "inspect", "--against", "Box 9", qris_of("A17"), code=1)
    run("qris", "register", "box-0017", qris_of("A99"), "--replace", "--mode", "shared")
    assert json.loads(run(*words, qris_of("A17")))["verdict"] == "altered"


def test_boxes_without_a_scan_are_listed(folder: Path) -> None:
    run("qris", "register", "box-0017", qris_of("A17"))
    assert json.loads(run("qris", "overdue", "--json")) == {"overdue": []}
    assert run("qris", "overdue", "--days", "1") == ""


def test_a_code_is_registered_for_a_box(folder: Path) -> None:
    words = ("qris", "register", "box-0017")
    assert json.loads(run(*words, qris_of("A17"), "--json"))["box"] == "box-0017"
    assert "carries KOTAK CONTOH" in run(*words, qris_of("A17"))
    run(*words, qris_of("A17")[:-1] + "X", code=1)
    run("qris", "register", "Box 17", qris_of("A17"), code=1)


@pytest.mark.parametrize(
    "words", ["partner add", "statement import", "statement profiles", "qris inspect", "reconcile"]
)
def test_every_command_stands_in_the_manual(words: str) -> None:
    manual = (ROOT / "server" / "money.md").read_text(encoding="utf-8")
    assert f"jimpitan-server {words}" in manual


def test_the_ledger_is_shown_exported_sealed_and_closed(folder: Path) -> None:
    add_partner(folder)
    file = folder / "mutasi.csv"
    file.write_text(CSV + "2026-11-20,10:00,1000,1000,QRIS,\n")
    run("statement", "import", str(file), "--profile", "jimpitan", "--account", "bsi-1")
    assert "bank_confirmed:bsi-1: Rp\u00a01.000" in run("ledger", "show")
    assert json.loads(run("ledger", "show", "--json"))["rest_idr"] == 0
    export = folder / "ledger.jsonl"
    assert "1 entries were written" in run("ledger", "export", str(export))
    assert run("ledger", "export", "-").encode().startswith(export.read_bytes())
    assert "cannot be written" in run("ledger", "export", "/nowhere/at/all", code=1)
    assert "0 days were sealed" in run("ledger", "seal")
    assert json.loads(run("ledger", "seal", "--json")) == {"seals": []}
    assert "segel buku kas" in run("ledger", "notice")
    closed = ("ledger", "close", "2026-11-19", "--note", "Berita acara 12")
    assert "closed until 2026-11-19" in run(*closed)
    assert "are closed until" in run(*closed, code=1)
    later = run("ledger", "close", "2026-11-20", "--note", "Berita acara 13", "--json")
    assert json.loads(later)["into_fund_idr"] == {"bsi-1": 1_000}
