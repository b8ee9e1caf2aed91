"""Keeps standing orders: one row for a box and kind, until the box answered."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.fleet_schema import standing_orders
from jimpitan_server.adapters.database.on_connection import OnConnection
from jimpitan_server.adapters.database.schema import boxes
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.ids import BoxId, GatewayId
from jimpitan_server.domain.order import AWAY_AFTER, AWAY_WAIT, OrderKind, StandingOrder


class DatabaseOrders(OnConnection):
    """`OrderStore`, and handing out."""

    __slots__ = ()

    async def open_orders(self, orders: Sequence[StandingOrder], *, due_at: datetime) -> None:
        """Keep orders in the place of older ones; one of the same number stays as it is."""
        if not orders:
            return
        table = standing_orders
        rows = [
            {"box_id": one.box, "kind": one.kind, "number": one.number, "due_at": due_at}
            for one in orders
        ]
        statement = upsert(self.connection, table)
        fresh = {"number": statement.excluded.number, "due_at": statement.excluded.due_at}
        await self.connection.execute(
            statement.on_conflict_do_update(
                index_elements=["box_id", "kind"],
                set_=fresh | {"handed_out": 0, "handed_out_at": None},
                where=table.c.number != statement.excluded.number,
            ),
            rows,
        )

    async def close_orders(self, boxes: Sequence[BoxId], kind: OrderKind) -> None:
        """Forget orders that were answered or that nobody wants any more."""
        table = standing_orders
        await self.connection.execute(
            delete(table).where(table.c.box_id.in_(boxes), table.c.kind == kind)
        )

    async def due_orders(
        self, gateway: GatewayId, *, now: datetime, limit: int
    ) -> list[StandingOrder]:
        """Return what this gateway should carry: to boxes it heard last, or that nobody heard.

        A box that is away is told again when it is heard, or after a day.
        """
        table = standing_orders
        statement = (
            select(table.c.box_id, table.c.kind, table.c.number, table.c.handed_out)
            .join(boxes, boxes.c.box_id == table.c.box_id)
            .where(
                table.c.due_at <= now,
                or_(boxes.c.gateway_id == gateway, boxes.c.gateway_id.is_(None)),
                or_(
                    table.c.handed_out_at.is_(None),
                    table.c.handed_out_at <= now - AWAY_WAIT,
                    boxes.c.last_seen_at > table.c.handed_out_at,
                    boxes.c.last_seen_at >= now - AWAY_AFTER,
                ),
            )
            .order_by(table.c.due_at, table.c.box_id, table.c.kind)
            .limit(limit)
        )
        return [
            StandingOrder(BoxId(box), OrderKind(kind), number, handed_out)
            for box, kind, number, handed_out in await self.connection.execute(statement)
        ]

    async def mark_orders(self, orders: Sequence[StandingOrder], now: datetime) -> None:
        """Note that these were given to a gateway."""
        table = standing_orders
        for one in orders:
            await self.connection.execute(
                update(table)
                .where(
                    table.c.box_id == one.box,
                    table.c.kind == one.kind,
                    table.c.number == one.number,
                )
                .values(
                    handed_out=one.handed_out + 1,
                    handed_out_at=now,
                    due_at=one.due_again(now),
                )
            )


async def orders_of(connection: AsyncConnection, box: BoxId) -> dict[OrderKind, datetime | None]:
    """Return what a box is still to be told, and when it was told last."""
    table = standing_orders
    statement = select(table.c.kind, table.c.handed_out_at).where(table.c.box_id == box)
    return {OrderKind(kind): at for kind, at in await connection.execute(statement)}
