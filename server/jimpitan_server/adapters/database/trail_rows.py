"""Keeps what banks' doors refused, up to a bound, and how often each answer was given."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import RowMapping, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database.bank_schema import bank_answers, bank_refusals
from jimpitan_server.adapters.database.engine import POSTGRESQL
from jimpitan_server.adapters.database.upsert import upsert

TRAIL_LOCK = 0x6A_62_74_72  # "jbtr": one count of kept refusals at a time on one PostgreSQL


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalRow:
    """One refused message as it is kept."""

    subject: str
    bank_day: date
    code: str
    reason: str
    body_sha256: bytes
    body_length: int
    received_at: datetime


async def add_refusal(connection: AsyncConnection, row: RefusalRow, *, kept_max: int) -> bool:
    """Keep a refusal if fewer than `kept_max` of its subject and day are; say whether it is."""
    if connection.dialect.name == POSTGRESQL:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": TRAIL_LOCK})
    table = bank_refusals
    kept = (
        select(func.count())
        .select_from(table)
        .where(table.c.subject == row.subject, table.c.bank_day == row.bank_day)
    )
    if int((await connection.execute(kept)).scalar_one()) >= kept_max:
        return False
    await connection.execute(insert(table).values(**asdict(row)))
    return True


async def add_answers(
    connection: AsyncConnection, key: tuple[str, date, str], answers: int, last_at: datetime
) -> None:
    """Raise the counter of (subject, bank day, code)."""
    subject, day, code = key
    table = bank_answers
    statement = upsert(connection, table).values(
        subject=subject, bank_day=day, code=code, answers=answers, last_at=last_at
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["subject", "bank_day", "code"],
            set_={"answers": table.c.answers + answers, "last_at": last_at},
        )
    )


async def answers_since(connection: AsyncConnection, day: date) -> dict[str, dict[str, int]]:
    """Return the counters of each subject by code since a day."""
    table = bank_answers
    statement = (
        select(table.c.subject, table.c.code, func.sum(table.c.answers))
        .where(table.c.bank_day >= day)
        .group_by(table.c.subject, table.c.code)
        .order_by(table.c.subject, table.c.code)
    )
    answers: dict[str, dict[str, int]] = {}
    for subject, code, number in await connection.execute(statement):
        answers.setdefault(subject, {})[code] = int(number)
    return answers


async def heard_at(connection: AsyncConnection) -> dict[str, datetime]:
    """Return when each partner was last believed, however long ago."""
    table = bank_answers
    statement = (
        select(table.c.subject, func.max(table.c.last_at))
        .where(table.c.code.startswith("200"))
        .group_by(table.c.subject)
    )
    return dict((await connection.execute(statement)).all())


async def newest_refusals(connection: AsyncConnection, *, limit: int) -> list[RowMapping]:
    """Return the newest refusals that were kept."""
    table = bank_refusals
    statement = select(table).order_by(table.c.refusal_id.desc()).limit(limit)
    return list((await connection.execute(statement)).mappings())
