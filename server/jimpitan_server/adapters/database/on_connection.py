"""What every store on an open transaction stands on."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class OnConnection:
    """The connection of one transaction, which whoever opened it commits."""

    connection: AsyncConnection
