"""What the custody ledger needs from outside: one open transaction, and a signature."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from jimpitan_server.domain.custody import Place
from jimpitan_server.domain.ledger import Entry, Head, Standing
from jimpitan_server.domain.merkle import Frontier
from jimpitan_server.domain.rupiah import Rupiah
from jimpitan_server.domain.seal import Seal


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A period that is closed up to and with `until`, by whom, on what word, with what rest."""

    until: date
    actor: str
    note: str
    discrepancies_open: int
    into_fund: Mapping[str, Rupiah]
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SealRow:
    """A seal as it is kept and published."""

    seal: Seal
    frontier: Frontier
    signature: bytes
    public_key: bytes
    sealed_at: datetime


class Sign(Protocol):
    """Signs the statement of a seal."""

    @property
    def public_key(self) -> bytes:
        """Return the public key, 32 bytes (Ed25519)."""
        ...

    def __call__(self, statement: bytes) -> bytes:
        """Return the signature, 64 bytes."""
        ...


class LedgerStore(Protocol):
    """One open transaction on the ledger."""

    async def lock_books(self) -> None:
        """Let no other import, matching, closing or sealing run until the transaction ends."""
        ...

    async def head(self) -> Head:
        """Return where the ledger ends."""
        ...

    async def standing(self) -> dict[str, Standing]:
        """Return the movements that stand, by their keys."""
        ...

    async def append(self, entries: Sequence[tuple[Entry, bytes]]) -> None:
        """Append entries with their chains."""
        ...

    async def closed_until(self) -> date | None:
        """Return the last day that is closed."""
        ...

    async def balances(self, *, until: date | None = None) -> dict[Place, Rupiah]:
        """Return what lies where, by entries that count for days up to `until`, or by all."""
        ...

    async def count_open_discrepancies(self) -> int:
        """Return how many discrepancies are open."""
        ...

    async def add_closing(self, closing: Closing) -> None:
        """Keep that a period is closed."""
        ...

    async def next_generation(self) -> None:
        """Note that a matching made from the books as they were is too old."""
        ...

    async def first_day(self) -> date | None:
        """Return the day of the first entry."""
        ...

    async def last_seal(self) -> SealRow | None:
        """Return the latest seal."""
        ...

    def lines_of(self, day: date) -> AsyncIterator[bytes]:
        """Yield the lines of the entries that were appended on a day, in order."""
        ...

    async def add_seal(self, row: SealRow) -> None:
        """Keep a seal."""
        ...
