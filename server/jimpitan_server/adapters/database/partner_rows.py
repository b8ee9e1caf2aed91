"""Keeps the codes on boxes."""

from datetime import datetime
from functools import cache

from sqlalchemy import Select, and_, bindparam, case, false, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.money_schema import box_codes
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.notification import PaymentKeys
from jimpitan_server.domain.sticker import CodeMode, RegisteredCode
from jimpitan_server.services.ports_money import BoxCode

KEY_NAMES = ("terminal", "store", "nmid", "mpan18", "merchant")
_LABELS = ("terminal", "store")
_NOBODY = ""


async def add_code(connection: AsyncConnection, code: BoxCode, now: datetime) -> None:
    """Keep the code on a box; one that is known already takes on the mode, and is back."""
    keys = {name: getattr(code.keys, name) for name in KEY_NAMES}
    statement = upsert(connection, box_codes).values(
        box_id=code.box,
        payload=code.payload,
        mode=code.mode.value,
        registered_at=now,
        **keys,
    )
    again = {"mode": code.mode.value, "withdrawn_at": None}
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["box_id", "payload"], set_=again)
    )


async def withdraw_codes(
    connection: AsyncConnection, box: BoxId, *, but: str, now: datetime
) -> int:
    """Let a box carry no other code than `but` from now on; return how many it loses."""
    table = box_codes
    statement = (
        update(table)
        .where(table.c.box_id == box, table.c.payload != but, table.c.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    return int((await connection.execute(statement)).rowcount)


async def registered_codes(
    connection: AsyncConnection, box: BoxId | None = None
) -> list[RegisteredCode]:
    """Return the codes that are or were on a box, or on all boxes, in order of boxes."""
    table = box_codes
    statement = select(table).order_by(table.c.box_id, table.c.code_id)
    if box is not None:
        statement = statement.where(table.c.box_id == box)
    return [
        RegisteredCode(
            box=BoxId(row["box_id"]),
            payload=row["payload"],
            mode=CodeMode(row["mode"]),
            registered_at=row["registered_at"],
            withdrawn_at=row["withdrawn_at"],
        )
        for row in (await connection.execute(statement)).mappings()
    ]


@cache
def _fitting(names: tuple[str, ...]) -> Select[tuple[str, int]]:
    """Return the question for codes that agree on one of these keys and contradict none.

    All shared codes count as one nameless box. Codes that print the label the payment names
    come first: they say more than those that print none.
    """
    table = box_codes
    equal = {name: table.c[name] == bindparam(name) for name in names}
    silent_or_equal = [or_(table.c[name].is_(None), one) for name, one in equal.items()]
    labels = [one for name, one in equal.items() if name in _LABELS] or [false()]
    owner = case((table.c.mode == CodeMode.OWN.value, table.c.box_id), else_=_NOBODY)
    is_labelled = case((or_(*labels), 1), else_=0)
    return (
        select(owner.label("owner"), is_labelled.label("labelled"))
        .distinct()
        .where(table.c.withdrawn_at.is_(None), or_(*equal.values()), and_(*silent_or_equal))
        .order_by(is_labelled.label("labelled").desc(), owner.label("owner"))
        .limit(2)
    )


async def box_of(connection: AsyncConnection, keys: PaymentKeys) -> BoxId | None:
    """Return the one box whose own code fits these keys, or None if there are none or more.

    A code fits if it agrees on one key at least and contradicts none. A shared code names no
    box: what fits it, and no own code better, belongs to nobody in particular.
    """
    named = {name: getattr(keys, name) for name in KEY_NAMES if getattr(keys, name)}
    if not named:
        return None
    found = (await connection.execute(_fitting(tuple(named)), named)).all()
    if not found or found[0].owner == _NOBODY:
        return None
    is_alone = len(found) == 1 or found[0].labelled != found[1].labelled
    return BoxId(found[0].owner) if is_alone else None


async def boxes_by_label(connection: AsyncConnection) -> dict[str, BoxId]:
    """Return the box of each terminal label and store id that one box's own code alone has."""
    table = box_codes
    statement = select(table.c.box_id, table.c.mode, table.c.terminal, table.c.store).where(
        table.c.withdrawn_at.is_(None)
    )
    boxes: dict[str, set[BoxId]] = {}
    for box, mode, terminal, store in await connection.execute(statement):
        owner = BoxId(box if mode == CodeMode.OWN.value else _NOBODY)
        for label in (terminal, store):
            if label:
                boxes.setdefault(label, set()).add(owner)
    alone = {label: next(iter(named)) for label, named in boxes.items() if len(named) == 1}
    return {label: box for label, box in alone.items() if box != _NOBODY}
