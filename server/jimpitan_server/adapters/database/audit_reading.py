"""Reads the log of what people did, the newest first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.schema import audit, users

# Of more than these, nobody reads the file; a narrower search gives the rest.
ROWS_MAX = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One act: who, what, on what, and what was said with it (JSON)."""

    audit_id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str


async def audit_rows(
    connection: AsyncConnection, *, search: str, before: int | None, limit: int
) -> list[AuditRow]:
    """Return acts older than number `before` that hold a text, the newest first."""
    name = users.c.login_name
    statement = (
        select(audit, name)
        .outerjoin(users, users.c.user_id == audit.c.actor)
        .order_by(audit.c.audit_id.desc())
        .limit(min(limit, ROWS_MAX))
    )
    if before is not None:
        statement = statement.where(audit.c.audit_id < before)
    if search:
        columns = (audit.c.actor, audit.c.action, audit.c.subject, audit.c.detail, name)
        statement = statement.where(
            or_(*(column.icontains(search, autoescape=True) for column in columns))
        )
    return [
        AuditRow(
            audit_id=row["audit_id"],
            at=row["at"],
            actor=row["login_name"] or row["actor"],
            action=row["action"],
            subject=row["subject"],
            detail=row["detail"],
        )
        for row in (await connection.execute(statement)).mappings()
    ]
