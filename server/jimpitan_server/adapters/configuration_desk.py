"""Where people set boxes and give them tags: one transaction each, with an entry in the audit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from jimpitan_server.adapters.audited import Audited
from jimpitan_server.adapters.database.box_reading import box_row
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.fleet_store import DatabaseFleet
from jimpitan_server.adapters.database.order_store import orders_of
from jimpitan_server.adapters.wire_options import OPTION_TABLE
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.configuration import (
    Configuration,
    Reported,
    is_waiting,
    wrong_options,
)
from jimpitan_server.domain.errors import NotFound
from jimpitan_server.domain.ids import BoxId, is_box_id
from jimpitan_server.services import configure as configuring

ZONE = "zone_min"
SERVER = "server"  # who wishes what nobody has to


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxConfiguration:
    """What a box should be set to, what it says, and its tags."""

    box: BoxId
    tags: tuple[str, ...]
    wished: Configuration | None
    reported: Reported
    is_handed_out: bool

    @property
    def is_waiting(self) -> bool:
        """Say whether the box has still to take the wish on."""
        return is_waiting(self.wished, self.reported)

    @property
    def refused(self) -> tuple[str, ...]:
        """Return the options of the wish that the box refused."""
        if self.wished is None:
            return ()
        report = self.reported.refusals.get(self.wished.revision)
        return () if report is None else report.refused


@dataclass(frozen=True, slots=True)
class ConfigurationDesk(Audited):
    """The one place that wishes pass through; `ring` wakes polling gateways."""

    database: Database
    clock: Clock
    ring: Callable[[], None]

    async def configure(
        self, box: str, options: Mapping[str, int], *, actor: str, reason: str | None
    ) -> int:
        """Wish a whole configuration for one box; return its revision."""
        if not is_box_id(box):
            raise NotFound("There is no such box.", code="box_unknown")
        async with self.database.write() as connection:
            revisions = await configuring.configure(
                store := DatabaseFleet(connection),
                [BoxId(box)],
                options=options,
                table=OPTION_TABLE,
                actor=actor,
                reason=reason,
                now=self.clock.now(),
            )
            await self._audit(
                store, actor, "box_configured", box, {"options": dict(options), "reason": reason}
            )
        self.ring()
        return revisions[BoxId(box)]

    async def configure_new(self, box: str, *, timezone: str) -> None:
        """Wish a new box the zone of its programme, if that is not its default anyway."""
        offset = self.clock.now().astimezone(ZoneInfo(timezone)).utcoffset() or timedelta(0)
        options = {ZONE: offset // timedelta(minutes=1)}
        (default,) = (one.default for one in OPTION_TABLE if one.name == ZONE)
        if options[ZONE] == default or wrong_options(options, OPTION_TABLE):
            return
        if (await self.configuration_of(box)).wished is None:
            await self.configure(box, options, actor=SERVER, reason=timezone)

    async def configure_tag(
        self, tag: str, options: Mapping[str, int], *, actor: str, reason: str | None
    ) -> dict[BoxId, int]:
        """Wish a whole configuration for every box that has a tag now."""
        async with self.database.write() as connection:
            revisions = await configuring.configure_tag(
                store := DatabaseFleet(connection),
                tag,
                options=options,
                table=OPTION_TABLE,
                actor=actor,
                reason=reason,
                now=self.clock.now(),
            )
            detail: dict[str, object] = {"options": dict(options), "reason": reason}
            await self._audit(store, actor, "tag_configured", tag, detail)
        self.ring()
        return revisions

    async def set_tags(self, box: str, tags: Sequence[str], *, actor: str) -> tuple[str, ...]:
        """Give a box these tags and no others."""
        async with self.database.write() as connection:
            store = DatabaseFleet(connection)
            kept = await configuring.set_tags(store, box, tags)
            await self._audit(store, actor, "box_tagged", box, {"tags": list(kept)})
        return kept

    async def configuration_of(self, box: str) -> BoxConfiguration:
        """Return what a box should be set to, and what it says."""
        async with self.database.read() as connection:
            row = await box_row(connection, BoxId(box)) if is_box_id(box) else None
            if row is None:
                raise NotFound("There is no such box.", code="box_unknown")
            store, known = DatabaseFleet(connection), BoxId(box)
            said = {known: (row["heartbeat_seq"], row["configuration"])}
            return BoxConfiguration(
                box=known,
                tags=tuple(await store.tags_of(known)),
                wished=(await store.wished([known])).get(known),
                reported=(await store.reported_by(said))[known],
                is_handed_out=any((await orders_of(connection, known)).values()),
            )

    async def tags_in_use(self) -> list[tuple[str, int]]:
        """Return every tag, and how many boxes have it."""
        async with self.database.read() as connection:
            return await DatabaseFleet(connection).tags_in_use()
