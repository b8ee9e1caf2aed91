"""What time alone brings about, stepped from outside: gaps grow old."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from jimpitan_server.domain.box import BoxState, Gap
from jimpitan_server.domain.discrepancy import Discrepancy, RecordFinding, Severity
from jimpitan_server.domain.ids import BoxId

BOXES_AT_ONCE = 500


class GapStore(Protocol):
    """One open transaction, for gaps that nobody explained."""

    async def boxes_waiting(self, *, noticed_before: datetime, limit: int) -> list[BoxId]:
        """Return boxes with an open gap that was noticed before an instant."""
        ...

    async def lock_boxes(self, boxes: Sequence[BoxId]) -> dict[BoxId, BoxState]:
        """Return the known ones of these boxes, locked until the transaction ends."""
        ...

    async def pass_gaps(self, box: BoxId, *, noticed_before: datetime, now: datetime) -> None:
        """Note that the head of a box goes past these gaps without an explanation."""
        ...

    async def save_boxes(self, states: Sequence[BoxState]) -> None:
        """Keep the states of boxes that were locked."""
        ...

    async def raise_discrepancies(self, found: Sequence[Discrepancy]) -> None:
        """Keep findings; one that is known already changes nothing."""
        ...


async def pass_old_gaps(store: GapStore, *, now: datetime, patience: timedelta) -> int:
    """Stop waiting for records that are missing for longer than `patience`; return how many
    gaps were passed, each with a discrepancy. At most 500 boxes are looked at in one step.
    """
    before = now - patience
    waiting = await store.boxes_waiting(noticed_before=before, limit=BOXES_AT_ONCE)
    states = await store.lock_boxes(waiting)
    after = []
    findings = []
    for box, state in states.items():
        old = [gap for gap in state.gaps if gap.noticed_at < before]
        if not old:
            continue
        await store.pass_gaps(box, noticed_before=before, now=now)
        findings += [_unexplained(box, gap, now) for gap in old]
        left = tuple(gap for gap in state.gaps if gap.noticed_at >= before)
        after.append(replace(state, gaps=left))
    await store.save_boxes(after)
    await store.raise_discrepancies(findings)
    return len(findings)


def _unexplained(box: BoxId, gap: Gap, now: datetime) -> Discrepancy:
    return Discrepancy(
        kind=RecordFinding.GAP_UNEXPLAINED,
        severity=Severity.WARNING,
        subject=f"{box}/{gap.seq_from}",
        found_at=now,
        box=box,
        seq_from=gap.seq_from,
        seq_to=gap.seq_to,
        evidence={"noticed_at": gap.noticed_at.isoformat()},
    )
