"""Goes to SQLite's thread once for each statement, where aiosqlite goes four times.

Each visit wakes another thread and is woken by it; on a busy machine that is most of what a
statement costs. The connection and the cursor are aiosqlite's own otherwise, and SQLAlchemy
takes them through `async_creator`.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import aiosqlite
from aiosqlite.context import Result

CHUNK_ROWS = 1000


class Cursor(aiosqlite.Cursor):
    """A cursor that brings its first rows back from the visit that executes the statement."""

    _conn: "Connection"
    _rows: list[Any]

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> aiosqlite.Cursor:
        """Execute a statement and fetch what comes with one chunk."""
        self._rows = await self._conn.visit(self._fetched, sql, parameters or ())
        return self

    def _fetched(self, sql: str, parameters: Sequence[Any]) -> list[Any]:
        self._cursor.execute(sql, parameters)
        return self._cursor.fetchmany(CHUNK_ROWS) if self._cursor.description else []

    async def fetchall(self) -> list[Any]:
        """Return the rows that were not returned yet."""
        rows, self._rows = self._rows, []
        if len(rows) == CHUNK_ROWS:
            rows += await super().fetchall()
        return rows

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return some of the rows that were not returned yet."""
        count = size or self.arraysize
        rows, self._rows = self._rows[:count], self._rows[count:]
        return rows or list(await super().fetchmany(count))

    async def close(self) -> None:
        """Close at once, unless the thread is still busy with a statement nobody waits for."""
        if self._conn.is_busy:
            await super().close()
        else:
            self._cursor.close()


class Connection(aiosqlite.Connection):
    """A connection whose cursors are made and closed without a visit."""

    _asked = 0  # visits begun; written by the event loop only
    _done = 0  # visits ended; written by the thread only

    @property
    def is_busy(self) -> bool:
        """Return whether the thread has something to do, such as for a cancelled request."""
        return self._asked != self._done

    async def visit(self, work: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Do something in the thread of the connection and return what it returns."""

        def counted() -> Any:
            try:
                return work(*arguments, **named)
            finally:
                self._done += 1

        self._asked += 1
        try:
            return await super()._execute(counted)  # type: ignore[no-untyped-call]
        except ValueError:  # "Connection closed": there was no visit
            self._asked = self._done
            raise

    _execute = visit  # type: ignore[assignment]

    def cursor(self) -> Result[aiosqlite.Cursor]:
        """Return a new cursor."""
        return Result(self._cursor())

    async def _cursor(self) -> aiosqlite.Cursor:
        if self.is_busy:
            return Cursor(self, await self.visit(self._conn.cursor))
        return Cursor(self, self._conn.cursor())

    async def rollback(self) -> None:
        """Roll back, if there is a transaction; pools ask for it after every commit too."""
        if self.is_busy or self._conn.in_transaction:
            await super().rollback()


async def connect(path: str, *, prepare: Callable[[sqlite3.Connection], None]) -> Connection:
    """Open a file; `prepare` is called in the thread of the connection."""

    def opened() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        prepare(connection)
        return connection

    connection = Connection(opened, iter_chunk_size=CHUNK_ROWS)
    connection._thread.daemon = True  # as SQLAlchemy does, so that a forgotten one ends too
    await connection
    return connection
