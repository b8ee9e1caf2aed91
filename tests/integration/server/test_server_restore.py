"""The disk of the server is lost, a backup is put in, and boxes send what is missing.

Real firmware on a virtual clock, the gateway's and the server's own functions: records that were
acknowledged after the backup come again from the journals of the boxes, and nothing comes twice.
"""

import asyncio
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg
import components
import pytest
from jimpitan_gateway import bootstrap as gateway
from jimpitan_gateway.spool_backup import make_backup, restore_backup
from jimpitan_server import bootstrap as server
from jimpitan_server.adapters.backup_desk import backups_in
from jimpitan_server.entrypoints import backup_check
from jimpitan_simulator.town import Pace
from jimpitan_simulator.whole.virtual_days import BEGIN_US, HOUR_US, Days, VirtualClock

MINUTE_US = HOUR_US // 60
SEED = 7


class LostDisk(Days):
    """A town whose server, or gateway, loses its disk and gets a backup instead."""

    def __init__(self, folder: Path, fresh_url: Callable[[], str]) -> None:
        self._fresh_url, self._first_url = fresh_url, fresh_url()
        pace = Pace(drop_s=240.0, payment_s=0.0, collection_s=3 * 86_400.0, cut_s=20_000.0)
        super().__init__(seed=SEED, boxes=3, folder=folder, pace=pace)

    async def _prepare(self) -> server.Program:
        self._url = self._first_url
        return await super()._prepare()

    def hours(self, count: float) -> None:
        """Let the town live on, with its outages."""
        end_us = self._time.now_us + round(count * HOUR_US)
        while self._time.now_us < end_us:
            self._draw_outages()
            self._advance(min(end_us, self._time.now_us + 10 * MINUTE_US))

    def in_order(self) -> None:
        """Let every part work for half an hour, so that what is kept is also acknowledged."""
        self._broker.is_up = self._is_server_up = self._is_gateway_up = True
        self._broker.lost_share = 0.0
        self._advance(self._time.now_us + 30 * MINUTE_US)

    def back_up(self) -> Path:
        """Make a backup while the town lives."""
        desk = backup_check.desk_of(self._program)
        return self._loop.run_until_complete(desk.make(self._folder / "backups"))[0]

    def held(self) -> int:
        """Return how many records the server holds."""
        return self._loop.run_until_complete(self._held())

    async def _held(self) -> int:
        async with self._program.database.read() as connection:
            found = await connection.exec_driver_sql("SELECT count(*) FROM records")
            return int(found.scalar_one())

    def lose_server(self, backup: Path) -> list[str]:
        """Take the server's database away, and restore into another; return what is wrong."""
        settings = self._program.settings
        self._loop.run_until_complete(self._program.close())
        self._url = self._fresh_url()
        return self._loop.run_until_complete(self._restored(settings, backup))

    async def _restored(self, settings: Any, backup: Path) -> list[str]:
        fresh = settings.model_copy(update={"database_url": self._url})
        self._program = await server.build(fresh, VirtualClock(self._time))
        _, wrong = await backup_check.restore_into(self._program, backup)
        return wrong

    def back_up_spool(self) -> Path:
        """Make a backup of the gateway's spool while it runs."""
        now = VirtualClock(self._time).now()
        return make_backup(self._folder / "spool.db", self._folder / "spools", now=now)[0]

    def hour_without_server(self) -> int:
        """Let messages pile up in the spool; return how many wait."""
        self._broker.is_up = self._is_gateway_up = True
        self._is_server_up = False
        self._advance(self._time.now_us + HOUR_US)
        return self._spool.waiting()

    def lose_gateway(self, backup: Path | None) -> int:
        """Take the gateway's spool away and restore it, or start anew; return what waits then."""
        self._spool.close()
        for file in self._folder.glob("spool.db*"):
            file.unlink()
        if backup is not None:
            restore_backup(backup, self._folder / "spool.db")
        self._spool = gateway.Spool(self._folder / "spool.db")
        return self._spool.waiting()

    def end(self) -> dict[str, Any]:
        """Let everything be delivered, and compare the books with the flash of the boxes."""
        return self.run((self._time.now_us - BEGIN_US) / (24 * HOUR_US))


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Return a word that makes an empty database each time it is said."""
    if request.param == "sqlite":
        return lambda: f"sqlite+aiosqlite:///{tmp_path}/{uuid.uuid4().hex}.db"
    host = request.getfixturevalue("postgresql_server")

    def made() -> str:
        name = f"lost_{uuid.uuid4().hex}"
        asyncio.run(_create(host, name))
        return components.postgresql_url(host, name)

    return made


async def _create(host: str, name: str) -> None:
    connection = await asyncpg.connect(host=host, user="postgres", database="postgres")
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()


def in_thread(work: Callable[[], None]) -> None:
    """Run what has a loop of its own beside the loop of the test session."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(work).result()


def test_boxes_bring_again_what_the_lost_disk_had(
    fresh_url: Callable[[], str], tmp_path: Path
) -> None:
    def story() -> None:
        town = LostDisk(tmp_path, fresh_url)
        town.hours(3)
        backup = town.back_up()
        at_backup = town.held()
        town.hours(0.5)
        town.in_order()
        before = town.held()
        assert before > at_backup > 0  # acknowledged after the backup: only the boxes have it
        assert town.lose_server(backup) == []
        assert town.held() == at_backup
        town.hours(0.5)
        report = town.end()
        assert report["wrong"] == []
        assert (report["lost"], report["doubled"]) == (0, 0)
        assert report["records_recorded"] == report["records_kept"] > before
        assert backups_in(tmp_path / "backups") == [backup]

    in_thread(story)


@pytest.mark.parametrize("with_backup", [True, False])
def test_boxes_bring_again_what_the_lost_spool_had(tmp_path: Path, with_backup: bool) -> None:
    def story() -> None:
        town = LostDisk(tmp_path, lambda: f"sqlite+aiosqlite:///{tmp_path}/books.db")
        town.hours(1)
        waited = town.hour_without_server()
        backup = town.back_up_spool()
        town.in_order()  # what the backup holds reaches the server, and will come again
        assert town.hour_without_server() > 0
        assert waited > 0
        assert town.lose_gateway(backup if with_backup else None) == waited * with_backup
        report = town.end()
        assert report["wrong"] == []
        assert (report["lost"], report["doubled"]) == (0, 0)
        assert report["records_recorded"] == report["records_kept"] > 0

    in_thread(story)
