"""Thanks that wait for a polling gateway: in memory, bounded, for a minute at most.

Nothing here is kept: after a restart the minute is over anyway.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.thanks_rows import DatabaseThanks, carriers
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.errors import ServerError
from jimpitan_server.domain.ids import BoxId, GatewayId
from jimpitan_server.domain.thanks import THANKS_EVERY, THANKS_VALID, Thanks
from jimpitan_server.services.ports import Keyring
from jimpitan_server.services.record import DownMessage
from jimpitan_server.services.thank import thank

BOXES_MAX = 1_000  # far more than boxes that are paid at within a minute
HANDED_OUT_MAX = 100

log = structlog.get_logger()


@dataclass(slots=True)
class ThanksDesk:
    """The one place that thanks pass through.

    `ring` wakes polling gateways; `note` is told in one word what became of each thanks.
    """

    database: Database
    clock: Clock
    keyring: Keyring
    online_within: timedelta
    ring: Callable[[], None]
    note: Callable[[str], None]
    waiting: OrderedDict[BoxId, Thanks] = field(default_factory=OrderedDict)
    thanked_at: OrderedDict[BoxId, datetime] = field(default_factory=OrderedDict)

    def add(self, thanks: Thanks) -> None:
        """Let a gateway have it when it asks; one too many for its box is dropped."""
        now = self.clock.now()
        self._forget(now)
        if thanks.expires_at <= now:
            self.note("expired")
        elif thanks.box in self.waiting or thanks.box in self.thanked_at:
            self.note("too_soon")
        elif len(self.waiting) >= BOXES_MAX:
            self.note("full")
        else:
            self.waiting[thanks.box] = thanks
            self.ring()

    async def hand_out(self, gateway: GatewayId) -> list[DownMessage]:
        """Return the signed thanks that this gateway should carry now; fail for nobody."""
        self._forget(self.clock.now())
        if not self.waiting:
            return []
        try:
            mine = await self._taken(gateway)
            if not mine:
                return []
            async with self.database.write() as connection:
                messages = await thank(
                    DatabaseThanks(connection), mine, keyring=self.keyring, now=self.clock.now()
                )
        except ServerError as error:
            log.warning("thanks_failed", gateway=gateway, error=error.code)
            self.note("failed")
            return []
        for _ in messages:
            self.note("handed_out")
        return messages

    async def _taken(self, gateway: GatewayId) -> list[Thanks]:
        """Take what waits for the boxes of a gateway; drop what waits for boxes offline."""
        asked = list(self.waiting)
        async with self.database.read() as connection:
            found = await carriers(connection, asked)
        now = self.clock.now()
        mine: list[Thanks] = []
        for box in asked:
            carrier = found.get(box)
            if carrier is None or not carrier.reaches(now=now, within=self.online_within):
                if self.waiting.pop(box, None) is not None:
                    self.note("offline")
            elif carrier.gateway == gateway and len(mine) < HANDED_OUT_MAX:
                thanks = self.waiting.pop(box, None)
                if thanks is not None:
                    self._thanked(box, now)
                    mine.append(thanks)
        return mine

    def _thanked(self, box: BoxId, now: datetime) -> None:
        self.thanked_at[box] = now
        self.thanked_at.move_to_end(box)
        while len(self.thanked_at) > BOXES_MAX:
            self.thanked_at.popitem(last=False)

    def _forget(self, now: datetime) -> None:
        """Forget what is too old to matter, and what a clock that was set back left behind."""
        for box, thanks in list(self.waiting.items()):
            if not now < thanks.expires_at <= now + THANKS_VALID:
                del self.waiting[box]
                self.note("expired")
        for box, at in list(self.thanked_at.items()):
            if not at <= now < at + THANKS_EVERY:
                del self.thanked_at[box]
