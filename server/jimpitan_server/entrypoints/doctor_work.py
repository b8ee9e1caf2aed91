"""Examines whether the work is done: clocks, gateways, matching, seals."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from jimpitan_server.adapters.database import alert_people, running_rows
from jimpitan_server.adapters.database.ledger_store import DatabaseLedger
from jimpitan_server.adapters.seal_files import seal_file_name
from jimpitan_server.bootstrap import Program
from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.entrypoints.doctor_history import Finding

# Nothing of this program is older.
CLOCK_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
# Two machines that ask a time server differ by less than a second.
CLOCK_DIFFERENCE = timedelta(minutes=2)
# A box says every quarter of an hour that it lives; a power cut of an hour is nothing unusual.
SILENCE = timedelta(hours=2)
FIRST_WORD = timedelta(days=1)
# Matching goes on within an hour of a change, and every hour without one.
MATCHING = timedelta(hours=3)
TOLD = timedelta(days=1)


DatabaseClock = Callable[[AsyncConnection], Awaitable[datetime | None]]


async def examine_work(program: Program, database_clock: DatabaseClock) -> list[Finding]:
    """Return what is done in time and what is not."""
    found = [await _clock(program, database_clock)]
    found += [one async for one in _gateways(program)]
    return [*found, await _matching(program), await _seals(program), await _alerts(program)]


async def _clock(program: Program, database_clock: DatabaseClock) -> Finding:
    now = program.clock.now()
    async with program.database.read() as connection:
        newest = await running_rows.newest_instant(connection)
        other = await database_clock(connection)
    said = f"This machine says that it is {now:%Y-%m-%d %H:%M} UTC"
    if now < CLOCK_FIRST:
        return Finding("clock", False, f"{said}: set its clock, and let it ask a time server.")
    if newest is not None and newest > now + CLOCK_DIFFERENCE:
        sentence = (
            f"{said}, and something was recorded at {newest:%Y-%m-%d %H:%M}: its clock went back,"
            " or was ahead then. Let it ask a time server."
        )
        return Finding("clock", False, sentence)
    if other is not None and abs(other - now) > CLOCK_DIFFERENCE:
        sentence = (
            f"{said}, and the database's machine {other:%Y-%m-%d %H:%M}: let both ask a time"
            " server."
        )
        return Finding("clock", False, sentence)
    return Finding("clock", True, f"{said}.")


async def _gateways(program: Program) -> AsyncIterator[Finding]:
    now = program.clock.now()
    async with program.database.read() as connection:
        heard = await running_rows.gateways_heard(connection)
    for one in heard:
        if one.heard_at is not None and now - one.heard_at <= SILENCE:
            yield Finding("gateway", True, f"Gateway {one.gateway} brings records.")
        elif one.heard_at is None and now - one.created_at <= FIRST_WORD:
            yield Finding("gateway", True, f"Gateway {one.gateway} is new.")
        else:
            last = "ever" if one.heard_at is None else f"since {one.heard_at:%Y-%m-%d %H:%M} UTC"
            sentence = (
                f"Gateway {one.gateway} has brought nothing {last}: look whether it has power and"
                " network, and run `jimpitan-gateway doctor` on it."
            )
            yield Finding("gateway", False, sentence)


async def _matching(program: Program) -> Finding:
    now = program.clock.now()
    async with program.database.read() as connection:
        first = await running_rows.first_money(connection)
        last = await running_rows.matched_at(connection)
    if first is None or now - max(first, last or first) <= MATCHING:
        return Finding("matching", True, "Money is matched in time.")
    when = (
        "was never matched" if last is None else f"was matched last at {last:%Y-%m-%d %H:%M} UTC"
    )
    sentence = f"Money {when}: start the server, or run `jimpitan-server reconcile`."
    return Finding("matching", False, sentence)


async def _seals(program: Program) -> Finding:
    """Look whether the days that are over are sealed, and the last seal is published."""
    async with program.database.read() as connection:
        store = DatabaseLedger(connection)
        first, last = await store.first_day(), await store.last_seal()
    today, folder = bank_day(program.clock.now()), program.ledger.folder
    sealed = first if last is None else last.seal.day
    # Yesterday is sealed within minutes of midnight; give it until the next.
    if sealed is not None and (today - sealed).days > 2:
        since = "No day" if last is None else f"No day after {sealed.isoformat()}"
        sentence = f"{since} is sealed: start the server, or run `jimpitan-server ledger seal`."
        return Finding("sealing", False, sentence)
    if folder is not None and last is not None:
        name = seal_file_name(last.seal.day)
        if not (folder / name).exists():
            sentence = (
                f"The seal of {last.seal.day.isoformat()} is not in {folder}: look for"
                " seal_not_published in the log, then run `jimpitan-server ledger seal`."
            )
            return Finding("sealing", False, sentence)
    return Finding("sealing", True, "Every day that is over is sealed.")


async def _alerts(program: Program) -> Finding:
    """Look whether people were told what they should have been told."""
    since = program.clock.now() - TOLD
    async with program.database.read() as connection:
        dead = await alert_people.dead_since(connection, since)
    if not dead:
        return Finding("alerts", True, "Every alert of the last day arrived or still waits.")
    whys = ", ".join(sorted({f"{one.channel.value}: {one.why}" for one in dead}))
    sentence = (
        f"{len(dead)} alerts of the last day did not arrive ({whys}): see"
        " `jimpitan-server alert list`, and try `jimpitan-server alert test`."
    )
    return Finding("alerts", False, sentence)
