"""Keeps the codes on boxes."""

from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.money_schema import box_codes
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.notification import PaymentKeys
from jimpitan_server.services.ports_money import BoxCode

KEY_NAMES = ("terminal", "store", "nmid", "mpan18", "merchant")


async def add_code(connection: AsyncConnection, code: BoxCode, now: datetime) -> None:
    """Keep the code on a box; one that is known already changes nothing."""
    keys = {name: getattr(code.keys, name) for name in KEY_NAMES}
    statement = upsert(connection, box_codes).values(
        box_id=code.box, payload=code.payload, registered_at=now, **keys
    )
    await connection.execute(statement.on_conflict_do_nothing())


@cache
def _fitting(names: tuple[str, ...]) -> Select[str]:
    """Return the question for boxes whose code agrees on one of these keys, contradicts none."""
    table = box_codes
    equal: list[ColumnElement[bool]] = [table.c[name] == bindparam(name) for name in names]
    silent_or_equal = [
        or_(table.c[name].is_(None), one) for name, one in zip(names, equal, strict=True)
    ]
    return (
        select(table.c.box_id)
        .distinct()
        .where(table.c.withdrawn_at.is_(None), or_(*equal), and_(*silent_or_equal))
        .limit(2)
    )


async def box_of(connection: AsyncConnection, keys: PaymentKeys) -> BoxId | None:
    """Return the one box whose code fits these keys, or None if there are none or more.

    A code fits if it agrees on one key at least and contradicts none.
    """
    named = {name: getattr(keys, name) for name in KEY_NAMES if getattr(keys, name)}
    if not named:
        return None
    boxes = list((await connection.execute(_fitting(tuple(named)), named)).scalars())
    return BoxId(boxes[0]) if len(boxes) == 1 else None


async def boxes_by_label(connection: AsyncConnection) -> dict[str, BoxId]:
    """Return the box of each terminal label and store id that one box alone has."""
    table = box_codes
    statement = select(table.c.box_id, table.c.terminal, table.c.store).where(
        table.c.withdrawn_at.is_(None)
    )
    boxes: dict[str, set[BoxId]] = {}
    for box, terminal, store in await connection.execute(statement):
        for label in (terminal, store):
            if label:
                boxes.setdefault(label, set()).add(BoxId(box))
    return {label: next(iter(named)) for label, named in boxes.items() if len(named) == 1}
