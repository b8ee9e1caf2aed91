"""Reads SWIFT MT940 as rows: `:61:` with its `:86:`, and the balances of `:60F:` and `:62F:`.

The library takes the tags apart; here lines get their place in the file, every block is checked
against its own closing balance, and reversals count with their sign.
"""

import logging
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from mt940.models import Amount, Balance, Transaction, Transactions
from mt940.options import Options

from jimpitan_server.domain.statement_sheet import FaultKind, Row, Sheet, Unreadable

# The header that the profile `mt940` looks for.
HEADER = (
    ":61: date",
    ":61: amount",
    ":60F: and :61: balance",
    ":86: text",
    ":61: reference",
    ":25: account",
    ":60F: currency",
)
_BEGINS = re.compile(rb"\A[\s\S]{0,2000}?^:20:[\s\S]{0,2000}?^:(25|28|28C|60[FM]|61|34F):", re.M)
_BLOCK = re.compile(r"(?m)^(?=:20:)")
_LINE = re.compile(r"(?m)^:61:")
_END = re.compile(r"(?m)^:62[FM]:.*$")
_REFERENCES = ("customer_reference", "bank_reference")
_NO_REFERENCE = "NONREF"


def is_mt940(content: bytes) -> bool:
    """Tell whether a file begins like an MT940: a reference, then an account or a balance."""
    return _BEGINS.match(content[:5_000].replace(b"\r\n", b"\n")) is not None


def sheet_of_mt940(content: bytes) -> Sheet:
    """Return the lines of all blocks as one sheet; raise `Unreadable` naming line and tag."""
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Unreadable("an MT940 file is plain text") from error
    # The library logs lines that it cannot read, and lines name donors.
    logging.getLogger("mt940").setLevel(logging.CRITICAL + 1)
    rows: list[Row] = [(1, HEADER)]
    line_number = 1
    for part in _BLOCK.split(text):
        if part.startswith(":20:"):
            rows += _block(part, line_number)
        line_number += part.count("\n")
    return Sheet("MT940", lambda: iter(rows))


def _block(part: str, begins_at: int) -> Iterator[Row]:
    places = [begins_at + part.count("\n", 0, found.start()) for found in _LINE.finditer(part)]
    end = _END.search(part)
    if end is None:
        raise Unreadable("no closing balance", line_number=begins_at, column=":62F:")
    block = _parsed(part[: end.end()], begins_at)  # what follows is about no single line
    opening = _balance(block, "opening", begins_at)
    closing = _balance(block, "closing", begins_at)
    lines = [one for one in block.transactions if "amount" in one.data]
    if len(lines) != len(places):
        raise Unreadable(
            "a line of this block is lost",
            kind=FaultKind.CELL,
            line_number=begins_at,
            column=":61:",
        )
    shared = (str(block.data.get("account_identification") or ""), str(opening.currency))
    balance = opening.amount
    for place, line in zip(places, lines, strict=True):
        balance += line.data["amount"].amount
        yield place, (*_cells(line, balance), *shared)
    if balance != closing.amount:
        raise Unreadable(
            "the closing balance does not follow from the lines: some are missing",
            kind=FaultKind.BALANCE,
            line_number=begins_at + part.count("\n", 0, end.start()),
            column=":62F:",
        )


def _parsed(part: str, begins_at: int) -> Transactions:
    """Return a block with its texts as they stand: a German bank's sub-tags are not ours."""
    raw_details: dict[str, list[object]] = {"post_transaction_details": []}
    block = Transactions(raw_details, options=Options.all())  # type: ignore[arg-type]
    try:
        block.parse(part)
    except (RuntimeError, ValueError, ArithmeticError) as error:
        raise Unreadable(
            "a tag of this block cannot be read",
            kind=FaultKind.CELL,
            line_number=begins_at,
            column=":20:",
        ) from error
    return block


def _balance(block: Transactions, which: str, begins_at: int) -> Amount:
    for name in (f"final_{which}_balance", f"intermediate_{which}_balance"):
        balance = block.data.get(name)
        if isinstance(balance, Balance) and isinstance(balance.amount, Amount):
            return balance.amount
    sentence = f"no {which} balance: import the MT940 of a whole day, no interim report (MT942)"
    raise Unreadable(sentence, line_number=begins_at, column=":60F:")


def _cells(line: Transaction, balance: Decimal) -> tuple[str | Decimal, ...]:
    found = line.data
    day: date = found.get("entry_date") or found["date"]
    references = [str(found.get(name) or "") for name in _REFERENCES]
    return (
        day.isoformat(),
        found["amount"].amount,
        balance,
        _flat(f"{found.get('transaction_details') or ''} {found.get('extra_details') or ''}"),
        _flat(" ".join(one for one in references if one != _NO_REFERENCE)),
    )


def _flat(text: str) -> str:
    return " ".join(text.split())
