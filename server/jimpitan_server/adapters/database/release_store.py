"""Keeps releases of the firmware: each once, with the bytes that prove it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import RowMapping, func, or_, select, tuple_

from jimpitan_server.adapters.database.fleet_schema import releases, rollout_boxes, rollouts
from jimpitan_server.adapters.database.on_connection import OnConnection
from jimpitan_server.adapters.database.upsert import upsert
from jimpitan_server.domain.ids import BoxId
from jimpitan_server.domain.release import KnownRelease, Release, SignedRelease

PREFIX_LENGTH_MIN = 8
SHOWN_MAX = 100
_DESCRIBING = (
    "fingerprint",
    "version",
    "number",
    "floor",
    "machine",
    "files",
    "content_length",
    "actor",
    "added_at",
)
# Everything but the content, of which a page or a list has no use.
COLUMNS = (
    *(releases.c[name] for name in _DESCRIBING),
    func.length(releases.c.manifest).label("manifest_length"),
)


class DatabaseReleases(OnConnection):
    """Releases on an open transaction."""

    __slots__ = ()

    async def add_release(self, signed: SignedRelease, *, actor: str, now: datetime) -> bool:
        """Keep a release once and for ever; say whether it was new."""
        one = signed.release
        statement = (
            upsert(self.connection, releases)
            .values(
                fingerprint=one.fingerprint,
                version=one.version,
                number=one.number,
                floor=one.floor,
                machine=one.machine,
                files=one.files,
                content_length=one.content_length,
                manifest=signed.manifest,
                signature=signed.signature,
                content=signed.content,
                actor=actor,
                added_at=now,
            )
            .on_conflict_do_nothing()
        )
        return (await self.connection.execute(statement)).rowcount == 1

    async def releases_named(self, name: str) -> list[KnownRelease]:
        """Return the releases of this version, or whose fingerprint begins so."""
        table = releases
        is_named = table.c.version == name
        if len(name) >= PREFIX_LENGTH_MIN:
            begins = func.substr(table.c.fingerprint, 1, len(name)) == name
            is_named = or_(is_named, begins)
        return await self._known(is_named)

    async def all_releases(self) -> list[KnownRelease]:
        """Return the newest releases, newest first."""
        return await self._known(releases.c.files > 0)

    async def _known(self, condition: object) -> list[KnownRelease]:
        statement = (
            select(*COLUMNS)
            .where(condition)  # type: ignore[arg-type]
            .order_by(releases.c.added_at.desc(), releases.c.fingerprint)
            .limit(SHOWN_MAX)
        )
        rows = (await self.connection.execute(statement)).mappings()
        return [
            KnownRelease(release=_release(r), actor=r["actor"], added_at=r["added_at"])
            for r in rows
        ]

    async def signed_release(self, fingerprint: str) -> SignedRelease | None:
        """Return a release with the bytes that prove it."""
        found = await self._signed(releases.c.fingerprint == fingerprint)
        return found[0] if found else None

    async def releases_offered(self, limit: int) -> list[SignedRelease]:
        """Return the releases that boxes may be told to fetch now, newest rollout first.

        Their content is left out: whoever wants it asks for one release.
        """
        offered = select(rollouts.c.fingerprint).where(rollouts.c.open_place.is_not(None))
        found = await self._signed(releases.c.fingerprint.in_(offered), with_content=False)
        return found[:limit]

    async def _signed(
        self, condition: object, *, with_content: bool = True
    ) -> list[SignedRelease]:
        columns = [*COLUMNS, releases.c.manifest, releases.c.signature]
        columns += [releases.c.content] if with_content else []
        statement = select(*columns).where(condition).order_by(releases.c.added_at.desc())  # type: ignore[arg-type]
        return [
            SignedRelease(
                release=_release(row),
                manifest=bytes(row["manifest"]),
                signature=bytes(row["signature"]),
                content=bytes(row["content"]) if with_content else b"",
            )
            for row in (await self.connection.execute(statement)).mappings()
        ]

    async def releases_ordered(
        self, wanted: Sequence[tuple[BoxId, int]]
    ) -> Mapping[tuple[BoxId, int], Release]:
        """Return the release that each attempt of a box is about."""
        if not wanted:
            return {}
        table = rollout_boxes
        statement = (
            select(table.c.box_id, table.c.attempt, *COLUMNS)
            .join(rollouts, rollouts.c.rollout_id == table.c.rollout_id)
            .join(releases, releases.c.fingerprint == rollouts.c.fingerprint)
            .where(tuple_(table.c.box_id, table.c.attempt).in_(wanted))
        )
        rows = (await self.connection.execute(statement)).mappings()
        return {(BoxId(row["box_id"]), row["attempt"]): _release(row) for row in rows}


def _release(row: RowMapping) -> Release:
    return Release(
        fingerprint=row["fingerprint"],
        version=row["version"],
        number=row["number"],
        floor=row["floor"],
        machine=row["machine"],
        files=row["files"],
        manifest_length=row["manifest_length"],
        content_length=row["content_length"],
    )
