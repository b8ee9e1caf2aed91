"""What linking on a person's word needs from outside: one open transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from jimpitan_server.domain.books import ManualLink
from jimpitan_server.domain.match import Relation
from jimpitan_server.domain.rupiah import Rupiah


@dataclass(frozen=True, slots=True)
class Paper:
    """What a link needs to know of a remittance, payment or credit; `actor` paid it in."""

    account: str
    amount: Rupiah
    actor: str = ""


class LinkStore(Protocol):
    """Links, and the papers that they hold together."""

    async def lock_books(self) -> None:
        """Let no other import or matching run until the transaction ends."""
        ...

    async def link(self, link_id: str) -> ManualLink | None:
        """Return a link, ended or not, or None."""
        ...

    async def papers(self, relation: Relation, ids: Sequence[str]) -> dict[str, Paper]:
        """Return those of these remittances or payments that stand."""
        ...

    async def credits(self, ids: Sequence[str]) -> dict[str, Paper]:
        """Return those of these statement lines that brought money in."""
        ...

    async def linked(
        self, relation: Relation, left: Sequence[str], right: Sequence[str]
    ) -> list[str]:
        """Return which of these papers are in a link that stands."""
        ...

    async def add_link(self, made: ManualLink, *, actor: str) -> None:
        """Keep a link."""
        ...

    async def add_link_end(self, link_id: str, *, reason: str, actor: str, now: datetime) -> bool:
        """End a link; say whether it stood until now."""
        ...
