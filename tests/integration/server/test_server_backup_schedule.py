"""The running server backs up on time, proves what it made, and tells when it cannot."""

import asyncio
from pathlib import Path

import pytest
import structlog
from jimpitan_server.adapters.backup_desk import backup_name, backups_in
from jimpitan_server.bootstrap import Program
from jimpitan_server.entrypoints import backup_schedule
from jimpitan_server.entrypoints.backup_schedule import (
    back_up_on_time,
    is_due,
    make_in_process,
)
from jimpitan_server.settings import Settings
from server_boxes import FakeBox, StepClock
from server_town import bring, known


@pytest.fixture
def wanted(settings: Settings, tmp_path: Path) -> Settings:
    """Return settings with a folder for backups, of which one is kept."""
    folder = {"backup_folder": tmp_path / "backups", "backups_kept": 1}
    return settings.model_copy(update=folder)


async def test_process_makes_a_proven_backup_and_removes_an_old_one(
    program: Program, wanted: Settings, tmp_path: Path
) -> None:
    box = await known(program, FakeBox())
    await bring(program, box, *box.stamps(3))
    old = tmp_path / "backups" / backup_name(program.clock.now())
    old.parent.mkdir()
    old.touch()
    with structlog.testing.capture_logs() as said:
        assert await make_in_process(wanted)
    (made,) = backups_in(tmp_path / "backups")
    assert made != old
    (line,) = said
    assert (line["event"], line["file"]) == ("backup_made", str(made))
    assert line["rows"] > 3


async def test_backup_that_fails_is_told_and_removes_none(
    program: Program, wanted: Settings, tmp_path: Path
) -> None:
    (tmp_path / "backups").write_text("a file where the disk should be")
    with structlog.testing.capture_logs() as said:
        assert not await make_in_process(wanted)
    assert [line["event"] for line in said] == ["backup_failed"]
    assert "cannot be written" in said[0]["why"]


async def test_backup_is_made_when_it_is_due_and_not_before(
    wanted: Settings, clock: StepClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert wanted.backup_folder is not None
    wanted.backup_folder.mkdir()
    made: list[str] = []
    monkeypatch.setattr(backup_schedule, "LOOK_S", 0)

    async def make(_: Settings) -> bool:
        made.append(backup_name(clock.now()))
        (wanted.backup_folder / made[-1]).touch()  # type: ignore[operator]
        return True

    running = asyncio.create_task(back_up_on_time(wanted, clock, make))
    for hours, count in ((0, 1), (23, 1), (1, 2)):
        clock.step(hours=hours)
        for _ in range(5):
            await asyncio.sleep(0)
        assert len(made) == count
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not is_due(wanted, clock)


async def test_without_a_folder_nothing_is_made(settings: Settings, clock: StepClock) -> None:
    assert not is_due(settings, clock)
    await asyncio.wait_for(back_up_on_time(settings, clock), 5)
