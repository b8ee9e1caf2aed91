"""Read what the programs left on disk, past the programs themselves."""

import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from jimpitan_wire import cose, down, records
from jimpitan_wire.errors import WireError

Recorded = tuple[str, int, bytes]  # box, seq, raw


class ServerBooks:
    """The server's database, read as a stranger would."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def recorded(self) -> list[Recorded]:
        """Return every row of the table of records."""
        rows = await self._rows("SELECT box_id, seq, raw FROM records")
        return [(str(box), int(seq), bytes(raw)) for box, seq, raw in rows]

    async def money_by_box(self) -> tuple[dict[str | None, int], dict[str | None, int]]:
        """Return rupiah counted and rupiah notified, by box; None where no box is known."""
        counted = await self._rows("SELECT box_id, SUM(total_idr) FROM collections GROUP BY 1")
        paid = await self._rows("SELECT box_id, SUM(amount_idr) FROM payments GROUP BY 1")
        return (
            {box: int(amount) for box, amount in counted},
            {box: int(amount) for box, amount in paid},
        )

    async def quarantined(self) -> frozenset[bytes]:
        """Return the refused bytes that the server keeps as evidence."""
        rows = await self._rows("SELECT bytes FROM quarantine")
        return frozenset(bytes(row[0]) for row in rows)

    async def count(self, table: str) -> int:
        """Return how many rows a table has."""
        return int((await self._rows(f"SELECT count(*) FROM {table}"))[0][0])  # noqa: S608

    async def _rows(self, statement: str) -> Sequence[Sequence[Any]]:
        if self._url.startswith("sqlite"):
            path = self._url.split("///", 1)[1]
            connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
            try:
                return connection.execute(statement).fetchall()
            finally:
                connection.close()
        connected = await asyncpg.connect(self._url.replace("+asyncpg", ""))
        try:
            return [tuple(row) for row in await connected.fetch(statement)]
        finally:
            await connected.close()


@dataclass(frozen=True, slots=True)
class Spooled:
    """What a gateway's spool holds: digests of messages by box."""

    digests: frozenset[tuple[str, bytes]]
    waiting: int


def waiting_now(path: Path) -> int:
    """Return how many messages wait in the spool of a gateway that runs."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        return int(connection.execute("SELECT count(*) FROM message").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


def read_spool(path: Path) -> Spooled:
    """Return what the spool of a dead gateway holds, dead letters included.

    Reads a copy: opening the files themselves would move what is in the log into the database.
    """
    if not path.exists():
        return Spooled(frozenset(), 0)
    with tempfile.TemporaryDirectory(prefix="jimpitan-spool-") as folder:
        for ending in ("", "-wal"):
            if Path(f"{path}{ending}").exists():
                shutil.copyfile(f"{path}{ending}", Path(folder, f"copy{ending}"))
        return _read_copy(Path(folder, "copy"))


def _read_copy(path: Path) -> Spooled:
    connection = sqlite3.connect(path, timeout=10)
    try:
        waiting = connection.execute("SELECT box, digest FROM message").fetchall()
        dead = connection.execute("SELECT topic, content FROM dead_letter").fetchall()
    except sqlite3.OperationalError:
        return Spooled(frozenset(), 0)
    finally:
        connection.close()
    digests = {(str(box), bytes(digest)) for box, digest in waiting}
    digests |= {(str(box), hashlib.sha256(bytes(content)).digest()) for box, content in dead}
    return Spooled(frozenset(digests), len(waiting))


def broken_promises(
    acknowledged: Mapping[tuple[str, bytes], bytes],
    spooled: Spooled,
    recorded: Sequence[Recorded],
    quarantined: frozenset[bytes],
) -> list[str]:
    """Return a sentence for each message that was acknowledged and is neither here nor there."""
    tags = {(box, cose.tag_of(raw)) for box, _, raw in recorded}
    broken = []
    for (box, digest), content in acknowledged.items():
        if (box, digest) in spooled.digests:
            continue
        try:
            envelopes = cose.split(content, records.RECORDS_PER_MESSAGE_MAX)
        except WireError:
            envelopes = []
        if not all(
            (box, cose.tag_of(envelope)) in tags or envelope in quarantined
            for envelope in envelopes
        ):
            broken.append(
                f"the gateway acknowledged a message of {box} with {len(envelopes)} records"
                " and held it nowhere when its power went"
            )
    return broken


def broken_acks(
    acks: Sequence[tuple[str, bytes]],
    keys: Mapping[str, bytes],
    recorded: Sequence[Recorded],
) -> list[str]:
    """Return a sentence for each signed acknowledgement beyond what the server holds."""
    held: dict[str, set[int]] = {}
    for box, seq, raw in recorded:
        held.setdefault(box, set()).add(seq)
        held[box].update(_declared_lost(raw))
    highest: dict[str, int] = {}
    for box, message in acks:
        aad = cose.external_aad(box, 1, cose.DOWN)
        fields = down.parse(cose.unseal(cose.Key(keys[box]), aad, message))
        body = fields[down.BODY]
        if fields[down.KIND] == down.ACK and isinstance(body, dict):
            highest[box] = max(highest.get(box, 0), down.whole(body, down.ACK_SEQ))
    return [
        f"the server acknowledged {box} up to {seq} without holding all of it"
        for box, seq in highest.items()
        if not held.get(box, set()).issuperset(range(1, seq + 1))
    ]


def _declared_lost(raw: bytes) -> range:
    fields = records.parse(cose.payload_of(raw))
    body = fields[records.BODY]
    if fields[records.KIND] != records.JOURNAL_GAP or not isinstance(body, dict):
        return range(0)
    lost_from, lost_to = body[records.GAP_FROM], body[records.GAP_TO]
    if not isinstance(lost_from, int) or not isinstance(lost_to, int):
        return range(0)
    return range(lost_from, min(lost_to, lost_from + 100_000) + 1)
