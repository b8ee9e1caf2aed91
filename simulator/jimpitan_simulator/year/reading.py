"""Reads the server's books past the server, as a stranger with its database file would."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from jimpitan_simulator.year.plan import WIB

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CountRow:
    """A count that stands."""

    collection_id: str
    box: str
    day: date
    amount_idr: int


@dataclass(frozen=True, slots=True)
class SlipRow:
    """A remittance that stands."""

    account: str
    boxes: tuple[str, ...]
    day: date
    amount_idr: int


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of a statement."""

    line_id: int
    account: str
    day: date
    amount_idr: int
    text: str


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment with its box, if the books name one, and how it stands."""

    payment_id: int
    reference: str
    box: str | None
    amount_idr: int
    day: date
    state: str


@dataclass(frozen=True, slots=True)
class MatchRow:
    """One match as it was kept."""

    key: str
    relation: str
    state: str
    box: str | None
    left: tuple[str, ...]
    right: tuple[str, ...]
    left_idr: int
    right_idr: int
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One discrepancy."""

    kind: str
    subject: str
    box: str | None
    found_at: datetime
    evidence: dict[str, Any]
    is_open: bool


@dataclass(frozen=True, slots=True)
class YearBooks:
    """All that the books say in the end."""

    counts: list[CountRow]
    slips: list[SlipRow]
    lines: list[LineRow]
    payments: list[PaymentRow]
    matches: list[MatchRow]
    cases: list[CaseRow]
    positions: dict[str, int]
    ledger_counted: dict[str, int]
    ledger_bank: dict[str, int]


def read_books(path: Path) -> YearBooks:
    """Return what the database of a server that is closed says."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        ask = connection.execute
        return YearBooks(
            counts=_counts(ask),
            slips=_slips(ask),
            lines=_lines(ask),
            payments=_payments(ask),
            matches=_matches(ask),
            cases=_cases(ask),
            positions=dict(map(tuple, ask("SELECT position, amount_idr FROM money_positions"))),
            ledger_counted=_ledger_counted(ask),
            ledger_bank=_ledger_bank(ask),
        )
    finally:
        connection.close()


def _stands(kind: str, column: str) -> str:
    """Return the words that leave out what was withdrawn; both names are this module's own."""
    named = f"subject_kind = '{kind}' AND subject_id = {column}"
    return f"NOT EXISTS (SELECT 1 FROM voids WHERE {named})"  # noqa: S608


def _counts(ask: Any) -> list[CountRow]:
    """Add the pieces up anew instead of believing the total beside them."""
    rows = ask(
        "SELECT c.collection_id, c.box_id, c.lid_at, c.total_idr,"  # noqa: S608
        " COALESCE((SELECT SUM(denomination * pieces) FROM collection_pieces p"
        " WHERE p.collection_id = c.collection_id), 0) AS summed"
        f" FROM collections c WHERE {_stands('collection', 'c.collection_id')}"
    )
    found = []
    for row in rows:
        assert row["total_idr"] == row["summed"], row["collection_id"]
        day = _day(row["lid_at"])
        found.append(CountRow(row["collection_id"], row["box_id"], day, row["summed"]))
    return found


def _slips(ask: Any) -> list[SlipRow]:
    boxes: dict[str, set[str]] = {}
    for remittance, box in ask(
        "SELECT r.remittance_id, c.box_id FROM remittance_collections r"
        " JOIN collections c ON c.collection_id = r.collection_id"
    ):
        boxes.setdefault(remittance, set()).add(box)
    rows = ask(
        "SELECT remittance_id, account_id, amount_idr, paid_at FROM remittances"  # noqa: S608
        f" WHERE {_stands('remittance', 'remittance_id')}"
    )
    return [
        SlipRow(account, tuple(sorted(boxes[name])), _day(paid_at), amount)
        for name, account, amount, paid_at in rows
    ]


def _lines(ask: Any) -> list[LineRow]:
    rows = ask(
        "SELECT line_id, account_id, booked_on, amount_idr, description FROM statement_lines"
    )
    return [
        LineRow(line, account, date.fromisoformat(on), amount, text)
        for line, account, on, amount, text in rows
    ]


def _payments(ask: Any) -> list[PaymentRow]:
    rows = ask(
        "SELECT p.payment_id, p.reference, p.box_id, p.amount_idr, p.paid_at, s.state"  # noqa: S608
        " FROM payments p LEFT JOIN payment_states s ON s.payment_id = p.payment_id"
        f" WHERE {_stands('payment', 'CAST(p.payment_id AS TEXT)')}"
    )
    return [
        PaymentRow(number, reference, box, amount, _day(paid_at), state or "")
        for number, reference, box, amount, paid_at, state in rows
    ]


def _matches(ask: Any) -> list[MatchRow]:
    rows = ask(
        "SELECT match_key, relation, state, box_id, left_ids, right_ids, left_idr, right_idr,"
        " evidence FROM money_matches"
    )
    return [
        MatchRow(
            key,
            relation,
            state,
            box,
            tuple(json.loads(left)),
            tuple(json.loads(right)),
            left_idr,
            right_idr,
            json.loads(evidence),
        )
        for key, relation, state, box, left, right, left_idr, right_idr, evidence in rows
    ]


def _cases(ask: Any) -> list[CaseRow]:
    rows = ask("SELECT kind, subject, box_id, found_at, evidence, state FROM discrepancies")
    return [
        CaseRow(kind, subject, box, _instant(at), json.loads(evidence), state != "resolved")
        for kind, subject, box, at, evidence, state in rows
    ]


def _ledger_counted(ask: Any) -> dict[str, int]:
    """Return by collection what the ledger holds as counted, reversals taken off."""
    rows = ask(
        "SELECT key, amount_idr, reverses FROM ledger_entries WHERE key LIKE 'collection/%'"
    )
    found: dict[str, int] = {}
    for key, amount, reverses in rows:
        name = key.removeprefix("collection/")
        found[name] = found.get(name, 0) + (-amount if reverses else amount)
    return found


def _ledger_bank(ask: Any) -> dict[str, int]:
    """Return by account what the ledger has confirmed at the bank."""
    rows = ask(
        "SELECT target, amount_idr FROM ledger_entries UNION ALL"
        " SELECT source, -amount_idr FROM ledger_entries"
    )
    found: dict[str, int] = {}
    for place, amount in rows:
        if place.startswith("bank_confirmed"):
            account = place.removeprefix("bank_confirmed").strip("/:")
            found[account] = found.get(account, 0) + amount
    return found


def _instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _day(microseconds: int) -> date:
    return _instant(microseconds).astimezone(WIB).date()
