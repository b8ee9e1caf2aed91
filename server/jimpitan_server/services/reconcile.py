"""Reconciles: matches everything that stands anew, and keeps what was found.

Looking at the books takes long and changes nothing, so it is done outside the transaction that
keeps the result; a result whose books have changed meanwhile is not kept.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from jimpitan_server.domain.books import Books, Rules
from jimpitan_server.domain.matching import Matching, match_books
from jimpitan_server.domain.partner import Account
from jimpitan_server.services.ports_money import BooksStore


@dataclass(frozen=True, slots=True)
class Standing:
    """The books as they were at a generation."""

    generation: int
    books: Books
    accounts: tuple[Account, ...]


async def take_standing(store: BooksStore, now: datetime) -> Standing:
    """Return the books as they are; the generation is read first, so it is never too new."""
    generation = await store.generation()
    books, accounts = await store.load_books(now)
    return Standing(generation, books, tuple(accounts))


def match_standing(standing: Standing, rules: Rules) -> Matching:
    """Match books under rules and the ways in which their accounts settle."""
    settlements = {account.account_id: account.settlement for account in standing.accounts}
    return match_books(standing.books, replace(rules, settlement_by_account=settlements))


async def keep_matching(
    store: BooksStore, matching: Matching, *, generation: int, now: datetime
) -> bool:
    """Keep a result if the books are still those it was made from; say whether it was kept."""
    await store.lock_books()
    if await store.generation() != generation:
        return False
    await store.save_matching(matching, now)
    return True
