"""The database of one transaction, as taking in records, commands and maintenance see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from jimpitan_server.adapters.database import (
    box_rows,
    command_rows,
    finding_rows,
    gap_rows,
    key_rows,
    period_rows,
    record_rows,
)
from jimpitan_server.adapters.database.fleet_store import DatabaseFleet
from jimpitan_server.domain.box import Gap
from jimpitan_server.domain.command import Command
from jimpitan_server.domain.health import Heard
from jimpitan_server.domain.ids import BoxId, GatewayId, UserId
from jimpitan_server.domain.intake import Held
from jimpitan_server.domain.period import EdgeEvent, Period, PeriodSum
from jimpitan_server.services.ports import RecordRow, RefusedBytes


@dataclass(frozen=True, slots=True)
class DatabaseIntake(DatabaseFleet):
    """`IntakeStore`, `CommandStore` and `GapStore` on an open writing transaction."""

    quarantine_kept_max: int

    async def held(self, seqs_by_box: Mapping[BoxId, set[int]]) -> dict[BoxId, dict[int, Held]]:
        """Return those of the named records that are held."""
        return await record_rows.held(self.connection, seqs_by_box)

    async def summaries(self, ids_by_box: Mapping[BoxId, set[int]]) -> dict[BoxId, dict[int, int]]:
        """Return the deposits counted so far of these running summaries."""
        return await period_rows.summaries(self.connection, ids_by_box)

    async def insert_records(
        self, rows: Sequence[RecordRow], *, gateway: GatewayId, recorded_at: datetime
    ) -> None:
        """Append records that are known to be new."""
        await record_rows.insert_records(
            self.connection, rows, gateway=gateway, recorded_at=recorded_at
        )

    async def save_heard(self, heard_by_box: Mapping[BoxId, Heard]) -> None:
        """Keep what boxes said anew of themselves."""
        await box_rows.save_heard(self.connection, heard_by_box)

    async def save_gaps(
        self,
        box: BoxId,
        *,
        before: Sequence[Gap],
        after: Sequence[Gap],
        declared: Sequence[tuple[int, int, int]],
        now: datetime,
    ) -> None:
        """Keep the open gaps of a box, and those closed because the box declared them."""
        await gap_rows.save_gaps(
            self.connection, box, before=before, after=after, declared=declared, now=now
        )

    async def save_summaries(self, deposits_by_box: Mapping[BoxId, Mapping[int, int]]) -> None:
        """Keep what running summaries have counted so far."""
        await period_rows.save_summaries(self.connection, deposits_by_box)

    async def end_epochs(self, box: BoxId, seq_last_by_epoch: Mapping[int, int]) -> None:
        """Keep the ends that a new epoch named for old ones."""
        await key_rows.end_epochs(self.connection, box, seq_last_by_epoch)

    async def records_beyond(self, box: BoxId, *, epoch: int, seq: int) -> int:
        """Return how many records of an epoch are held above a sequence number."""
        return await record_rows.records_beyond(self.connection, box, epoch=epoch, seq=seq)

    async def add_to_periods(self, sums: Mapping[tuple[BoxId, int], PeriodSum]) -> None:
        """Add deposits and what was weighed to the holding periods (box, seq_from)."""
        await period_rows.add_to_periods(self.connection, sums)

    async def periods(self, box: BoxId) -> list[Period]:
        """Return the holding periods of a box in rising order."""
        return await period_rows.periods(self.connection, box)

    async def edge_events(self, box: BoxId) -> tuple[list[EdgeEvent], list[int]]:
        """Return the lid openings and collections of a box, and the edges people declared."""
        return await record_rows.edge_events(self.connection, box)

    async def sum_between(
        self, box: BoxId, *, after_seq: int, before_seq: int | None
    ) -> PeriodSum:
        """Return what the records between two sequence numbers add up to."""
        return await record_rows.sum_between(
            self.connection, box, after_seq=after_seq, before_seq=before_seq
        )

    async def replace_periods(
        self, box: BoxId, *, removed: Sequence[Period], added: Sequence[Period]
    ) -> None:
        """Exchange holding periods whose edges have moved."""
        await period_rows.replace_periods(self.connection, box, removed=removed, added=added)

    async def quarantine(
        self, refused: Sequence[RefusedBytes], *, gateway: GatewayId, now: datetime
    ) -> None:
        """Keep refused bytes up to the bound of each subject and day; count all of them."""
        await finding_rows.keep_refused(
            self.connection,
            refused,
            gateway=gateway,
            now=now,
            kept_max=self.quarantine_kept_max,
        )

    async def add_to_totals(
        self, gateway: GatewayId, *, records: int, deposits: int, newest_at: datetime
    ) -> None:
        """Add to the sums over the whole programme."""
        await period_rows.add_to_totals(
            self.connection, gateway, records=records, deposits=deposits, newest_at=newest_at
        )

    async def declare_edge(
        self, box: BoxId, *, seq: int, actor: UserId, reason: str, now: datetime
    ) -> None:
        """Keep that a person called a lid opening the end of a holding period."""
        await period_rows.declare_edge(
            self.connection, box, seq=seq, actor=actor, reason=reason, now=now
        )

    async def answer_commands(self, visits: Mapping[BoxId, Mapping[int, int]]) -> None:
        """Note at which record a box answered the visits it was told of."""
        await command_rows.answer_commands(self.connection, visits)

    async def boxes_waiting(self, *, noticed_before: datetime, limit: int) -> list[BoxId]:
        """Return boxes with an open gap that was noticed before an instant."""
        return await gap_rows.boxes_waiting(
            self.connection, noticed_before=noticed_before, limit=limit
        )

    async def pass_gaps(self, box: BoxId, *, noticed_before: datetime, now: datetime) -> None:
        """Note that the head of a box goes past these gaps without an explanation."""
        await gap_rows.pass_gaps(self.connection, box, noticed_before=noticed_before, now=now)

    async def last_visit(self, box: BoxId) -> int:
        """Return the number of the latest visit a box was told of, or 0."""
        return await command_rows.last_visit(self.connection, box)

    async def add_command(
        self,
        *,
        box: BoxId,
        visit: int,
        actor: UserId,
        created_at: datetime,
        expires_at: datetime,
    ) -> None:
        """Keep the permission that a person got to open a box for one visit."""
        await command_rows.add_command(
            self.connection,
            box=box,
            visit=visit,
            actor=actor,
            created_at=created_at,
            expires_at=expires_at,
        )

    async def pending_commands(
        self, gateway: GatewayId, *, now: datetime, handed_out_before: datetime, limit: int
    ) -> list[Command]:
        """Return what this gateway should carry."""
        return await command_rows.pending_commands(
            self.connection,
            gateway,
            now=now,
            handed_out_before=handed_out_before,
            limit=limit,
        )

    async def mark_handed_out(self, commands: Sequence[Command], now: datetime) -> None:
        """Note that these were given to a gateway."""
        await command_rows.mark_handed_out(self.connection, commands, now)
