"""Keeps what boxes should be set to, what they answered, and their tags."""

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import RowMapping, delete, func, insert, select, tuple_

from jimpitan_server.adapters.database.fleet_schema import (
    box_tags,
    configuration_reports,
    configurations,
)
from jimpitan_server.adapters.database.on_connection import OnConnection
from jimpitan_server.domain.box import BoxState
from jimpitan_server.domain.configuration import Configuration, ConfigurationReport, Reported
from jimpitan_server.domain.ids import BoxId


class DatabaseConfigurations(OnConnection):
    """`ConfigurationStore` and `TagStore`, without the locks."""

    __slots__ = ()

    async def wished(self, boxes: Sequence[BoxId]) -> dict[BoxId, Configuration]:
        """Return the newest configuration wished for each of these boxes."""
        table = configurations
        newest = (
            select(table.c.box_id, func.max(table.c.revision))
            .where(table.c.box_id.in_(boxes))
            .group_by(table.c.box_id)
        )
        statement = select(table).where(tuple_(table.c.box_id, table.c.revision).in_(newest))
        rows = (await self.connection.execute(statement)).mappings()
        return {BoxId(row["box_id"]): _configuration(row) for row in rows}

    async def configurations(
        self, wanted: Sequence[tuple[BoxId, int]]
    ) -> Mapping[tuple[BoxId, int], Configuration]:
        """Return configurations by box and revision."""
        if not wanted:
            return {}
        table = configurations
        key = tuple_(table.c.box_id, table.c.revision)
        rows = await self.connection.execute(select(table).where(key.in_(wanted)))
        found = [_configuration(row) for row in rows.mappings()]
        return {(one.box, one.revision): one for one in found}

    async def add_configurations(self, wishes: Sequence[Configuration]) -> None:
        """Append configurations that are wished."""
        if not wishes:
            return
        rows = [
            {
                "box_id": one.box,
                "revision": one.revision,
                "options": json.dumps(dict(one.options), sort_keys=True),
                "actor": one.actor,
                "reason": one.reason,
                "set_at": one.set_at,
            }
            for one in wishes
        ]
        await self.connection.execute(insert(configurations), rows)

    async def reported(self, states: Sequence[BoxState]) -> dict[BoxId, Reported]:
        """Return what each of these boxes says of its configuration."""
        said = {state.box: (state.heartbeat_seq, state.configuration) for state in states}
        return await self.reported_by(said)

    async def reported_by(
        self, said: Mapping[BoxId, tuple[int, int | None]]
    ) -> dict[BoxId, Reported]:
        """Return the same; `said` is the newest heartbeat of each box and what it named."""
        table = configuration_reports
        statement = select(table).where(table.c.box_id.in_(list(said))).order_by(table.c.seq)
        applied: dict[str, ConfigurationReport] = {}
        refusals: dict[str, dict[int, ConfigurationReport]] = {}
        for row in (await self.connection.execute(statement)).mappings():
            report = _report(row)
            if report.is_refusal:
                refusals.setdefault(row["box_id"], {})[report.revision] = report
            else:
                applied[row["box_id"]] = report
        return {
            box: Reported(
                heartbeat_seq=seq,
                heartbeat_revision=revision,
                applied=applied.get(box),
                refusals=refusals.get(box, {}),
            )
            for box, (seq, revision) in said.items()
        }

    async def add_configuration_reports(
        self, box: BoxId, reports: Sequence[ConfigurationReport]
    ) -> None:
        """Append answers to configurations."""
        rows = [
            {
                "box_id": box,
                "seq": one.seq,
                "revision": one.revision,
                "refused": json.dumps(one.refused),
                "received_at": one.received_at,
            }
            for one in reports
        ]
        await self.connection.execute(insert(configuration_reports), rows)

    async def boxes_of_tag(self, tag: str) -> list[BoxId]:
        """Return the boxes with a tag, in order."""
        table = box_tags
        statement = select(table.c.box_id).where(table.c.tag == tag).order_by(table.c.box_id)
        return [BoxId(box) for box in (await self.connection.execute(statement)).scalars()]

    async def tags_of(self, box: BoxId) -> list[str]:
        """Return the tags of a box, in order."""
        table = box_tags
        statement = select(table.c.tag).where(table.c.box_id == box).order_by(table.c.tag)
        return list((await self.connection.execute(statement)).scalars())

    async def tags_in_use(self) -> list[tuple[str, int]]:
        """Return every tag, and how many boxes have it."""
        table = box_tags
        statement = select(table.c.tag, func.count()).group_by(table.c.tag).order_by(table.c.tag)
        return [(tag, count) for tag, count in await self.connection.execute(statement)]

    async def replace_tags(self, box: BoxId, tags: Sequence[str]) -> None:
        """Give a box these tags and no others."""
        await self.connection.execute(delete(box_tags).where(box_tags.c.box_id == box))
        if tags:
            rows = [{"box_id": box, "tag": tag} for tag in tags]
            await self.connection.execute(insert(box_tags), rows)


def _configuration(row: RowMapping) -> Configuration:
    return Configuration(
        box=BoxId(row["box_id"]),
        revision=row["revision"],
        options=json.loads(row["options"]),
        actor=row["actor"],
        reason=row["reason"],
        set_at=row["set_at"],
    )


def _report(row: RowMapping) -> ConfigurationReport:
    return ConfigurationReport(
        seq=row["seq"],
        revision=row["revision"],
        refused=tuple(json.loads(row["refused"])),
        received_at=row["received_at"],
    )
