"""Reconciles: matches everything that stands anew, and keeps what was found, with its ledger.

Looking at the books takes long and changes nothing, so it is done outside the transaction that
keeps the result; a result whose books have changed meanwhile is not kept.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from jimpitan_server.domain import ledger as ledgers
from jimpitan_server.domain.books import Books, Rules
from jimpitan_server.domain.matching import Matching, match_books
from jimpitan_server.domain.movements import movements_of
from jimpitan_server.domain.partner import Account
from jimpitan_server.domain.what_if import SETTABLE, Difference, changed_rules, compare
from jimpitan_server.services.ports_ledger import LedgerStore
from jimpitan_server.services.ports_money import BooksStore
from jimpitan_server.services.post import post


@dataclass(frozen=True, slots=True)
class Standing:
    """The books, the programme's own rules and the ledger as they were at a generation."""

    generation: int
    books: Books
    accounts: tuple[Account, ...]
    rules_set: Mapping[str, str]
    ledger: Mapping[str, ledgers.Standing]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What other rules would find in the same books, and how that differs; nothing is kept."""

    matching: Matching
    difference: Difference


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What matching found, and what the ledger lacks to say the same."""

    matching: Matching
    drafts: tuple[ledgers.Draft, ...]


async def take_standing(store: BooksStore, ledger: LedgerStore, now: datetime) -> Standing:
    """Return the books as they are; the generation is read first, so it is never too new."""
    generation = await store.generation()
    books, accounts = await store.load_books(now)
    rules_set = await store.rules_set()
    return Standing(generation, books, tuple(accounts), rules_set, await ledger.standing())


def match_standing(standing: Standing, rules: Rules) -> Reconciled:
    """Match books under rules and the ways in which their accounts settle."""
    matching = match_books(standing.books, _with_terms(rules, standing))
    wanted = movements_of(standing.books, matching.matches)
    return Reconciled(matching, tuple(ledgers.drafts(standing.ledger, wanted)))


def try_rules(standing: Standing, rules: Rules, changes: Mapping[str, str]) -> WhatIf:
    """Match the same books under the rules and under changed ones, and compare."""
    present = _with_terms(rules, standing)
    other = changed_rules(present, changes)
    before = match_books(standing.books, present)
    after = match_books(standing.books, other) if changes else before
    return WhatIf(after, compare(before, after))


def rules_in_force(
    rules: Rules, *, accounts: Iterable[Account], rules_set: Mapping[str, str]
) -> Rules:
    """Return rules with what the programme set for itself, and how its accounts settle."""
    terms = {account.account_id: account.terms for account in accounts}
    known = {name: value for name, value in rules_set.items() if name in SETTABLE}
    return replace(changed_rules(rules, known), terms_by_account=terms)


def _with_terms(rules: Rules, standing: Standing) -> Rules:
    return rules_in_force(rules, accounts=standing.accounts, rules_set=standing.rules_set)


async def keep_matching(
    store: BooksStore,
    ledger: LedgerStore,
    reconciled: Reconciled,
    *,
    generation: int,
    now: datetime,
) -> bool:
    """Keep a result if the books are still those it was made from; say whether it was kept."""
    await store.lock_books()
    if await store.generation() != generation:
        return False
    await save_reconciled(store, ledger, reconciled, now)
    return True


async def save_reconciled(
    store: BooksStore, ledger: LedgerStore, reconciled: Reconciled, now: datetime
) -> None:
    """Keep a result while nobody else can change the books."""
    await store.save_matching(reconciled.matching, now)
    await post(ledger, reconciled.drafts, now)
