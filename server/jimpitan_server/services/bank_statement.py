"""Reads a bank's answer to the question for a statement (SNAP service 14).

The lines go on as a file of the plainest layout, through the same door as a statement that a
person imports. Times of day are left out: acquirers write them differently, and what makes a line
one line must not change with that.
"""

import csv
import io
import json
from collections.abc import Mapping
from datetime import date, datetime

from jimpitan_server.domain.bank_day import WIB, bank_day
from jimpitan_server.domain.errors import Malformed
from jimpitan_server.domain.money_errors import MoneyMalformed
from jimpitan_server.domain.notification import parse_instant
from jimpitan_server.domain.rupiah import NOTHING, NumberStyle, Rupiah, parse_rupiah, total
from jimpitan_server.domain.statement_profile import StatementProfile

LINES_MAX = 100_000
PROFILE = StatementProfile(
    name="snap-14",
    style=(NumberStyle.PLAIN,),
    date=("date",),
    date_formats=("%Y-%m-%d",),
    amount=("amount",),
    description=("description",),
    reference=("reference",),
)
_CREDIT = {"CREDIT", "KREDIT", "CR", "C", "K"}
_DEBIT = {"DEBIT", "DEBET", "DB", "DR", "D"}
# Names that banks use for one field (BRI, Bank Raya); case does not count.
_DATES = ("transactionDate", "dateTime", "transactionDateTime", "postDate", "date")
_TEXTS = ("remark", "remarkCustom", "description")
_REFERENCES = ("transactionId", "referenceNo", "referenceNumber")


def statement_question(account_no: str, since: date, until: date) -> dict[str, object]:
    """Return what to ask for whole days of WIB."""
    first = datetime(since.year, since.month, since.day, tzinfo=WIB)
    last = datetime(until.year, until.month, until.day, 23, 59, 59, tzinfo=WIB)
    return {
        "accountNo": account_no,
        "fromDateTime": first.isoformat(),
        "toDateTime": last.isoformat(),
    }


def statement_file(body: bytes, *, since: date, until: date) -> bytes | None:
    """Return the lines of an answer as a file, None when there are none; refuse half of one."""
    told = _object(body)
    lines = told.get("detailData") or []
    if not isinstance(lines, list) or len(lines) > LINES_MAX:
        raise Malformed("The bank's statement has no list of lines, or too long a one.")
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(("date", "amount", "description", "reference"))
    amounts = []
    for number, line in enumerate(lines, start=1):
        row = _row(line, number, since=since, until=until)
        amounts.append(row[1])
        writer.writerow((row[0].isoformat(), str(row[1].amount), row[2], row[3]))
    _check_total(told, amounts)
    return page.getvalue().encode() if lines else None


def _object(body: bytes) -> Mapping[str, object]:
    try:
        told = json.loads(body.decode("utf-8"), parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        raise Malformed("The bank's statement is no JSON.") from None
    if not isinstance(told, dict):
        raise Malformed("The bank's statement is no object.")
    return told


def _row(line: object, number: int, *, since: date, until: date) -> tuple[date, Rupiah, str, str]:
    if not isinstance(line, dict):
        raise Malformed(f"Line {number} of the bank's statement is no object.")
    fields = {str(name).lower(): value for name, value in line.items()}
    day = _day(_first(fields, _DATES), number)
    if not since <= day <= until:
        raise Malformed(f"Line {number} of the bank's statement is of a day not asked for.")
    amount = _amount(fields.get("amount"), number)
    direction = str(fields.get("type", "")).upper()
    if direction not in _CREDIT | _DEBIT or amount <= NOTHING:
        raise Malformed(f"Line {number} of the bank's statement is neither debit nor credit.")
    signed = amount if direction in _CREDIT else -amount
    return day, signed, _first(fields, _TEXTS), _first(fields, _REFERENCES)


def _first(fields: Mapping[str, object], names: tuple[str, ...]) -> str:
    """Return the first of these fields that says anything, in one line."""
    for name in names:
        value = fields.get(name.lower())
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())
    return ""


def _day(text: str, number: int) -> date:
    stated = parse_instant(text)
    if stated is None:
        raise Malformed(f"Line {number} of the bank's statement has no date.")
    return bank_day(stated)


def _amount(value: object, number: int) -> Rupiah:
    text = value.get("value") if isinstance(value, dict) else value
    currency = value.get("currency", "IDR") if isinstance(value, dict) else "IDR"
    try:
        if currency != "IDR":
            raise MoneyMalformed("another currency")
        return parse_rupiah(text if isinstance(text, str) else "", NumberStyle.PLAIN)
    except MoneyMalformed as error:
        raise Malformed(
            f"Line {number} of the bank's statement has no amount: {error.sentence}."
        ) from None


def _check_total(told: Mapping[str, object], amounts: list[Rupiah]) -> None:
    """Refuse an answer whose lines are not those it says it sums up: a page may be missing."""
    for name, sign in (("totalCreditEntries", 1), ("totalDebitEntries", -1)):
        said = told.get(name)
        if not isinstance(said, dict) or said.get("amount") is None:
            continue
        found = total(amount * sign for amount in amounts if amount * sign > NOTHING)
        if _amount(said["amount"], 0) != found:
            raise Malformed(f"The bank's statement lacks lines: {name} is another sum.")
