"""Databases for tests: each test gets a fresh one, on SQLite and on PostgreSQL alike."""

import asyncio
import shutil
import uuid
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg
import components
import httpx
import pytest
from jimpitan_server.bootstrap import Program, build
from jimpitan_server.entrypoints.http.app import create_app
from jimpitan_server.settings import Settings
from server_boxes import MASTER_KEY, StepClock

TEMPLATE = "jimpitan_template"


def settings_for(url: str, **values: Any) -> Settings:
    """Return settings for a database, independent of the environment."""
    return Settings(database_url=url, master_key=MASTER_KEY, **values)


def _finished(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end in a loop of its own: session fixtures are made while a test's loop runs."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


async def _migrate(url: str) -> None:
    program = await build(settings_for(url))
    await program.migrate()
    await program.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _finished(_migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Return the socket folder of a PostgreSQL that was started for this session."""
    with components.postgresql() as host:
        _finished(_execute(host, "postgres", f"CREATE DATABASE {TEMPLATE}"))
        _finished(_migrate(components.postgresql_url(host, TEMPLATE)))
        yield host


async def _execute(host: str, database: str, statement: str) -> None:
    connection = await asyncpg.connect(host=host, user="postgres", database=database)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """Return the address of a fresh, migrated database; the test runs once on each kind."""
    if request.param == "sqlite":
        path = tmp_path / "jimpitan.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite+aiosqlite:///{path}"
        return
    host = request.getfixturevalue("postgresql_server")
    name = f"test_{uuid.uuid4().hex}"
    await _execute(host, "postgres", f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield components.postgresql_url(host, name)
    await _execute(host, "postgres", f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Return the settings of a fresh server."""
    return settings_for(database_url)


@pytest.fixture
def clock() -> StepClock:
    """Return a clock that stands still on a Friday morning."""
    return StepClock()


@pytest.fixture
async def program(settings: Settings, clock: StepClock) -> AsyncIterator[Program]:
    """Return a wired server on a fresh database."""
    wired = await build(settings, clock)
    yield wired
    await wired.close()


@pytest.fixture
async def client(program: Program) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client that talks to the server's application without a socket."""
    transport = httpx.ASGITransport(create_app(program), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://jimpitan.test") as http:
        yield http
