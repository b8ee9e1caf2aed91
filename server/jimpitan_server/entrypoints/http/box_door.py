"""The door for people who look after boxes: how they are, and opening them."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from jimpitan_server.adapters.database import gap_rows, period_rows
from jimpitan_server.adapters.database.box_reading import box_row, box_rows_all
from jimpitan_server.domain.errors import NotFound
from jimpitan_server.domain.ids import BOX_PATTERN, BoxId
from jimpitan_server.domain.user import Role, Session
from jimpitan_server.entrypoints.http.bearer import allow
from jimpitan_server.entrypoints.http.parts import TheProgram

router = APIRouter(prefix="/api/v1", tags=["boxes"])
PAGE_MAX = 1000
# Collectors count blind: what a box sensed is not for them.
Looking = Annotated[Session, Depends(allow(Role.ADMIN, Role.TREASURER, Role.AUDITOR))]
Opening = Annotated[Session, Depends(allow(Role.ADMIN, Role.COLLECTOR))]
Deciding = Annotated[Session, Depends(allow(Role.ADMIN, Role.TREASURER))]
Reason = Annotated[str, Field(min_length=3, max_length=1000, pattern=r"^[^\x00]*$")]
NumberPath = Annotated[int, Path(ge=1, le=2**53)]
BoxPath = Annotated[str, Path(pattern=BOX_PATTERN)]
HIDDEN = {"tag_max", "keys_version"}


class EdgeIn(BaseModel):
    """Which lid opening ended a holding period, and why we believe so."""

    model_config = ConfigDict(extra="forbid")

    seq: Annotated[int, Field(ge=1, le=0xFFFFFFFF)]
    reason: Reason


def _plain(row: Any) -> dict[str, object]:
    """Return a row as JSON can carry it; times are ISO 8601 in UTC."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in dict(row).items()
        if name not in HIDDEN
    }


@router.get("/boxes")
async def get_boxes(
    program: TheProgram,
    _: Looking,
    after: Annotated[str, Query(pattern=r"^[a-z0-9-]{0,32}$")] = "",
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 200,
) -> dict[str, object]:
    """List boxes and how they are, page by page."""
    async with program.database.read() as connection:
        page = await box_rows_all(connection, after=after, limit=limit)
    return {"boxes": [_plain(row) for row in page]}


@router.get("/boxes/{box}")
async def get_box(box: BoxPath, program: TheProgram, _: Looking) -> dict[str, object]:
    """Return how one box is, its holding periods and its gaps."""
    async with program.database.read() as connection:
        row = await box_row(connection, BoxId(box))
        if row is None:
            raise NotFound("There is no such box.", code="box_unknown")
        periods = await period_rows.periods(connection, BoxId(box))
        gaps = await gap_rows.all_gaps(connection, BoxId(box))
    return {
        "box": _plain(row),
        "periods": [
            {"seq_from": p.seq_from, "seq_to": p.seq_to, "deposits": p.deposits} for p in periods
        ],
        "gaps": [_plain(gap) for gap in gaps],
    }


@router.post("/boxes/{box}/visits", status_code=201)
async def post_visit(box: BoxPath, program: TheProgram, session: Opening) -> dict[str, object]:
    """Let the person who is logged in open a box within ten minutes."""
    visit = await program.open_collection(BoxId(box), actor=session.user_id)
    return {"box": box, "visit": visit.number, "expires_at": visit.expires_at.isoformat()}


@router.post("/boxes/{box}/edges", status_code=201)
async def post_edge(
    box: BoxPath, edge: EdgeIn, program: TheProgram, session: Deciding
) -> dict[str, object]:
    """Let a lid opening outside a collection end a holding period."""
    await program.declare_edge(BoxId(box), seq=edge.seq, actor=session.user_id, reason=edge.reason)
    return {"box": box, "seq": edge.seq}
