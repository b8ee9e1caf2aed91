"""Opens the database, and gives out transactions that are whole or nothing.

SQLite: write-ahead log, every commit synced, and our own BEGIN, because the driver's legacy
mode does not begin a transaction before DDL, SELECT or SAVEPOINT. A writing transaction takes
the write lock at once (BEGIN IMMEDIATE), so it never fails half-way for the lock of another.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Connection, event, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from jimpitan_server.adapters.database import sqlite_visits
from jimpitan_server.domain.errors import Malformed, Misconfigured, Unavailable

SQLITE, POSTGRESQL = "sqlite", "postgresql"
BUSY_TIMEOUT_MS = 5000
POOL_SIZE = 10
POOL_WAIT_S = 10
WRITE = "jimpitan_write"
# SQLSTATE classes after which the same request may simply be sent again: connection lost,
# transaction rolled back (deadlock, serialisation), out of resources, operator intervention.
SQLSTATES_PASSING = ("08", "40", "53", "57")
# "Data exception": a number too large, a zero byte in a text. Doors check what they take; this
# is the net below them, so that one bad value is refused and not sent again for ever.
SQLSTATE_DATA = "22"
UNSTORABLE = "A value of this request cannot be stored."
SQLITE_PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
}
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA foreign_keys=ON",
    "PRAGMA recursive_triggers=ON",  # so that INSERT OR REPLACE meets the DELETE triggers too
)


class Database:
    """The engine, and the two kinds of transaction."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self.dialect = self.engine.dialect.name
        self._writer = asyncio.Lock()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection in a transaction that is rolled back at the end."""
        async with self._connection(write=False) as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection in a transaction that is committed unless an error leaves it."""
        if self.dialect == SQLITE:
            async with self._writer, self._connection(write=True) as connection:
                yield connection
        else:
            async with self._connection(write=True) as connection:
                yield connection

    async def close(self) -> None:
        """Give back every connection."""
        await self.engine.dispose()

    @asynccontextmanager
    async def _connection(self, *, write: bool) -> AsyncIterator[AsyncConnection]:
        try:
            async with self.engine.connect() as connection:
                await connection.execution_options(**{WRITE: write})
                async with connection.begin() as transaction:
                    yield connection
                    if not write:
                        await transaction.rollback()
        except DBAPIError as error:
            if is_passing(error):
                raise Unavailable(
                    "The database did not answer; send the same request again."
                ) from error
            if str(getattr(error.orig, "sqlstate", "")).startswith(SQLSTATE_DATA):
                raise Malformed(UNSTORABLE) from error
            raise
        except OverflowError as error:  # SQLite's driver, for a number of more than 64 bits
            raise Malformed(UNSTORABLE) from error
        except (OSError, TimeoutError) as error:
            raise Unavailable(
                "The database cannot be reached; send the same request again."
            ) from error


def is_passing(error: DBAPIError) -> bool:
    """Say whether the same request may succeed later."""
    if error.connection_invalidated or isinstance(error, InterfaceError):
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return str(state).startswith(SQLSTATES_PASSING)
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in SQLITE_PASSING


def _engine(url: str) -> AsyncEngine:
    if url.startswith("sqlite+aiosqlite:///") and ":memory:" not in url:
        path = make_url(url).database
        assert path is not None
        engine = create_async_engine(
            url,
            pool_size=POOL_SIZE,
            pool_timeout=POOL_WAIT_S,
            async_creator=lambda: sqlite_visits.connect(path, prepare=_prepare_sqlite),
        )
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    if url.startswith("postgresql+asyncpg://"):
        return create_async_engine(url, pool_size=POOL_SIZE, pool_timeout=POOL_WAIT_S)
    raise Misconfigured(
        "JIMPITAN_DATABASE_URL must begin with sqlite+aiosqlite:/// (a file) or"
        " postgresql+asyncpg://."
    )


def _prepare_sqlite(connection: sqlite3.Connection) -> None:
    for pragma in PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get(WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
