"""Keeps bank partners and the codes on boxes."""

import json
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, Select, and_, bindparam, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.money_schema import bank_partners, box_codes
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.notification import PaymentKeys
from jimpitan_server.domain.partner import BankPartner
from jimpitan_server.services.ports_money import BoxCode

KEY_NAMES = ("terminal", "store", "nmid", "mpan18", "merchant")


async def partner(connection: AsyncConnection, partner_id: str) -> BankPartner | None:
    """Return a partner that is not revoked, or None."""
    table = bank_partners
    statement = select(table).where(table.c.partner_id == partner_id, table.c.revoked_at.is_(None))
    row = (await connection.execute(statement)).mappings().first()
    if row is None:
        return None
    return BankPartner(
        partner_id=row["partner_id"],
        account=row["account_id"],
        path=row["path"],
        public_key_pem=row["public_key_pem"],
        window=timedelta(seconds=row["window_s"]),
        merchant_ids=tuple(json.loads(row["merchant_ids"])),
    )


async def is_known_partner(connection: AsyncConnection, partner_id: str) -> bool:
    """Say whether a partner of this id was ever added."""
    statement = select(bank_partners.c.partner_id).where(bank_partners.c.partner_id == partner_id)
    return (await connection.execute(statement)).first() is not None


async def add_partner(connection: AsyncConnection, new: BankPartner, now: datetime) -> None:
    """Keep a new partner."""
    await connection.execute(
        insert(bank_partners).values(
            partner_id=new.partner_id,
            account_id=new.account,
            path=new.path,
            public_key_pem=new.public_key_pem,
            window_s=int(new.window.total_seconds()),
            merchant_ids=json.dumps(list(new.merchant_ids)),
            created_at=now,
        )
    )


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
