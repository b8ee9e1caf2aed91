"""Where releases come in and rollouts are led: one transaction each, with an audit entry."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from jimpitan_server.adapters.audited import Audited
from jimpitan_server.adapters.database.engine import Database
from jimpitan_server.adapters.database.fleet_store import DatabaseFleet
from jimpitan_server.adapters.database.rollout_reading import (
    RolloutProgress,
    RolloutSummary,
    rollout_progress,
    rollout_summaries,
)
from jimpitan_server.adapters.release_file import read_release_file, write_release_file
from jimpitan_server.domain.clock import Clock
from jimpitan_server.domain.errors import Conflict, NotFound, ServerError
from jimpitan_server.domain.release import KnownRelease, Release, SignedRelease
from jimpitan_server.services import release as releasing
from jimpitan_server.services import roll_out as rolling_out

OFFERED_MAX = 4

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RolloutDesk(Audited):
    """The one place that releases and rollouts pass through; `ring` wakes polling gateways."""

    database: Database
    clock: Clock
    publisher_key: bytes | None
    ring: Callable[[], None]

    async def add_release(self, file: bytes, *, actor: str) -> tuple[Release, bool]:
        """Take in a release file whole or not at all; say whether it was new."""
        if self.publisher_key is None:
            raise Conflict(
                "No release is taken in: set JIMPITAN_PUBLISHER_KEY to the hex of the publisher's"
                " Ed25519 public key and start the server again.",
                code="publisher_unknown",
            )
        signed = read_release_file(file, self.publisher_key)
        async with self._store() as store:
            is_new = await releasing.add_release(store, signed, actor=actor, now=self.clock.now())
            if is_new:
                release = signed.release
                detail: dict[str, object] = {"version": release.version}
                await self._audit(store, actor, "release_added", release.fingerprint, detail)
        return signed.release, is_new

    async def releases(self) -> list[KnownRelease]:
        """Return the newest releases."""
        async with self.database.read() as connection:
            return await DatabaseFleet(connection).all_releases()

    async def releases_offered(self) -> list[SignedRelease]:
        """Return the releases that gateways should lay out for boxes, without their content."""
        async with self.database.read() as connection:
            return await DatabaseFleet(connection).releases_offered(OFFERED_MAX)

    async def release_file(self, fingerprint: str) -> bytes:
        """Return the file of a release, as it came."""
        async with self.database.read() as connection:
            signed = await DatabaseFleet(connection).signed_release(fingerprint)
        if signed is None:
            raise NotFound("There is no such release.", code="release_unknown")
        return write_release_file(signed)

    async def start(
        self,
        *,
        release: str,
        stages: Sequence[str],
        failures_max: int,
        advance_permille: int,
        actor: str,
    ) -> int:
        """Begin a rollout, and order the first boxes."""
        async with self._store() as store:
            number = await rolling_out.start(
                store,
                release=release,
                stages=stages,
                failures_max=failures_max,
                advance_permille=advance_permille,
                actor=actor,
                now=self.clock.now(),
            )
            detail: dict[str, object] = {"release": release, "stages": list(stages)}
            await self._audit(store, actor, "rollout_started", str(number), detail)
        await self.step()
        return number

    async def resume(self, number: int, *, actor: str, reason: str) -> None:
        """Let a halted rollout go on."""
        async with self._store() as store:
            await rolling_out.resume(
                store, number, actor=actor, reason=reason, now=self.clock.now()
            )
            await self._audit(store, actor, "rollout_resumed", str(number), {"reason": reason})
        await self.step()
        self.ring()

    async def end(self, number: int, *, actor: str, reason: str) -> None:
        """Order nothing more."""
        async with self._store() as store:
            await rolling_out.end(store, number, actor=actor, reason=reason, now=self.clock.now())
            await self._audit(store, actor, "rollout_ended", str(number), {"reason": reason})

    async def step(self) -> int:
        """Do what the open rollout needs now; return how many boxes were ordered."""
        async with self.database.read() as connection:
            if not await DatabaseFleet(connection).has_open_rollout():
                return 0
        async with self._store() as store:
            ordered = await rolling_out.step(store, now=self.clock.now())
        if ordered:
            self.ring()
        return ordered

    async def step_after_answers(self) -> None:
        """Do the same when boxes answered; the maintenance makes up for what fails here."""
        try:
            await self.step()
        except ServerError as error:
            log.warning("rollout_step_postponed", error=error.code)

    async def summaries(self) -> list[RolloutSummary]:
        """Return the newest rollouts, newest first."""
        async with self.database.read() as connection:
            return await rollout_summaries(connection)

    async def progress(self, number: int) -> RolloutProgress:
        """Return how far a rollout is."""
        async with self.database.read() as connection:
            found = await rollout_progress(connection, number, self.clock.now())
        if found is None:
            raise NotFound("There is no rollout of this number.", code="rollout_unknown")
        return found

    @asynccontextmanager
    async def _store(self) -> AsyncIterator[DatabaseFleet]:
        async with self.database.write() as connection:
            yield DatabaseFleet(connection)
