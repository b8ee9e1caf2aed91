"""The custody ledger: entries that are only ever appended, each bound to all before it.

What stands is compared with what the facts lead to now; the difference is appended: a movement
that no longer holds is reversed by an entry of its own, never changed.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from jimpitan_server.domain.bank_day import bank_day
from jimpitan_server.domain.custody import Movement, Place, PlaceKind, Why
from jimpitan_server.domain.rupiah import Rupiah

CHAIN_START = b""
# The program that follows the facts; entries of persons carry the person.
FOLLOWER = "ledger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the ledger, as it stays.

    `day` is the bank's day on which it was appended, `book_on` the day it counts for: that of
    the fact, or the first day that is not closed. `reverses` is the number of an entry that this
    one takes back.
    """

    number: int
    day: date
    book_on: date
    posted_at: datetime
    key: str
    source: Place
    target: Place
    amount: Rupiah
    why: Why
    reverses: int | None
    actor: str

    @property
    def line(self) -> bytes:
        """The entry as it is hashed and exported: one JSON array in UTF-8, no blanks."""
        fields = [
            self.number,
            self.day.isoformat(),
            self.book_on.isoformat(),
            self.posted_at.isoformat(),
            self.key,
            str(self.source),
            str(self.target),
            self.amount.amount,
            self.why.value,
            self.reverses,
            self.actor,
        ]
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def chained(before: bytes, line: bytes) -> bytes:
    """Return the hash that binds a line to all before it."""
    return hashlib.sha256(before + line).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where the ledger ends: the number and chain of its last entry.

    `day_min` is the earliest day that the next entry may carry: never before the last entry's,
    never a day that is sealed.
    """

    number: int = 0
    day_min: date = date.min
    chain: bytes = CHAIN_START


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A movement that stands in the ledger, and the number of its entry."""

    number: int
    movement: Movement


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is to be appended: a movement, or the reversal of entry `reverses`."""

    movement: Movement
    reverses: int | None = None


def drafts(standing: Mapping[str, Standing], wanted: Iterable[Movement]) -> list[Draft]:
    """Return what makes the ledger say what is wanted, reversals before the rest.

    Places and amount decide; a movement whose day alone is known better now stays as it stands.
    What a person closed is no fact that could go away, so it is left alone.
    """
    wanted = list(wanted)
    wanted_by_key = {movement.key: movement for movement in wanted}
    assert len(wanted_by_key) == len(wanted), "two movements under one key"
    reversals = [
        Draft(movement=_back(one.movement), reverses=one.number)
        for key, one in standing.items()
        if not _is_closing(one.movement) and not _same(one.movement, wanted_by_key.get(key))
    ]
    reversals.sort(key=lambda draft: draft.reverses or 0)
    new = [
        Draft(movement=movement)
        for key, movement in wanted_by_key.items()
        if key not in standing or not _same(standing[key].movement, movement)
    ]
    return reversals + new


def _is_closing(movement: Movement) -> bool:
    """Tell whether a movement closes a period: nothing else may call itself so."""
    kinds = {movement.source.kind, movement.target.kind}
    return (
        movement.why is Why.CLOSED
        and kinds == {PlaceKind.BANK_CONFIRMED, PlaceKind.FUND}
        and movement.source.holder == movement.target.holder
    )


def _same(standing: Movement, wanted: Movement | None) -> bool:
    return wanted is not None and (
        (standing.source, standing.target, standing.amount)
        == (wanted.source, wanted.target, wanted.amount)
    )


def _back(movement: Movement) -> Movement:
    return Movement(
        key=movement.key,
        occurred_on=movement.occurred_on,
        source=movement.target,
        target=movement.source,
        amount=movement.amount,
        why=movement.why,
    )


def entries_of(
    drafted: Sequence[Draft],
    *,
    head: Head,
    closed_until: date | None,
    actor: str,
    now: datetime,
) -> list[tuple[Entry, bytes]]:
    """Return the entries with their chains that carry on from `head`.

    An entry never carries an earlier day than the one before it, even when a clock goes back;
    and none counts for a day that is closed.
    """
    day = max(bank_day(now), head.day_min)
    first_open = closed_until + timedelta(days=1) if closed_until else date.min
    number, chain = head.number, head.chain
    made: list[tuple[Entry, bytes]] = []
    for draft in drafted:
        number += 1
        entry = Entry(
            number=number,
            day=day,
            book_on=max(draft.movement.occurred_on, first_open),
            posted_at=now,
            key=draft.movement.key,
            source=draft.movement.source,
            target=draft.movement.target,
            amount=draft.movement.amount,
            why=draft.movement.why,
            reverses=draft.reverses,
            actor=actor,
        )
        chain = chained(chain, entry.line)
        made.append((entry, chain))
    return made
