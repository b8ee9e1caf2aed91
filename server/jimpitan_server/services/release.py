"""Keeps releases of the firmware, and finds them by the names that people give them."""

from datetime import datetime

from jimpitan_server.domain.errors import Conflict, NotFound
from jimpitan_server.domain.release import KnownRelease, SignedRelease
from jimpitan_server.services.ports_fleet import RolloutStore

NAME_LENGTH_MAX = 64


async def add_release(
    store: RolloutStore, signed: SignedRelease, *, actor: str, now: datetime
) -> bool:
    """Keep a release that was checked; say whether it was new. Twice changes nothing."""
    return await store.add_release(signed, actor=actor, now=now)


async def release_of(store: RolloutStore, name: str) -> KnownRelease:
    """Return the one release of this version, or whose fingerprint begins so."""
    found = await store.releases_named(name) if 0 < len(name) <= NAME_LENGTH_MAX else []
    if not found:
        raise NotFound("There is no such release.", code="release_unknown")
    if len(found) > 1:
        raise Conflict(
            "Several releases go by this name: name one by its fingerprint.",
            code="release_ambiguous",
        )
    return found[0]
