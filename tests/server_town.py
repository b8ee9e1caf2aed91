"""Short words for tests of the server: make a box known, bring its records, read a table."""

from jimpitan_server.adapters.database.schema import discrepancies
from jimpitan_server.bootstrap import Program
from jimpitan_server.services.accept import Accepted
from server_boxes import GATEWAY, FakeBox, delivery
from sqlalchemy import Table, select


async def known(program: Program, box: FakeBox) -> FakeBox:
    """Make a box known and return it."""
    await program.add_box(box.box, epoch=box.epoch, key=box.secret)
    return box


async def bring(program: Program, box: FakeBox, *envelopes: bytes) -> Accepted:
    """Bring records of a box in one message, received now."""
    message = delivery(box.box, *envelopes, received_at=program.clock.now())
    return await program.accept([message], gateway=GATEWAY)


async def rows(program: Program, table: Table, *columns: str) -> list[tuple[object, ...]]:
    """Return columns of a table, in their order."""
    wanted = [table.c[name] for name in columns]
    async with program.database.read() as connection:
        found = await connection.execute(select(*wanted).order_by(*wanted))
        return [tuple(row) for row in found]


async def findings(program: Program) -> list[object]:
    """Return the kinds of the discrepancies that were raised, in their order."""
    return [kind for (kind,) in await rows(program, discrepancies, "kind")]
