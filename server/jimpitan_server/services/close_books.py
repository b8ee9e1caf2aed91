"""Closes a period: what it brought becomes the programme's fund, and its days take no entry more.

What comes to light later is booked on the first open day; nothing in a closed period changes.
"""

from datetime import date, datetime, timedelta

from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.domain.custody import Movement, Place, PlaceKind, Why
from jimpitan_server.domain.errors import Conflict, Malformed
from jimpitan_server.domain.ledger import Draft
from jimpitan_server.domain.rupiah import NOTHING, Rupiah
from jimpitan_server.services.ports_ledger import Closing, LedgerStore
from jimpitan_server.services.post import post

# Older books are kept for the law (UU 8/1997: ten years) and are nobody's to close.
BEHIND_MAX = timedelta(days=10 * 366)
NOTE_LENGTH_MIN, NOTE_LENGTH_MAX = 10, 500


async def close_books(
    store: LedgerStore, *, until: date, note: str, actor: str, now: datetime
) -> Closing:
    """Close every day up to and with `until`; `note` names the minutes or whoever agreed."""
    told = note.strip()
    if not NOTE_LENGTH_MIN <= len(told) <= NOTE_LENGTH_MAX:
        raise Malformed(f"A note has {NOTE_LENGTH_MIN} to {NOTE_LENGTH_MAX} characters.")
    if until >= bank_day(now):
        raise Conflict("Only days that are over can be closed.", code="period_not_over")
    if until < bank_day(now) - BEHIND_MAX:
        raise Malformed("A period ends within the last ten years.", code="period_too_old")
    await store.lock_books()
    closed = await store.closed_until()
    if closed is not None and until <= closed:
        raise Conflict(f"The books are closed until {closed.isoformat()}.", code="period_closed")
    into_fund = {
        place.holder: amount
        for place, amount in (await store.balances(until=until)).items()
        if place.kind is PlaceKind.BANK_CONFIRMED and amount
    }
    drafted = [_into_fund(account, amount, until) for account, amount in into_fund.items()]
    await post(store, drafted, now, actor=actor)
    closing = Closing(
        until=until,
        actor=actor,
        note=told,
        discrepancies_open=await store.count_open_discrepancies(),
        into_fund=into_fund,
        recorded_at=now,
    )
    await store.add_closing(closing)
    await store.next_generation()
    return closing


def _into_fund(account: str, amount: Rupiah, until: date) -> Draft:
    """Move what is confirmed into the fund; more spent than came is taken out of it."""
    confirmed = Place(PlaceKind.BANK_CONFIRMED, account)
    fund = Place(PlaceKind.FUND, account)
    source, target = (confirmed, fund) if amount > NOTHING else (fund, confirmed)
    return Draft(
        movement=Movement(
            key=f"closing/{until.isoformat()}/{account}",
            occurred_on=until,
            source=source,
            target=target,
            amount=abs(amount),
            why=Why.CLOSED,
        )
    )
