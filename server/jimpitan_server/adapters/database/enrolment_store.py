"""The database of one transaction, as enrolment sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database import enrolment_rows, gateway_rows, key_rows
from jimpitan_server.domain.ids import BoxId, GatewayId
from jimpitan_server.services.ports import WrappedKey


@dataclass(frozen=True, slots=True)
class DatabaseEnrolment:
    """`EnrolmentStore` on an open writing transaction."""

    connection: AsyncConnection

    async def epochs_of(self, box: BoxId) -> list[int]:
        """Return the epochs of a box of which a key is kept; empty for an unknown box."""
        return await enrolment_rows.epochs_of(self.connection, box)

    async def add_box(self, *, box: BoxId, epoch: int, now: datetime) -> None:
        """Keep a new box and open its first holding period."""
        await enrolment_rows.add_box(self.connection, box=box, epoch=epoch, now=now)

    async def add_key(self, *, box: BoxId, epoch: int, wrapped: bytes, now: datetime) -> None:
        """Keep the key of one more epoch of a known box."""
        await enrolment_rows.add_key(
            self.connection, box=box, epoch=epoch, wrapped=wrapped, now=now
        )

    async def add_token(self, *, token_sha256: bytes, now: datetime, expires_at: datetime) -> None:
        """Keep a single-use enrolment token."""
        await enrolment_rows.add_token(
            self.connection, token_sha256=token_sha256, now=now, expires_at=expires_at
        )

    async def use_token(self, *, token_sha256: bytes, box: BoxId, now: datetime) -> bool:
        """Use up a token; say whether it was still good."""
        return await enrolment_rows.use_token(
            self.connection, token_sha256=token_sha256, box=box, now=now
        )

    async def token_used_for(self, token_sha256: bytes) -> str | None:
        """Return the box that a token was used for."""
        return await enrolment_rows.token_used_for(self.connection, token_sha256)

    async def wrapped_keys(self, boxes: Sequence[BoxId]) -> list[WrappedKey]:
        """Return every key of these boxes."""
        return await key_rows.wrapped_keys(self.connection, boxes)

    async def is_known_gateway(self, gateway: GatewayId) -> bool:
        """Say whether a gateway of this name exists."""
        return await gateway_rows.is_known_gateway(self.connection, gateway)

    async def add_gateway(self, gateway: GatewayId, *, token_sha256: bytes, now: datetime) -> None:
        """Keep a new gateway."""
        await gateway_rows.add_gateway(
            self.connection, gateway, token_sha256=token_sha256, now=now
        )
