"""A backup of the spool is whole, comes back whole, and takes the place of nothing that waits."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jimpitan_gateway.cli import app
from jimpitan_gateway.errors import BackupRefused
from jimpitan_gateway.spool import DeadLetter, Message, Spool
from jimpitan_gateway.spool_backup import (
    forget_old,
    make_backup,
    read_manifest,
    restore_backup,
)
from typer.testing import CliRunner

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def filled(path: Path, count: int = 100) -> Spool:
    """Return a spool in which messages wait, and one is of no use."""
    spool = Spool(path)
    messages = [Message(f"box-{n % 7:04d}", 1000 + n, b"signed %d" % n) for n in range(count)]
    spool.keep(messages, [DeadLetter("jimpitan/1/x/records", 5, b"?", "malformed")])
    spool.note("relayed_ms", 77)
    return spool


def test_what_waits_comes_back_in_its_order(tmp_path: Path) -> None:
    spool = filled(tmp_path / "spool.db")
    told: list[tuple[int, int]] = []
    file, manifest = make_backup(
        tmp_path / "spool.db",
        tmp_path / "usb",
        now=NOW,
        progress=lambda done, total: told.append((done, total)),
    )
    assert (manifest.rows["message"], manifest.rows["dead_letter"]) == (100, 1)
    assert told[-1][0] == told[-1][1] > 0
    assert [one.name for one in file.parent.iterdir()] == [file.name]
    assert restore_backup(file, tmp_path / "other" / "spool.db") == manifest
    again = Spool(tmp_path / "other" / "spool.db")
    assert again.oldest(1000) == spool.oldest(1000)
    assert again.dead_letters() == spool.dead_letters()
    assert again.progress() == spool.progress()
    again.keep([Message("box-0001", 9, b"more")])
    assert again.waiting() == 101
    spool.close()
    again.close()


def test_backup_while_the_gateway_writes_is_one_state(tmp_path: Path) -> None:
    spool = filled(tmp_path / "spool.db", 2)

    def write(_done: int, _total: int) -> None:
        spool.keep([Message("box-0009", 1, b"later")])

    file, manifest = make_backup(tmp_path / "spool.db", tmp_path, now=NOW, progress=write)
    assert (manifest.rows["message"], spool.waiting()) == (2, 3)
    assert read_manifest(file) == manifest
    spool.close()


def test_nothing_that_waits_is_replaced(tmp_path: Path) -> None:
    filled(tmp_path / "spool.db").close()
    file, _ = make_backup(tmp_path / "spool.db", tmp_path, now=NOW)
    with pytest.raises(BackupRefused, match="100 messages wait"):
        restore_backup(file, tmp_path / "spool.db")
    spool = Spool(tmp_path / "spool.db")
    spool.settle(spool.oldest(1000), [])
    spool.close()
    restore_backup(file, tmp_path / "spool.db")
    spool = Spool(tmp_path / "spool.db")
    assert spool.waiting() == 100
    spool.close()


def test_every_cut_and_every_changed_part_is_told(tmp_path: Path) -> None:
    filled(tmp_path / "spool.db").close()
    file, _ = make_backup(tmp_path / "spool.db", tmp_path, now=NOW)
    whole, changed = file.read_bytes(), tmp_path / "changed"
    beginning = whole.index(b"\n", 30) + 1
    for at in [*range(24), *range(beginning, len(whole), len(whole) // 50)]:
        for content in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]):
            changed.write_bytes(content)
            with pytest.raises(BackupRefused):
                restore_backup(changed, tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()


def test_damaged_spool_is_no_backup(tmp_path: Path) -> None:
    filled(tmp_path / "spool.db", 2000).close()
    with sqlite3.connect(tmp_path / "spool.db") as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    content = bytearray((tmp_path / "spool.db").read_bytes())
    content[8192:20_000] = bytes(20_000 - 8192)
    (tmp_path / "spool.db").write_bytes(content)
    with pytest.raises(BackupRefused):
        make_backup(tmp_path / "spool.db", tmp_path / "usb", now=NOW)
    assert list((tmp_path / "usb").iterdir()) == []


def test_oldest_backups_go(tmp_path: Path) -> None:
    filled(tmp_path / "spool.db").close()
    made = [
        make_backup(tmp_path / "spool.db", tmp_path, now=NOW + timedelta(hours=n))[0]
        for n in range(3)
    ]
    with pytest.raises(BackupRefused, match="already"):  # none is replaced
        make_backup(tmp_path / "spool.db", tmp_path, now=NOW)
    assert forget_old(tmp_path, keep=1) == made[1::-1]
    assert made[2].exists()


def test_commands_make_and_restore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIMPITAN_GATEWAY_SPOOL", str(tmp_path / "spool.db"))
    none = CliRunner().invoke(app, ["backup", str(tmp_path / "usb")])
    assert (none.exit_code, "never ran here" in none.stderr) == (1, True)
    filled(tmp_path / "spool.db").close()
    made = CliRunner().invoke(app, ["backup", str(tmp_path / "usb"), "--keep", "2", "--json"])
    assert made.exit_code == 0, made.output
    file = json.loads(made.stdout)["file"]
    refused = CliRunner().invoke(app, ["restore", file])
    assert (refused.exit_code, "messages wait" in refused.stderr) == (1, True)
    monkeypatch.setenv("JIMPITAN_GATEWAY_SPOOL", str(tmp_path / "new.db"))
    restored = CliRunner().invoke(app, ["restore", file])
    assert (restored.exit_code, "100 messages" in restored.stdout) == (0, True)
