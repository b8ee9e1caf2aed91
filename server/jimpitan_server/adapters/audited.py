"""What every desk has: a line in the log for what somebody did."""

from collections.abc import Mapping
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.user_store import append_audit
from jimpitan_server.domain.clock import Clock


class _Clocked(Protocol):
    @property
    def clock(self) -> Clock: ...


class _Connected(Protocol):
    @property
    def connection(self) -> AsyncConnection: ...


class Audited:
    """A desk whose acts stand in the log; the line is kept with the act, or neither."""

    __slots__ = ()

    async def _audit(
        self: _Clocked,
        store: _Connected,
        actor: str,
        action: str,
        subject: str,
        detail: Mapping[str, object] | str,
    ) -> None:
        """Append what was done in the transaction of `store`; a text alone is `what`."""
        await append_audit(
            store.connection,
            at=self.clock.now(),
            actor=actor,
            action=action,
            subject=subject,
            detail={"what": detail} if isinstance(detail, str) else dict(detail),
        )
