"""The spool: every message on disk before the broker is told that we have it.

SQLite in WAL mode with synchronous=FULL: of all settings that were cut off from power in trials
the one that lost nothing. One connection a thread; this class is used by one thread at a time.
"""

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from jimpitan_gateway.errors import SpoolFull

SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY,
    box TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    content BLOB NOT NULL,
    digest BLOB NOT NULL,
    CONSTRAINT message_once UNIQUE (box, digest)
);
CREATE TABLE IF NOT EXISTS dead_letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    content BLOB NOT NULL,
    reason TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS progress (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""
DEAD_LETTERS_MAX = 10_000
CONTENT_LENGTH_KEPT_MAX = 4096


class Message(NamedTuple):
    """One message of one box as it came; `id` is 0 until it is spooled."""

    box: str
    received_ms: int
    content: bytes
    id: int = 0


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that nobody can use, kept for inspection with the reason."""

    topic: str
    received_ms: int
    content: bytes
    reason: str


class Spool:
    """Messages between the commit here and the word of the server that it holds them."""

    def __init__(self, path: Path | str) -> None:
        with _as_full(f"the spool {path} cannot be opened"):
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=5
            )
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file; what was kept stays."""
        self._connection.close()

    def keep(self, messages: Iterable[Message], dead_letters: Iterable[DeadLetter] = ()) -> None:
        """Commit messages and dead letters together; durable when this returns.

        A message that already waits is kept once. Raises `SpoolFull` when the disk refuses;
        then nothing was kept.
        """
        rows = [
            (message.box, message.received_ms, message.content, _digest(message.content))
            for message in messages
        ]
        letters = [
            (
                letter.topic[:200],
                letter.received_ms,
                letter.content[:CONTENT_LENGTH_KEPT_MAX],
                letter.reason,
            )
            for letter in dead_letters
        ]
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                "INSERT INTO message (box, received_ms, content, digest) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                rows,
            )
            self._bury(letters)
            self._connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._roll_back()
            raise SpoolFull(f"the spool takes no more: {error}") from error

    def oldest(self, messages_max: int) -> list[Message]:
        """Return the messages that have waited longest, oldest first."""
        with _as_full("the spool cannot be read"):
            rows = self._connection.execute(
                "SELECT box, received_ms, content, id FROM message ORDER BY id LIMIT ?",
                (messages_max,),
            ).fetchall()
        return [Message(*row) for row in rows]

    def settle(self, held: Sequence[Message], refused: Sequence[tuple[Message, str]]) -> None:
        """Let go of what the server holds; move what it refused to the dead letters."""
        letters = [
            (message.box, message.received_ms, message.content, reason)
            for message, reason in refused
        ]
        done = [(message.id,) for message in held] + [(message.id,) for message, _ in refused]
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._bury(letters)
            self._connection.executemany("DELETE FROM message WHERE id = ?", done)
            self._connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._roll_back()
            raise SpoolFull(f"the spool cannot be changed: {error}") from error

    def postpone(self, message: Message) -> None:
        """Put a message behind all others, so that what fails again and again blocks nobody."""
        row = (message.box, message.received_ms, message.content, _digest(message.content))
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("DELETE FROM message WHERE id = ?", (message.id,))
            self._connection.execute(
                "INSERT INTO message (box, received_ms, content, digest) VALUES (?, ?, ?, ?)", row
            )
            self._connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._roll_back()
            raise SpoolFull(f"the spool cannot be changed: {error}") from error

    def _bury(self, letters: list[tuple[str, int, bytes, str]]) -> None:
        if not letters:
            return
        self._connection.executemany(
            "INSERT INTO dead_letter (topic, received_ms, content, reason) VALUES (?, ?, ?, ?)",
            letters,
        )
        self._connection.execute(
            "INSERT INTO progress VALUES ('dead_letters', ?)"
            " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
            (len(letters),),
        )
        self._connection.execute(
            "DELETE FROM dead_letter WHERE id <= (SELECT max(id) FROM dead_letter) - ?",
            (DEAD_LETTERS_MAX,),
        )

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def note(self, name: str, value: int) -> None:
        """Remember one number for `status`, such as the time of the last relay."""
        with _as_full("the spool cannot be changed"):
            self._connection.execute(
                "INSERT INTO progress VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, value),
            )

    def progress(self) -> dict[str, int]:
        """Return the remembered numbers by name."""
        return dict(self._connection.execute("SELECT name, value FROM progress").fetchall())

    def waiting(self) -> int:
        """Return how many messages wait for the server."""
        with _as_full("the spool cannot be read"):
            row = self._connection.execute("SELECT count(*) FROM message").fetchone()
        return int(row[0])

    def dead_letters(self, letters_max: int = 20) -> list[DeadLetter]:
        """Return the newest dead letters."""
        rows = self._connection.execute(
            "SELECT topic, received_ms, content, reason FROM dead_letter ORDER BY id DESC LIMIT ?",
            (letters_max,),
        )
        return [DeadLetter(*row) for row in rows]


@contextlib.contextmanager
def _as_full(sentence: str) -> Iterator[None]:
    """Say a refusal of the disk, or a lock that lasts, as `SpoolFull`: try again later."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise SpoolFull(f"{sentence}: {error}") from error


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
