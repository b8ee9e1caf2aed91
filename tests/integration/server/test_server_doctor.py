"""Each planted fault is found, named, and told with the next step; nothing else is."""

import json
import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jimpitan_server.adapters.database.money_schema import collections, money_positions
from jimpitan_server.adapters.database.schema import audit
from jimpitan_server.adapters.database.user_store import append_audit
from jimpitan_server.adapters.ledger_desk import LedgerDesk
from jimpitan_server.bootstrap import Program, build
from jimpitan_server.entrypoints import backup_check
from jimpitan_server.entrypoints.cli import app
from jimpitan_server.entrypoints.doctor import Surroundings, examine_all
from jimpitan_server.entrypoints.doctor_history import Finding
from jimpitan_server.settings import Settings
from pydantic import SecretStr
from server_boxes import MASTER_KEY, FakeBox, StepClock
from server_town import bring, known
from sqlalchemy import insert, text, update
from typer.testing import CliRunner


@dataclass
class Patient:
    """An installation in good order, in which a fault is planted."""

    program: Program
    clock: StepClock
    folder: Path
    changed: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    free: int = 10**12
    database_ahead: timedelta = timedelta(0)
    backup: Path = field(init=False)

    async def execute(self, *statements: str) -> None:
        """Change the database past the program."""
        async with self.program.database.write() as connection:
            for statement in statements:
                await connection.execute(text(statement))

    async def findings(self) -> list[Finding]:
        """Let the doctor look at it with the settings as they are now."""
        settings = self.program.settings.model_copy(update=self.changed)
        program = await build(settings, self.clock)

        async def database_clock(_: object) -> datetime:
            return self.clock.now() + self.database_ahead

        around = Surroundings(self.environment, lambda _: self.free, database_clock)
        try:
            return await examine_all(program, around)
        finally:
            await program.close()


@pytest.fixture
async def patient(program: Program, clock: StepClock, tmp_path: Path) -> Patient:
    """Return an installation in use with a gateway, records, seals and a backup."""
    box = await known(program, FakeBox())
    await program.add_gateway("gw-1")
    await bring(program, box, *box.stamps(3))
    async with program.database.write() as connection:
        await append_audit(
            connection,
            at=clock.now(),
            actor="cli",
            action="box_tagged",
            subject=box.box,
            detail={},
        )
    folders = {"backup_folder": tmp_path / "backups", "seals_folder": tmp_path / "seals"}
    made = Patient(program, clock, tmp_path, dict(folders), {"JIMPITAN_HOST": "127.0.0.1"})
    made.backup, _ = await backup_check.desk_of(program).make(tmp_path / "backups")
    return made


# What a fault brings about besides: where no backup can be written, there is none.
FOLLOWS = {"folder": {"backup"}}
Plant = Callable[[Patient], Awaitable[None]]
FAULTS: dict[str, tuple[str, str, Plant]] = {}


def fault(name: str, sentence: str) -> Callable[[Plant], Plant]:
    """Note a fault with the name of its finding and words of its sentence."""

    def noted(plant: Plant) -> Plant:
        FAULTS[plant.__name__] = (name, sentence, plant)
        return plant

    return noted


@fault("setting_unknown", "did you mean JIMPITAN_BACKUP_FOLDER?")
async def misspelt_setting(patient: Patient) -> None:
    patient.environment["JIMPITAN_BACKUP_FOLDR"] = "/mnt/usb"


@fault("secret_weak", "JIMPITAN_METRICS_TOKEN can be guessed")
async def short_token(patient: Patient) -> None:
    patient.changed["metrics_token"] = SecretStr("secret")


@fault("door_open", "passwords cross the network in the clear")
async def plain_http_to_everybody(patient: Patient) -> None:
    patient.changed["host"] = "0.0.0.0"


@fault("door_open", "name the address of the reverse proxy")
async def everybody_is_a_proxy(patient: Patient) -> None:
    patient.changed["proxies_trusted"] = "*"


@fault("setting_contradiction", "they must rise")
async def gift_range_upside_down(patient: Patient) -> None:
    patient.changed["gift_low_idr"] = 5000


@fault("schema", "jimpitan-server upgrade")
async def schema_of_an_older_version(patient: Patient) -> None:
    await patient.execute("UPDATE alembic_version SET version_num = '0001'")


@fault("append_only", "Unprotected tables: audit")
async def history_without_protection(patient: Patient) -> None:
    await unprotect(patient)


async def unprotect(patient: Patient) -> None:
    if patient.program.database.dialect == "sqlite":
        await patient.execute(
            "DROP TRIGGER IF EXISTS audit_no_update", "DROP TRIGGER IF EXISTS audit_no_delete"
        )
    else:
        await patient.execute("ALTER TABLE audit DISABLE TRIGGER ALL")


@fault("audit", "The audit log was changed at entry 1")
async def changed_audit_entry(patient: Patient) -> None:
    sqlite = patient.program.database.dialect == "sqlite"
    if sqlite:
        await patient.execute("DROP TRIGGER audit_no_update")
    else:
        await patient.execute("ALTER TABLE audit DISABLE TRIGGER ALL")
    async with patient.program.database.write() as connection:
        await connection.execute(update(audit).values(actor="nobody"))
    if sqlite:
        await patient.execute(
            "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit"
            " BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"
        )
    else:
        await patient.execute("ALTER TABLE audit ENABLE TRIGGER ALL")


@fault("master_key", "JIMPITAN_MASTER_KEY does not fit")
async def key_of_another_server(patient: Patient) -> None:
    patient.changed["master_key"] = SecretStr(MASTER_KEY[::-1].replace("=", "") + "=")
    other = await build(patient.program.settings.model_copy(update=patient.changed), patient.clock)
    made = patient.folder / "others"  # so that the backup is no second fault
    patient.changed["backup_folder"] = made
    patient.clock.step(seconds=1)
    await backup_check.desk_of(other).make(made)
    await other.close()


@fault("clock", "its clock went back")
async def clock_that_went_back(patient: Patient) -> None:
    patient.clock.step(hours=-1)


@fault("clock", "set its clock")
async def clock_of_1970(patient: Patient) -> None:
    patient.clock.step(days=-20_000)


@fault("clock", "let both ask a time server")
async def clock_of_the_database_ahead(patient: Patient) -> None:
    patient.database_ahead = timedelta(minutes=3)


@fault("disk", "Only 99 MB are free")
async def full_disk(patient: Patient) -> None:
    patient.free = 99_999_999


@fault("folder", "JIMPITAN_SEALS_FOLDER cannot be written")
async def seals_into_a_file(patient: Patient) -> None:
    patient.changed["seals_folder"] = patient.folder / "none" / "seals"
    (patient.folder / "none").write_text("a file where a folder should be")


@fault("folder", "JIMPITAN_BACKUP_FOLDER cannot be written")
async def backups_into_a_file(patient: Patient) -> None:
    patient.changed["backup_folder"] = patient.folder / "usb" / "backups"
    (patient.folder / "usb").write_text("a file where a folder should be")


@fault("backup", "set JIMPITAN_BACKUP_FOLDER")
async def no_backups_wanted(patient: Patient) -> None:
    patient.changed["backup_folder"] = None


@fault("backup", "There is no backup in")
async def no_backup_made(patient: Patient) -> None:
    patient.backup.unlink()


@fault("backup", "The newest backup is 2 days and 1 hours old")
async def old_backup(patient: Patient) -> None:
    stamp = patient.clock.now() - timedelta(days=2, hours=1)
    patient.backup.rename(patient.backup.with_name(f"jimpitan-{stamp:%Y%m%dT%H%M%SZ}.backup"))


@fault("backup", "Make a new one at once")
async def torn_backup(patient: Patient) -> None:
    content = patient.backup.read_bytes()
    patient.backup.write_bytes(content[: len(content) // 2])


@fault("gateway", "Gateway gw-1 has brought nothing since")
async def silent_gateway(patient: Patient) -> None:
    patient.clock.step(hours=3)


@fault("gateway", "Gateway gw-2 has brought nothing ever")
async def gateway_that_never_came(patient: Patient) -> None:
    await patient.program.add_gateway("gw-2")
    await patient.execute("UPDATE gateways SET created_at = created_at - 90000000000")


@fault("matching", "run `jimpitan-server reconcile`")
async def matching_that_stands_still(patient: Patient) -> None:
    await count(patient, hours_ago=5)
    await patient.program.money.reconcile()
    async with patient.program.database.write() as connection:
        long_ago = patient.clock.now() - timedelta(hours=4)
        await connection.execute(update(money_positions).values(reconciled_at=long_ago))


@fault("sealing", "No day is sealed")
async def days_without_a_seal(patient: Patient) -> None:
    await count(patient)
    await patient.program.money.reconcile()
    await days_later(patient)
    await patient.program.money.reconcile()


@fault("sealing", "is not in")
async def seal_that_is_not_published(patient: Patient) -> None:
    await count(patient)
    await patient.program.money.reconcile()
    await days_later(patient)
    await patient.program.money.reconcile()
    kept = patient.program
    desk = LedgerDesk(kept.database, patient.clock, kept.master, None)
    assert await desk.seal_if_due()


async def count(patient: Patient, *, hours_ago: int = 0) -> None:
    """Let somebody hand in a count."""
    now = patient.clock.now() - timedelta(hours=hours_ago)
    row = {
        "collection_id": "c-1",
        "box_id": "box-0001",
        "collector": "user-1",
        "lid_at": now,
        "total_idr": 5000,
        "seal": "S-1",
        "content_sha256": bytes(32),
        "recorded_at": now,
    }
    async with patient.program.database.write() as connection:
        await connection.execute(insert(collections).values(**row))


async def days_later(patient: Patient) -> None:
    """Go on by three days in which the box and the backups did their part."""
    patient.clock.step(days=3)
    at = round(patient.clock.now().timestamp() * 1_000_000)
    await patient.execute(f"UPDATE boxes SET last_seen_at = {at}")
    await backup_check.desk_of(patient.program).make(patient.folder / "backups")


@fault("public_url", "Nobody answers at JIMPITAN_PUBLIC_URL")
async def public_address_that_nobody_answers(patient: Patient) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        patient.changed["public_url"] = f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.parametrize("planted", FAULTS)
async def test_fault_is_named_with_the_next_step(patient: Patient, planted: str) -> None:
    assert [one for one in await patient.findings() if not one.is_fine] == []
    name, sentence, plant = FAULTS[planted]
    await plant(patient)
    wrong = [one for one in await patient.findings() if not one.is_fine]
    assert name in {one.name for one in wrong} <= {name} | FOLLOWS.get(name, set()), wrong
    assert any(sentence in one.sentence for one in wrong), wrong
    assert all(one.sentence.strip() for one in wrong)


def test_there_are_at_least_fifteen_faults() -> None:
    assert len(FAULTS) >= 15


async def test_database_that_is_away_is_named_without_its_password(
    settings: Settings, clock: StepClock, tmp_path: Path
) -> None:
    url = f"postgresql+asyncpg://siti:a-long-random-secret@127.0.0.1:{unused()}/jimpitan"
    program = await build(settings.model_copy(update={"database_url": url}), clock)
    found = await examine_all(program, Surroundings({}, lambda _: 10**12))
    await program.close()
    (wrong,) = [one for one in found if not one.is_fine]
    assert (wrong.name, "a-long-random-secret" in wrong.sentence) == ("database", False)
    weak = f"postgresql+asyncpg://postgres:postgres@10.0.0.1:{unused()}/jimpitan"
    changed = settings.model_copy(update={"database_url": weak})
    from jimpitan_server.entrypoints.doctor_settings import examine_settings

    assert [one.name for one in examine_settings(changed, {})] == ["secret_weak"]


def unused() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("JIMPITAN_MASTER_KEY", "?", "is not base64"),
        ("JIMPITAN_MASTER_KEY", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=", "a placeholder"),
        ("JIMPITAN_PORT", "80000", "JIMPITAN_PORT"),
        ("JIMPITAN_TIMEZONE", "Jakarta", "not the name of a time zone"),
        ("JIMPITAN_DATABASE_URL", "mysql://x", "must begin with"),
    ],
)
def test_setting_with_which_nothing_starts_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv("JIMPITAN_MASTER_KEY", MASTER_KEY)
    monkeypatch.setenv("JIMPITAN_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/x.db")
    monkeypatch.setenv(name, value)
    result = CliRunner().invoke(app, ["doctor", "--json"])
    assert result.exit_code == 1
    said = result.stdout + result.stderr
    assert sentence in said
    assert "Traceback" not in said
    if result.stdout:
        assert [one["is_fine"] for one in json.loads(result.stdout)] == [False]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_database_that_others_can_read_is_named(tmp_path: Path) -> None:
    from jimpitan_server.entrypoints.doctor_settings import examine_settings

    tmp_path.chmod(0o755)
    file = tmp_path / "x.db"
    file.touch(0o644)
    settings = Settings(master_key=MASTER_KEY, database_url=f"sqlite+aiosqlite:///{file}")
    (wrong,) = examine_settings(settings, {})
    assert (wrong.name, "chmod 600" in wrong.sentence) == ("database_readable", True)
    file.chmod(0o600)
    assert [one.is_fine for one in examine_settings(settings, {})] == [True]
