"""The auditor's program against a superuser who can write anything and sign anything."""

import json
import random
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jimpitan_server.adapters.seal_files import seal_file
from jimpitan_server.domain.ledger import chained
from jimpitan_server.domain.merkle import Frontier, leaf_hash
from jimpitan_server.domain.seal import Seal
from jimpitan_server.entrypoints import verify
from jimpitan_server.services.ports_ledger import SealRow
from money_books import at

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
FIRST = date(2026, 3, 2)
TRIALS = 1_000
Rows = list[list[Any]]


def a_ledger(rng: random.Random, days: int = 6) -> Rows:
    """Return entries as an export has them, some of each day, the last day not over yet."""
    rows: Rows = []
    for number in range(days):
        day = (FIRST + timedelta(days=number)).isoformat()
        for _ in range(rng.randrange(0 if number else 1, 6)):
            row = len(rows) + 1
            amount = 1_000 * rng.randrange(1, 9)
            fields = [row, day, day, f"{day}T03:00:00+00:00", f"collection/{row}"]
            rows.append(
                [*fields, "given_cash", "collector:siti", amount, "counted", None, "ledger"]
            )
    return rows


def exported(rows: Rows) -> verify.Entries:
    """Return the export of rows, with the chain made anew: what a superuser can do."""
    entries, chain = [], b""
    for row in rows:
        line = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()
        chain = chained(chain, line)
        entries.append((line, chain))
    return entries


def published(rows: Rows, *, until: int, key: Ed25519PrivateKey = KEY) -> verify.Seals:
    """Return the seals of the first `until` days, as their files say."""
    frontier, seals = Frontier(), {}
    entries = exported(rows)
    for number in range(until):
        day = FIRST + timedelta(days=number)
        lines = [
            line for row, (line, _) in zip(rows, entries, strict=True) if row[1] == day.isoformat()
        ]
        leaves = [leaf_hash(line) for line in lines]
        frontier = frontier.grown(leaves)
        seal = Seal(day=day, size=frontier.size, root=frontier.root)
        row_of_seal = SealRow(
            seal=seal,
            frontier=frontier,
            signature=key.sign(seal.statement),
            public_key=key.public_key().public_bytes_raw(),
            sealed_at=at(),
        )
        seals[day.isoformat()] = json.loads(seal_file(row_of_seal, leaves).content)
    return seals


def tampered(rng: random.Random, rows: Rows, place: int, how: str) -> Rows:
    """Return the rows after a superuser changed, removed or inserted one, numbered anew."""
    changed = [list(row) for row in rows]
    if how == "update":
        field = rng.choice((2, 4, 5, 6, 7, 10))
        changed[place][field] = changed[place][field] * 2
    elif how == "delete":
        del changed[place]
    else:
        changed.insert(place, [*changed[place][:7], 500, *changed[place][8:]])
    for number, row in enumerate(changed, 1):
        row[0] = number
    return changed


def test_each_of_a_thousand_edits_is_told_with_day_and_row() -> None:
    """The chain is made anew each time, and every seal in the database signed again."""
    rng = random.Random(4)
    told = 0
    for trial in range(TRIALS):
        rows = a_ledger(rng)
        seals = published(rows, until=5)
        sealed = [row for row in rows if row[1] in seals]
        place = rng.randrange(len(sealed))
        how = ("update", "delete", "insert")[trial % 3]
        after = tampered(rng, rows, place, how)
        findings = verify.verify(exported(after), seals)
        first = min((row, day) for day, row, _ in findings if row)
        told += first == (place + 1, rows[place][1])
        # What it says of the seals that he signed anew is of no use to him: they differ.
        assert published(after, until=5) != seals
    assert told == TRIALS


def test_an_edit_without_a_new_chain_is_told_from_a_weekly_notice_alone() -> None:
    rng = random.Random(5)
    for _ in range(200):
        rows = a_ledger(rng)
        notice = {day: {k: s[k] for k in ("day", "size", "root")} for day, s in sealed_days(rows)}
        place = rng.randrange(max(one["size"] for one in notice.values()))
        entries = exported(rows)
        line, chain = entries[place]
        entries[place] = (line.replace(b"siti", b"budi"), chain)
        days_and_rows = {(day, row) for day, row, _ in verify.verify(entries, notice)}
        assert (rows[place][1], place + 1) in days_and_rows
        after = tampered(rng, rows, place, "update")
        days = {day for day, _, _ in verify.verify(exported(after), notice)}
        assert rows[place][1] in days


def sealed_days(rows: Rows) -> list[tuple[str, dict[str, Any]]]:
    return list(published(rows, until=5).items())


def test_an_untouched_ledger_is_good_and_its_open_day_is_not_called_good(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = a_ledger(random.Random(6))
    folder = keep(tmp_path, rows, until=5)
    assert run(monkeypatch, tmp_path / "ledger.jsonl", folder) == 0
    said = capsys.readouterr().out
    assert "5 of 5 sealed days are as published; the last is 2026-03-06." in said
    sealed = [row for row in rows if row[1] < "2026-03-07"]
    assert f"Not yet sealed: rows {len(sealed) + 1} to {len(rows)}." in said


def keep(tmp_path: Path, rows: Rows, *, until: int) -> Path:
    """Write an export and the files of its seals, as an auditor keeps them."""
    content = [line + b"\t" + chain.hex().encode() for line, chain in exported(rows)]
    (tmp_path / "ledger.jsonl").write_bytes(b"\n".join(content) + b"\n")
    folder = tmp_path / "seals"
    folder.mkdir()
    for day, seal in published(rows, until=until).items():
        (folder / f"jimpitan-seal-{day}.json").write_text(json.dumps(seal))
    return folder


def run(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["jimpitan-verify", *[str(word) for word in words]])
    return verify.main()


def test_rows_slipped_under_a_sealed_day_and_breaks_in_the_open_one_are_told() -> None:
    rows = a_ledger(random.Random(7))
    seals = published(rows, until=5)
    late = [*rows[-1]]
    late[0], late[1] = len(rows) + 1, "2026-03-06"
    assert (
        "2026-03-06",
        len(rows) + 1,
        "it carries a sealed day, and the seal has it not",
    ) in verify.verify(exported([*rows, late]), seals)
    entries = exported(rows)
    entries[-1] = (entries[-1][0], bytes(32))
    assert [(day, row) for day, row, _ in verify.verify(entries, seals)] == [
        ("not yet sealed", len(rows))
    ]


def test_a_shortened_ledger_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = a_ledger(random.Random(8))
    folder = keep(tmp_path, rows, until=5)
    export = tmp_path / "ledger.jsonl"
    export.write_bytes(b"\n".join(export.read_bytes().split(b"\n")[:2]) + b"\n")
    assert run(monkeypatch, export, folder) == 1
    assert "row 3: it was sealed, and it is not in the export" in capsys.readouterr().out


def test_entries_that_make_no_sense_are_told() -> None:
    rows = a_ledger(random.Random(9), days=3)[:2]
    rows[0][7] = 0
    rows.append([3, *rows[1][1:9], 1, "ledger"])
    rows.append([4, *rows[1][1:5], "collector:siti", "given_cash", *rows[1][7:9], 2, "ledger"])
    rows.append([5, *rows[3][1:]])
    rows.append([9, *rows[1][1:]])
    said = {row: what for _, row, what in verify.verify(exported(rows), published(rows, until=1))}
    assert said[1] == "it moves nothing"
    assert said[3] == "it does not take back entry 1 as it stood"
    assert 4 not in said
    assert said[5] == "it does not take back entry 2 as it stood"
    assert said[6] == "entry 9 stands where entry 6 should"


def test_what_only_calls_itself_a_closing_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = a_ledger(random.Random(12), days=1)[:1]
    true = [2, *rows[0][1:5], "bank_confirmed:a", "fund:a", 5, "closed", None, "siti"]
    false = [3, *rows[0][1:5], "treasurer:b", "spent:a", 5, "closed", None, "siti"]
    seals = published([*rows, true, false], until=1)
    found = verify.verify(exported([*rows, true, false]), seals)
    assert [row for _, row, _ in found] == [3]
    later = seals | {"2026-03-05": seals["2026-03-02"] | {"day": "2026-03-05"}}
    verify.report([], later, [])
    assert "No seal was given for 2 days before 2026-03-05." in capsys.readouterr().out


def test_a_seal_of_another_hand_is_told() -> None:
    rows = a_ledger(random.Random(10))
    seals = published(rows, until=5)
    day = "2026-03-04"
    other = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
    seals[day] = published(rows, until=5, key=other)[day]
    assert verify.verify(exported(rows), seals) == [
        (day, 0, "the seal is signed with another key than the first one")
    ]
    seals[day] |= {"public_key": seals["2026-03-02"]["public_key"]}
    assert [(one, row) for one, row, _ in verify.verify(exported(rows), seals)] == [(day, 0)]


def test_what_cannot_be_read_is_a_sentence_and_no_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = a_ledger(random.Random(11))
    folder = keep(tmp_path, rows, until=2)
    export, notice = tmp_path / "ledger.jsonl", tmp_path / "notice.txt"
    assert run(monkeypatch, export) == 2
    assert run(monkeypatch, "--help") == 0
    assert "Checks an exported custody ledger" in capsys.readouterr().out
    notice.write_text("nothing here")
    assert run(monkeypatch, export, notice) == 2
    notice.write_text(f"2026-03-02 1 {'0' * 64}")
    assert run(monkeypatch, export, folder, notice) == 2
    assert "two different seals" in capsys.readouterr().out
    export.write_text("no ledger\n")
    assert run(monkeypatch, export, folder) == 2
    assert run(monkeypatch, tmp_path / "absent", folder) == 2


def test_many_changed_rows_of_a_day_are_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    findings = [("2026-03-02", row, "changed") for row in range(1, 31)]
    seals = {"2026-03-02": {"day": "2026-03-02", "size": 30, "root": ""}}
    verify.report([], seals, findings)
    said = capsys.readouterr().out
    assert said.count("CHANGED") == 21
    assert "10 more rows" in said


def test_the_auditors_program_is_one_file_that_needs_only_python() -> None:
    source = Path(verify.__file__).read_text(encoding="utf-8")
    assert "jimpitan_" not in source.replace("jimpitan_verify", "")
    assert len(source.splitlines()) <= 250
