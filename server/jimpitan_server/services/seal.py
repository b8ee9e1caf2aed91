"""Seals days that are over: a signed root over all entries up to the end of each."""

from datetime import date, datetime

from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.domain.merkle import Frontier, leaf_hash
from jimpitan_server.domain.seal import Seal, days_to_seal
from jimpitan_server.services.ports_ledger import LedgerStore, SealRow, Sign

# A year and a bit in one go; a server that slept longer goes on with the next run.
DAYS_MAX = 400


async def seal_days(store: LedgerStore, sign: Sign, now: datetime) -> list[SealRow]:
    """Seal every day that is over and not sealed yet, oldest first; return the new seals."""
    await store.lock_books()
    last = await store.last_seal()
    days = days_to_seal(
        sealed_until=last.seal.day if last else None,
        first=await store.first_day(),
        today=bank_day(now),
    )
    frontier = last.frontier if last else Frontier()
    made: list[SealRow] = []
    for day in days[:DAYS_MAX]:
        row = await _sealed(store, sign, day, frontier, now)
        await store.add_seal(row)
        frontier = row.frontier
        made.append(row)
    return made


async def _sealed(
    store: LedgerStore, sign: Sign, day: date, before: Frontier, now: datetime
) -> SealRow:
    leaves = [leaf_hash(line) async for line in store.lines_of(day)]
    frontier = before.grown(leaves)
    seal = Seal(day=day, size=frontier.size, root=frontier.root)
    return SealRow(
        seal=seal,
        frontier=frontier,
        signature=sign(seal.statement),
        public_key=sign.public_key,
        sealed_at=now,
    )
