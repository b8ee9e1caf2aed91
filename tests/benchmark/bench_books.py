"""Matching from nothing on the books of a country and of a district, beside DuckDB's joins."""

import asyncio
import csv
import gc
import random
import re
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
from jimpitan_server.adapters.database import account_rows
from jimpitan_server.adapters.long_work import uncollected
from jimpitan_server.adapters.money_desk import ImportWish
from jimpitan_server.adapters.statement_profiles import profiles_named
from jimpitan_server.bootstrap import build
from jimpitan_server.domain.books import Books, Rules, Settlement
from jimpitan_server.domain.match import Match
from jimpitan_server.domain.match_at_once import match_at_once, open_papers
from jimpitan_server.domain.matching import Matching, match_books
from jimpitan_server.domain.movements import movements_of
from jimpitan_server.domain.partner import Account
from jimpitan_server.settings import Settings
from server_boxes import MASTER_KEY

from benchmark.books_of_a_country import Size, large_books
from benchmark.figures import Figure, held, memory_of_the_server, percentile

COUNTRY = Size(payments=1_000_000, boxes=10_000, weeks=52, accounts=20)
# 2,000 boxes with two payments a week each.
DISTRICT = Size(payments=208_000, boxes=2_000, weeks=52, accounts=2)
STATEMENT_LINES = 100_000
NEW_CREDITS = 1_000
# The joins take a second or two, so any other load shows: the median of so many is told.
JOIN_ROUNDS = 3
Rows = Iterable[Sequence[object]]


def measure() -> list[Figure]:
    """Return the figures of both sizes, and of a large statement file."""
    books, rules = large_books(DISTRICT)
    district_s, _, _ = _matched(books, rules)
    del books
    books, rules = large_books(COUNTRY)
    country_s, found, movements_s = _matched(books, rules)
    at_once = _at_once(books, rules, found.matches)
    matches = len(found.matches)
    del found
    joined_s = _joined(books, rules)
    papers = len(books.payments) + len(books.collections)
    return [
        Figure("books: payments and cash periods", papers, "papers"),
        Figure("books: matches with their explanations", matches, "matches"),
        held("books: matched from nothing", country_s, "s", at_most=60),
        Figure("books: limit, DuckDB joins the same data", joined_s, "s"),
        held("books: matching / DuckDB", country_s / joined_s, "x", at_most=12),
        held("books: one new credit, p95", percentile(at_once.took_s, 95) * 1e3, "ms", at_most=5),
        Figure("books: told as whole matching does", at_once.same_percent, "%"),
        Figure("books: movements of the ledger", movements_s, "s"),
        held("books: a district's year", district_s, "s", at_most=3),
        held("statement: 100,000 lines imported", asyncio.run(_imported()), "s", at_most=5),
    ]


@dataclass(frozen=True, slots=True)
class _AtOnce:
    """How long single new credits took, and how many were told what whole matching tells."""

    took_s: list[float]
    same_percent: float


def _at_once(books: Books, rules: Rules, matches: Sequence[Match]) -> _AtOnce:
    """Let some credits of the whole year be new, one by one, to books that lack only them."""
    new = {one.credit_id: one for one in random.Random(5).sample(books.credits, NEW_CREDITS)}
    whole = {one: match for match in matches for one in match.right if one in new}
    old = tuple(one for one in books.credits if one.credit_id not in new)
    before = [match for match in matches if new.keys().isdisjoint(match.right)]
    waiting = open_papers(replace(books, credits=old), before)
    took_s: list[float] = []
    same = 0
    with memory_of_the_server():
        for credit_id, credit in new.items():
            began = time.perf_counter()
            found = match_at_once([credit], waiting[credit.account], books, rules)
            took_s.append(time.perf_counter() - began)
            same += {(one.state, one.left) for one in found} == {
                (whole[credit_id].state, whole[credit_id].left)
            }
    return _AtOnce(took_s, 100 * same / len(new))


def _matched(books: Books, rules: Rules) -> tuple[float, Matching, float]:
    gc.collect()
    with memory_of_the_server(), uncollected():  # as the server matches
        began = time.perf_counter()
        found = match_books(books, rules)
        matched_s = time.perf_counter() - began
        began = time.perf_counter()
        movements_of(books, found.matches)
        movements_s = time.perf_counter() - began
    assert found.position.credited.amount == sum(one.amount.amount for one in books.credits)
    return matched_s, found, movements_s


def _large_statement() -> bytes:
    lines = ["date,time,amount,balance,description,reference"]
    balance = 0
    for number in range(STATEMENT_LINES):
        balance += 1_000
        day = 1 + number * 28 // STATEMENT_LINES
        lines.append(f"2026-11-{day:02d},10:00,1000,{balance},QRIS {number:09d},")
    return "\n".join(lines).encode()


async def _imported() -> float:
    """Return how long the whole program takes to import a large file; it is not matched."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/jimpitan.db"
        program = await build(Settings(database_url=url, master_key=MASTER_KEY))
        await program.migrate()
        async with program.database.write() as connection:
            account = Account(account_id="bsi-1", settlement=Settlement.PAYMENT)
            await account_rows.add_account(connection, account, program.clock.now())
        content = _large_statement()
        gc.collect()
        began = time.perf_counter()
        imported = await program.money.take_statement(
            ImportWish(
                account="bsi-1",
                file_name="large.csv",
                content=content,
                profiles=profiles_named(None),
                actor="bench",
            )
        )
        imported_s = time.perf_counter() - began
        await program.close()
    assert len(imported.new) == STATEMENT_LINES, imported.faults
    assert imported.import_id is not None
    return imported_s


JOINS = """
CREATE TABLE batches AS
  SELECT p.account, p.day, CASE WHEN s.way = 'terminal_daily' THEN p.terminal ELSE '' END AS part,
    sum(p.amount) AS due, count(*) AS pieces, list(p.id) AS ids
  FROM payments p JOIN settlements s USING (account) WHERE s.way <> 'payment' GROUP BY ALL;
CREATE TABLE by_batch AS
  SELECT b.ids, c.id AS credit_id, b.due,
    'The ' || b.pieces || ' payments of ' || b.day || ' have this sum.' AS reason
  FROM batches b JOIN credits c ON c.account = b.account AND c.amount = b.due
    AND c.day BETWEEN b.day - 1 AND b.day + 25 AND contains(c.text, 'QRIS');
CREATE TABLE by_reference AS
  SELECT p.id, c.id AS credit_id, p.amount AS due, 'The credit names the payment.' AS reason
  FROM payments p JOIN (SELECT *, unnest(string_split(text, ' ')) AS word FROM credits) c
    ON c.account = p.account AND c.word = p.reference;
CREATE TABLE by_amount AS
  SELECT list(p.id) AS ids, p.account, p.day, p.amount, count(*) AS pieces,
    'Payments of ' || p.day || ' of ' || p.amount || '.' AS reason
  FROM payments p JOIN settlements s USING (account)
    ANTI JOIN by_reference r ON r.id = p.id
  WHERE s.way = 'payment' GROUP BY ALL;
CREATE TABLE by_lid AS
  SELECT o.box, o.seq, k.id, k.total, 'The lid was opened at ' || o.opened || '.' AS reason
  FROM openings o JOIN collections k ON k.box = o.box
    AND k.counted BETWEEN o.opened - INTERVAL 30 MINUTE AND o.opened + INTERVAL 30 MINUTE;
CREATE TABLE by_sensor AS
  SELECT l.box, l.seq, l.id, e.deposits, e.deposits * 500 AS low, e.deposits * 20000 AS high,
    'The count is inside what ' || e.deposits || ' deposits lead us to expect.' AS reason
  FROM by_lid l JOIN expectations e ON e.box = l.box AND e.seq = l.seq;
CREATE TABLE by_remittance AS
  SELECT r.id, list(k.id) AS ids, sum(k.total) AS counted, any_value(r.amount) AS paid,
    'Paid in as counted.' AS reason
  FROM remittance_collections r JOIN collections k ON k.id = r.collection_id GROUP BY r.id;
CREATE TABLE by_slip AS
  SELECT r.id, c.id AS credit_id, r.amount, 'The credit names the slip.' AS reason
  FROM (SELECT DISTINCT id, account, amount, reference FROM remittance_collections) r
    JOIN (SELECT *, unnest(string_split(text, ' ')) AS word FROM credits) c
    ON c.account = r.account AND c.word = r.reference;
"""


def _joined(books: Books, rules: Rules) -> float:
    """Return how long DuckDB takes for the joins that matching makes, with reasons as text."""
    connection = duckdb.connect()
    for form, rows in (*_bank_tables(books, rules), *_cash_tables(books)):
        _table(connection, form, rows)
    took_s: list[float] = []
    for _ in range(JOIN_ROUNDS):
        for table in re.findall(r"CREATE TABLE (\w+)", JOINS):
            connection.execute(f"DROP TABLE IF EXISTS {table}")
        began = time.perf_counter()
        connection.execute(JOINS)
        took_s.append(time.perf_counter() - began)
    connection.close()
    return statistics.median(took_s)


def _bank_tables(books: Books, rules: Rules) -> Iterator[tuple[str, Rows]]:
    yield (
        "payments(id VARCHAR, account VARCHAR, day DATE, terminal VARCHAR, amount BIGINT,"
        " reference VARCHAR)",
        (
            (p.payment_id, p.account, p.paid_on, p.terminal, p.amount.amount, p.reference)
            for p in books.payments
        ),
    )
    yield (
        "credits(id VARCHAR, account VARCHAR, day DATE, amount BIGINT, text VARCHAR)",
        ((c.credit_id, c.account, c.booked_on, c.amount.amount, c.text) for c in books.credits),
    )
    ways = rules.terms_by_account.items()
    yield (
        "settlements(account VARCHAR, way VARCHAR)",
        ((account, terms.profiles[0][1].way.value) for account, terms in ways),
    )


def _cash_tables(books: Books) -> Iterator[tuple[str, Rows]]:
    yield (
        "openings(box VARCHAR, seq BIGINT, opened TIMESTAMP)",
        ((one.box, one.seq, one.at.replace(tzinfo=None)) for one in books.openings),
    )
    yield (
        "expectations(box VARCHAR, seq BIGINT, deposits BIGINT)",
        ((one.box, one.lid_seq, one.deposits) for one in books.expectations),
    )
    yield (
        "collections(id VARCHAR, box VARCHAR, total BIGINT, counted TIMESTAMP)",
        (
            (one.collection_id, one.box, one.total.amount, one.lid_at.replace(tzinfo=None))
            for one in books.collections
        ),
    )
    yield (
        "remittance_collections(id VARCHAR, account VARCHAR, collection_id VARCHAR,"
        " amount BIGINT, reference VARCHAR)",
        (
            (one.remittance_id, one.account, collection, one.amount.amount, one.reference)
            for one in books.remittances
            for collection in one.collection_ids
        ),
    )


def _table(connection: duckdb.DuckDBPyConnection, form: str, rows: Rows) -> None:
    """Fill a table by way of a file, which DuckDB reads faster than rows."""
    connection.execute(f"CREATE TABLE {form}")
    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="", delete=False) as file:
        csv.writer(file).writerows(rows)
    try:
        connection.execute(f"COPY {form.partition('(')[0]} FROM '{file.name}' (HEADER false)")
    finally:
        Path(file.name).unlink()
