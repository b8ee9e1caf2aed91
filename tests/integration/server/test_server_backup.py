"""A backup holds everything, is whole or nothing, opens with one key only, and comes back."""

import asyncio
import base64
import json
import os
import uuid
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import asyncpg
import components
import pytest
from jimpitan_server.adapters import backup_desk
from jimpitan_server.adapters.backup_desk import (
    backup_name,
    backups_in,
    forget_old,
    read_manifest,
)
from jimpitan_server.adapters.backup_file import MAGIC, SealedWriter, frames
from jimpitan_server.adapters.database.schema import quarantine, records, sessions
from jimpitan_server.bootstrap import Program, build
from jimpitan_server.domain.errors import Conflict, Malformed
from jimpitan_server.domain.user import Role
from jimpitan_server.entrypoints import backup_check
from jimpitan_server.entrypoints.cli import app
from jimpitan_server.settings import Settings
from server_boxes import MASTER_KEY, FakeBox, StepClock
from server_town import bring, known, rows
from sqlalchemy import text
from typer.testing import CliRunner, Result

PASSWORD = "nasi liwet hangat"


async def filled(program: Program) -> FakeBox:
    """Give the database a box with records, a gateway and somebody who is logged in."""
    box = await known(program, FakeBox())
    await bring(program, box, *box.stamps(20))
    await bring(program, box, b"no record at all")
    await program.add_gateway("gw-1")
    await program.add_user("siti", role=Role.ADMIN, password=PASSWORD)
    await program.log_in(login_name="siti", password=PASSWORD)
    await program.make_enrolment_token()
    return box


async def empty(settings: Settings, path: Path, clock: StepClock) -> Program:
    """Return a program on a database that has no schema yet."""
    url = f"sqlite+aiosqlite:///{path}"
    return await build(settings.model_copy(update={"database_url": url}), clock)


async def test_everything_comes_back_but_logins(
    program: Program, settings: Settings, clock: StepClock, tmp_path: Path
) -> None:
    box = await filled(program)
    file, manifest = await backup_check.desk_of(program).make(tmp_path / "backups")
    assert (manifest.rows["records"], manifest.dialect) == (20, program.database.dialect)
    again = await empty(settings, tmp_path / "again.db", clock)
    try:
        restored, wrong = await backup_check.restore_into(again, file)
        assert (restored, wrong) == (manifest, [])
        assert await rows(again, sessions, "user_id") == []
        accepted = await bring(again, box, box.stamp())
        assert (accepted.stored, box.ack_in(accepted.down)[0]) == (1, 21)
        assert await again.log_in(login_name="siti", password=PASSWORD)
        await again.add_user("budi", role=Role.AUDITOR, password=PASSWORD)
    finally:
        await again.close()


async def test_backup_of_either_kind_goes_into_postgresql(
    program: Program, settings: Settings, clock: StepClock, tmp_path: Path, postgresql_server: str
) -> None:
    box = await filled(program)
    file, manifest = await backup_check.desk_of(program).make(tmp_path / "first")
    name = f"again_{uuid.uuid4().hex}"
    connection = await asyncpg.connect(host=postgresql_server, user="postgres")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    url = components.postgresql_url(postgresql_server, name)
    again = await build(settings.model_copy(update={"database_url": url}), clock)
    try:
        assert (await backup_check.restore_into(again, file))[1] == []
        _, repeated = await backup_check.desk_of(again).make(tmp_path / "second")
        changed = {one for one in manifest.rows if manifest.sha256[one] != repeated.sha256[one]}
        assert changed == {"audit", "server_secrets"} - (
            {"server_secrets"} if manifest.rows["server_secrets"] else set()
        )  # that it was restored, and what only a first start makes
        await bring(again, box, b"no record either")  # numbers that the database gives go on
        assert len(await rows(again, quarantine, "quarantine_id")) == 2
    finally:
        await again.close()


async def test_backup_made_while_records_come_in_is_one_state(
    program: Program, tmp_path: Path
) -> None:
    box = await known(program, FakeBox())
    await bring(program, box, *box.stamps(20))
    told: list[int] = []

    async def more() -> None:
        for _ in range(10):
            await bring(program, box, *box.stamps(20))

    coming = asyncio.create_task(more())
    desk = backup_check.desk_of(program)
    _, manifest = await desk.make(tmp_path, progress=lambda done, _: told.append(done))
    await coming
    assert told[-1] == manifest.total
    assert manifest.rows["records"] % 20 == 0
    file = backups_in(tmp_path)[0]
    proven, wrong = await backup_check.verify(file, program.settings)
    assert (proven, wrong) == (manifest, [])
    assert [one.name for one in tmp_path.iterdir() if "scratch" in one.name] == []


async def test_filled_database_is_not_restored_into(program: Program, tmp_path: Path) -> None:
    await filled(program)
    before = await rows(program, records, "box_id", "seq", "raw")
    file, _ = await backup_check.desk_of(program).make(tmp_path)
    with pytest.raises(Conflict, match="not empty") as refused:
        await backup_check.restore_into(program, file)
    assert refused.value.code == "database_filled"
    assert await rows(program, records, "box_id", "seq", "raw") == before


async def test_tables_of_somebody_else_are_not_taken_away(
    settings: Settings, clock: StepClock, tmp_path: Path, program: Program
) -> None:
    file, _ = await backup_check.desk_of(program).make(tmp_path)
    other = await empty(settings, tmp_path / "other.db", clock)
    try:
        async with other.database.write() as connection:
            await connection.execute(text("CREATE TABLE theirs (number INTEGER)"))
        with pytest.raises(Conflict, match="theirs"):
            await backup_check.restore_into(other, file)
    finally:
        await other.close()


async def test_row_that_was_changed_after_the_restore_is_named(
    program: Program, settings: Settings, clock: StepClock, tmp_path: Path
) -> None:
    await filled(program)
    file, manifest = await backup_check.desk_of(program).make(tmp_path)
    again = await empty(settings, tmp_path / "again.db", clock)
    try:
        desk = backup_check.desk_of(again)
        await desk.restore(file)
        async with again.database.write() as connection:
            await connection.execute(text("UPDATE gateways SET created_at = created_at + 1"))
            await connection.execute(text("DELETE FROM quarantine_counts"))
        wrong = await desk.differences(manifest)
        assert ["gateways" in " ".join(wrong), "quarantine_counts" in " ".join(wrong)] == [
            True,
            True,
        ]
        assert len(wrong) == 2
    finally:
        await again.close()


async def test_every_cut_and_every_changed_part_is_told(program: Program, tmp_path: Path) -> None:
    await filled(program)
    master = program.settings.master_secret()
    file, manifest = await backup_check.desk_of(program).make(tmp_path)
    whole = file.read_bytes()
    assert read_manifest(file, master) == manifest
    changed = tmp_path / "changed"
    step = max(1, len(whole) // 200)
    for at in range(0, len(whole), step):
        changed.write_bytes(whole[:at])
        with pytest.raises(Malformed):
            read_manifest(changed, master)
        changed.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(Malformed):
            read_manifest(changed, master)
    with pytest.raises(Malformed, match="JIMPITAN_MASTER_KEY"):
        read_manifest(file, bytes(reversed(master)))


def test_frames_open_in_their_order_only(tmp_path: Path) -> None:
    file, master = tmp_path / "file", os.urandom(32)
    with file.open("wb") as out:
        writer = SealedWriter(out, master)
        for number in range(4):
            writer.write(bytes([number]) * 10, is_last=number == 3)
    assert [frame[0] for frame in frames(file, master)] == [0, 1, 2, 3]
    content = file.read_bytes()
    start, length = len(MAGIC) + 32, 4 + 10 + 16
    parts = [content[start + n * length : start + (n + 1) * length] for n in range(4)]
    for order in ((0, 2, 1, 3), (0, 1, 3), (0, 1, 2), (0, 1, 1, 3), (0, 1, 2, 3, 3)):
        file.write_bytes(content[:start] + b"".join(parts[n] for n in order))
        with pytest.raises(Malformed):
            list(frames(file, master))


async def test_secrets_do_not_stand_in_a_backup_in_the_clear(
    program: Program, tmp_path: Path
) -> None:
    box = await filled(program)
    file, _ = await backup_check.desk_of(program).make(tmp_path)
    content = file.read_bytes()
    for secret in (box.secret, b"siti", b"gw-1", box.box.encode()):
        assert secret not in content
    assert file.stat().st_mode & 0o077 == 0 or os.name == "nt"


async def test_what_cannot_be_written_leaves_nothing(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    desk = backup_check.desk_of(program)
    with pytest.raises(Malformed, match="cannot be written") as refused:
        await desk.make(tmp_path / "file")
    assert refused.value.code == "backup_folder"

    class FullDisk(SealedWriter):
        def __init__(self, out: BinaryIO, master: bytes) -> None:
            super().__init__(out, master)
            self._out = Full(out)

    monkeypatch.setattr(backup_desk, "SealedWriter", FullDisk)
    await known(program, FakeBox())
    with pytest.raises(Malformed, match="No space left"):
        await desk.make(tmp_path / "full")
    assert list((tmp_path / "full").iterdir()) == []


class Full(BytesIO):
    """A disk that takes three frames and no more."""

    def __init__(self, _: BinaryIO) -> None:
        super().__init__()
        self.frames = 3

    def write(self, content: Any) -> int:
        self.frames -= 1
        if not self.frames:
            raise OSError(28, "No space left on device")
        return super().write(content)


async def test_two_backups_at_once_are_one(program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    half = folder / ".jimpitan-backup.half"
    half.touch()
    with pytest.raises(Conflict, match="at this moment"):
        await backup_check.desk_of(program).make(folder)
    os.utime(half, (1, 1))  # of a program that died long ago
    file, _ = await backup_check.desk_of(program).make(folder)
    assert [one.name for one in folder.iterdir()] == [file.name]


async def test_newer_backup_is_not_half_understood(
    program: Program, settings: Settings, clock: StepClock, tmp_path: Path
) -> None:
    async with program.database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    file, _ = await backup_check.desk_of(program).make(tmp_path)
    again = await empty(settings, tmp_path / "again.db", clock)
    try:
        with pytest.raises(Conflict, match="install a newer version") as refused:
            await backup_check.restore_into(again, file)
        assert refused.value.code == "backup_newer"
    finally:
        await again.close()


def test_oldest_backups_go_and_nothing_else(tmp_path: Path) -> None:
    clock = StepClock()
    names = []
    for _ in range(5):
        names.append(backup_name(clock.step(hours=1)))
        (tmp_path / names[-1]).touch()
    (tmp_path / "jimpitan-letter.backup").touch()
    gone = forget_old(tmp_path, keep=2)
    assert sorted(one.name for one in gone) == names[:3]
    assert [one.name for one in backups_in(tmp_path)] == names[:2:-1]
    assert (tmp_path / "jimpitan-letter.backup").exists()


async def said(*words: str) -> Result:
    return await asyncio.to_thread(lambda: CliRunner().invoke(app, list(words)))


async def test_commands_make_list_prove_and_restore(
    program: Program, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(program)
    monkeypatch.setenv("JIMPITAN_DATABASE_URL", database_url)
    monkeypatch.setenv("JIMPITAN_MASTER_KEY", MASTER_KEY)
    folder = str(tmp_path / "backups")
    made = await said("backup", folder, "--verify", "--keep", "3", "--json")
    assert made.exit_code == 0, made.output
    answer = json.loads(made.stdout)
    assert (answer["rows"]["records"], answer["verified"], answer["removed"]) == (20, True, [])
    listed = json.loads((await said("backup", "list", folder, "--json")).stdout)
    assert [one["file"] for one in listed] == [answer["file"]]
    proven = await said("backup", "verify", answer["file"])
    assert (proven.exit_code, "is sound" in proven.stdout) == (0, True)
    refused = await said("restore", answer["file"])
    assert (refused.exit_code, "not empty" in refused.stderr) == (1, True)
    monkeypatch.setenv("JIMPITAN_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/again.db")
    restored = await said("restore", answer["file"])
    assert (restored.exit_code, "is restored" in restored.stdout) == (0, True)
    monkeypatch.setenv("JIMPITAN_MASTER_KEY", base64.b64encode(os.urandom(32)).decode())
    foreign = await said("backup", "verify", answer["file"])
    assert (foreign.exit_code, "cannot be opened" in foreign.stderr) == (1, True)


async def test_database_without_schema_is_no_backup(
    settings: Settings, clock: StepClock, tmp_path: Path
) -> None:
    none = await empty(settings, tmp_path / "none.db", clock)
    try:
        desk = backup_check.desk_of(none)
        with pytest.raises(Conflict, match="nothing to back up"):
            await desk.make(tmp_path / "backups")
    finally:
        await none.close()


async def test_what_could_not_be_proven_is_no_backup(
    program: Program, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(program)
    monkeypatch.setenv("JIMPITAN_DATABASE_URL", database_url)
    monkeypatch.setenv("JIMPITAN_MASTER_KEY", MASTER_KEY)
    folder = tmp_path / "backups"
    older, _ = await backup_check.desk_of(program).make(folder)
    with pytest.raises(Conflict, match="already"):  # it is not replaced
        await backup_check.desk_of(program).make(folder)

    async def wrong(file: Path, *_: object, **__: object) -> tuple[None, list[str]]:
        return None, ["The audit log was changed at entry 2."]

    with monkeypatch.context() as patched:
        patched.setattr(backup_check, "verify", wrong)
        for _ in range(2):
            refused = await said("backup", str(folder), "--verify", "--keep", "1")
            assert (refused.exit_code, "entry 2" in refused.stderr) == (1, True)
    assert len(list(folder.glob("*.unproven"))) == 1
    assert backups_in(folder) == [older]
