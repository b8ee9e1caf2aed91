"""Takes in a pull file: the same way as what a gateway brings, in batches of their own."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.user_store import append_audit
from jimpitan_server.adapters.pull_file import read_pull_file, write_answer_file
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.ids import GatewayId
from jimpitan_server.services.accept import Accepted, Delivery

# Who brought the records: people with a laptop, not a gateway; no token stands for this name.
BENCH = GatewayId("bench")
BATCH_MESSAGES = 200

Accept = Callable[[Sequence[Delivery]], Awaitable[Accepted]]


@dataclass(slots=True)
class Imported:
    """What became of the records of one file. `refused` counts reasons, kept in quarantine.

    `answer` is the file for the way back: it tells the box what the server holds; empty when
    no record of the file was genuine.
    """

    box: str
    messages: int
    stored: int = 0
    duplicate: int = 0
    refused: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    answer: bytes = b""


async def import_records(
    content: bytes, *, accept: Accept, database: Database, clock: Clock, actor: str
) -> Imported:
    """Take in a whole file; when it breaks in the middle, the same file goes on where it was."""
    pulled = read_pull_file(content)
    imported = Imported(pulled.box, len(pulled.messages))
    for start in range(0, len(pulled.messages), BATCH_MESSAGES):
        now = clock.now()
        batch = pulled.messages[start : start + BATCH_MESSAGES]
        accepted = await accept([Delivery(pulled.box, now, message) for message in batch])
        said = [one.message for one in accepted.down if one.box == pulled.box]
        if said:  # the newest acknowledgement covers all before it
            imported.answer = write_answer_file(pulled.box, said)
        for receipt in accepted.receipts:
            imported.stored += receipt.stored
            imported.duplicate += receipt.duplicate
            imported.refused += len(receipt.reasons)
            for reason in receipt.reasons:
                imported.reasons[reason] = imported.reasons.get(reason, 0) + 1
    await _note(database, imported, actor=actor, at=clock.now())
    return imported


async def _note(database: Database, imported: Imported, *, actor: str, at: datetime) -> None:
    async with database.write() as connection:
        await append_audit(
            connection,
            at=at,
            actor=actor,
            action="records_imported",
            subject=imported.box,
            detail={
                "stored": imported.stored,
                "duplicate": imported.duplicate,
                "refused": imported.refused,
            },
        )
