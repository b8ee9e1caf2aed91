"""Begins a visit under an id that was made on the phone: the same one again changes nothing."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from jimpitan_server.domain.command import Visit
from jimpitan_server.domain.container import Container, Tier
from jimpitan_server.domain.errors import Conflict, Malformed, NotFound
from jimpitan_server.domain.ids import BoxId, UserId
from jimpitan_server.services.close_collection import AHEAD_MAX, BEHIND_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitStart:
    """A collector stands at a box. `told` is what the box was told, None where it was not.

    Offline, or at a plain can, no box is told: the start is the collector's word alone.
    """

    visit_id: str
    box: BoxId
    collector: UserId
    begun_at: datetime
    is_offline: bool
    told: Visit | None = None


class VisitStartStore(Protocol):
    """One open transaction, for visits that are begun."""

    async def container(self, box: BoxId) -> Container | None:
        """Return a container of any tier, or None."""
        ...

    async def visit_start(self, visit_id: str) -> VisitStart | None:
        """Return the start with this id, or None."""
        ...

    async def tell_box(self, box: BoxId, *, actor: UserId, now: datetime) -> Visit:
        """Let a person open a box; the box is told as soon as its gateway asks."""
        ...

    async def add_visit_start(self, start: VisitStart, *, now: datetime) -> None:
        """Keep a start for ever."""
        ...


async def begin_visit(
    store: VisitStartStore, start: VisitStart, now: datetime
) -> tuple[VisitStart, bool]:
    """Keep that a visit was begun, and tell the box if it was just now; say whether it is new."""
    if not now - BEHIND_MAX <= start.begun_at <= now + AHEAD_MAX:
        raise Malformed(
            "The visit was begun in the future or years ago: correct the phone's clock."
        )
    known = await store.visit_start(start.visit_id)
    if known is not None:
        if (known.box, known.collector) != (start.box, start.collector):
            raise Conflict("Another visit has this id: make a new one.", code="visit_differs")
        return known, False
    container = await store.container(start.box)
    if container is None:
        raise NotFound("There is no such box.", code="box_unknown")
    if container.tier is Tier.SENSOR and not start.is_offline:
        told = await store.tell_box(start.box, actor=start.collector, now=now)
        start = replace(start, told=told)
    await store.add_visit_start(start, now=now)
    return start, True
