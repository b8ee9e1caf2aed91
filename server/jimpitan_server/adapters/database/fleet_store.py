"""The database of one transaction, as configurations and rollouts see it."""

from collections.abc import Sequence

from jimpitan_server.adapters.database import box_rows, finding_rows, key_rows
from jimpitan_server.adapters.database.configuration_store import DatabaseConfigurations
from jimpitan_server.adapters.database.order_store import DatabaseOrders
from jimpitan_server.adapters.database.release_store import DatabaseReleases
from jimpitan_server.adapters.database.rollout_store import DatabaseRollouts
from jimpitan_server.domain.box import BoxState
from jimpitan_server.domain.discrepancy import Discrepancy
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.services.ports import WrappedKey


class DatabaseFleet(DatabaseConfigurations, DatabaseOrders, DatabaseReleases, DatabaseRollouts):
    """Every store of `ports_fleet` on one open transaction."""

    __slots__ = ()

    async def lock_boxes(self, boxes: Sequence[BoxId]) -> dict[BoxId, BoxState]:
        """Return the known ones of these boxes, locked until the transaction ends."""
        return await box_rows.lock_boxes(self.connection, boxes)

    async def save_boxes(self, states: Sequence[BoxState]) -> None:
        """Keep the states of boxes that were locked."""
        await box_rows.save_boxes(self.connection, states)

    async def wrapped_keys(self, boxes: Sequence[BoxId]) -> list[WrappedKey]:
        """Return every key of these boxes."""
        return await key_rows.wrapped_keys(self.connection, boxes)

    async def raise_discrepancies(self, found: Sequence[Discrepancy]) -> None:
        """Keep findings; one that is known already changes nothing."""
        await finding_rows.raise_discrepancies(self.connection, found)
