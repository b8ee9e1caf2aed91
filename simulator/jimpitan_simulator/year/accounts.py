"""The simulated bank: its own accounts, what it tells of payments, and its statements as files.

It shares no code with the server. It errs as banks do: messages come late, twice or never, and
payments are given back. `evidence_of` is all that anybody but the donor can know of one payment.
"""

import csv
import hashlib
import io
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from jimpitan_simulator.year.plan import ACCOUNTS, WIB, Place
from jimpitan_simulator.year.truth import Paid, day_of

# Shares of payments (EST): nobody publishes how often acquirers' messages fail.
MISSING, LATE, DOUBLED, REFUNDED = 0.02, 0.06, 0.05, 0.01
LATE_HOURS = (2.0, 72.0)
NAMED_IN_TEXT = 0.7  # of the lines of acc-each, this share names the terminal too
OPENING_IDR = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What the bank does about one payment, drawn once."""

    missing: bool
    late_h: float
    doubled_min: float | None
    refunded_at: datetime | None
    names_terminal: bool
    lag_days: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an account, as the bank keeps it."""

    account: str
    at: datetime
    amount_idr: int
    text: str
    reference: str
    payments: tuple[str, ...] = ()  # whose money it is; on no statement


@dataclass(frozen=True, slots=True)
class Told:
    """A message of the bank, when it is sent."""

    at: datetime
    account: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One payment as the bank books it: where, under which label, and its fate."""

    paid: Paid
    account: str
    terminal: str | None
    fate: Fate


@dataclass(slots=True)
class YearBank:
    """The accounts of a year."""

    lines: list[Line] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)

    def take(
        self,
        draw: random.Random,
        paid: Paid,
        account: str,
        terminal: str | None,
        *,
        is_gift: bool = True,
    ) -> None:
        """Take a payment in, and draw what becomes of it; only gifts are given back."""
        fate = _fate(draw, paid)
        if not is_gift:
            fate = replace(fate, refunded_at=None)
        self.customers.append(Customer(paid=paid, account=account, terminal=terminal, fate=fate))

    def close(self) -> None:
        """Book and tell everything, once all payments are known."""
        batches: dict[tuple[str, str | None, date], list[Customer]] = defaultdict(list)
        for one in self.customers:
            self._tell(one)
            way = ACCOUNTS[one.account][0]
            if way == "payment":
                self._book((one,), one.paid.at + timedelta(hours=1))
            else:
                label = one.terminal if way == "terminal_daily" else None
                batches[one.account, label, day_of(one.paid.at)].append(one)
        for part in batches.values():
            first = min(one.paid.at for one in part).astimezone(WIB)
            midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
            lag = timedelta(days=part[0].fate.lag_days, hours=6)
            self._book(tuple(part), midnight + lag)
        self.lines.sort(key=lambda line: (line.at, line.account, line.text, line.amount_idr))
        self.told.sort(key=lambda told: (told.at, told.body))

    def _book(self, part: tuple[Customer, ...], at: datetime) -> None:
        text, reference = text_of(part[0])
        amount_idr = sum(one.paid.amount_idr for one in part)
        names = tuple(one.paid.reference for one in part)
        self.lines.append(Line(part[0].account, at, amount_idr, text, reference, names))
        for one in part:
            back = one.fate.refunded_at
            if back is not None:
                words = f"REFUND QRIS {one.paid.reference}"
                self.lines.append(Line(one.account, back, -one.paid.amount_idr, words, ""))

    def _tell(self, one: Customer) -> None:
        fate = one.fate
        if not fate.missing:
            at = one.paid.at + timedelta(hours=fate.late_h, seconds=3)
            self.told.append(Told(at, one.account, message_of(one)))
            if fate.doubled_min is not None:
                again = at + timedelta(minutes=fate.doubled_min)
                self.told.append(Told(again, one.account, message_of(one)))
        if fate.refunded_at is not None:
            self.told.append(Told(fate.refunded_at, one.account, message_of(one, status="04")))


def _fate(draw: random.Random, paid: Paid) -> Fate:
    is_gone, is_late, is_doubled, is_back = (
        draw.random() < share for share in (MISSING, LATE, DOUBLED, REFUNDED)
    )
    return Fate(
        missing=is_gone,
        late_h=draw.uniform(*LATE_HOURS) if is_late else 0.0,
        doubled_min=draw.uniform(1, 300) if is_doubled else None,
        refunded_at=paid.at + timedelta(days=draw.uniform(3.5, 6)) if is_back else None,
        names_terminal=draw.random() < NAMED_IN_TEXT,
        lag_days=1 + (hash_share(day_of(paid.at).isoformat()) < 0.2),
    )


def hash_share(text: str) -> float:
    """Return a number between 0 and 1 that belongs to a text, the same in every process."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) / 2**32


def message_of(one: Customer, status: str = "00") -> bytes:
    """Return the body of a notification of service 52."""
    extra = {
        "merchantName": "KOTA SIMULASI",
        "paidTime": one.paid.at.astimezone(WIB).isoformat(timespec="seconds"),
        "rrn": rrn_of(one.paid.reference),
    }
    if one.terminal is not None:
        extra["terminalId"] = one.terminal
    return json.dumps(
        {
            "originalReferenceNo": one.paid.reference,
            "latestTransactionStatus": status,
            "transactionStatusDesc": "Success" if status == "00" else "Refunded",
            "amount": {"value": f"{one.paid.amount_idr}.00", "currency": "IDR"},
            "additionalInfo": extra,
        },
        separators=(",", ":"),
    ).encode()


def rrn_of(reference: str) -> str:
    """Return the twelve digits of the switch for a payment."""
    return f"{int.from_bytes(hashlib.sha256(reference.encode()).digest()[:6]) % 10**12:012d}"


def text_of(one: Customer) -> tuple[str, str]:
    """Return the text and the reference of the statement line that a payment ends in."""
    label = one.terminal or ""
    if one.account == "acc-each":
        named = f" {label}" if label and one.fate.names_terminal else ""
        return f"QRIS CR {one.paid.reference}{named}", one.paid.reference
    if one.account == "acc-plain":
        return "QRIS MERCHANT CR", ""
    if one.account == "acc-terminal" and label:
        return f"QRIS SETTLEMENT {label}", ""
    return "QRIS SETTLEMENT", ""


def evidence_of(one: Customer, place: Place) -> tuple[object, ...]:
    """Return all that would be known of this payment to others, had it been made at `place`.

    The message, if one is sent, and the line of the statement; a shared code has no label.
    """
    terminal = place.terminal if place.mode == "own" else None
    other = Customer(paid=one.paid, account=place.account, terminal=terminal, fate=one.fate)
    message = None if one.fate.missing else message_of(other)
    return place.account, message, text_of(other)


def statement_of(
    account: str, lines: Sequence[Line], *, since: datetime, until: datetime
) -> tuple[str, bytes]:
    """Return name and content of a statement file in the layout of the account's bank."""
    layout = ACCOUNTS[account][1]
    balance = OPENING_IDR
    rows: list[tuple[Line, int]] = []
    for line in lines:
        if line.account != account or line.at >= until:
            continue
        balance += line.amount_idr
        if line.at >= since:
            rows.append((line, balance))
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\r\n")
    writer.writerow(_HEADS[layout])
    for line, after in rows:
        writer.writerow(_cells(layout, line, after))
    name = f"{account}-{day_of(since):%Y%m%d}-{day_of(until):%Y%m%d}.csv"
    return name, page.getvalue().encode()


_HEADS: Mapping[str, tuple[str, ...]] = {
    "bsi": ("TrxId", "Tanggal", "Trx Time", "D/K", "Mutasi", "Saldo", "Keterangan"),
    "jimpitan": ("date", "time", "amount", "balance", "description", "reference"),
    "bri": (
        "NOREK",
        "TGL_TRAN",
        "JAM_TRAN",
        "DESK_TRAN",
        "SALDO_AWAL_MUTASI",
        "MUTASI_DEBIT",
        "MUTASI_KREDIT",
        "SEQ",
    ),
    "mandiri": ("Tgl.", "Rincian Transaksi", "No. Referensi", "Debit", "Kredit", "Saldo"),
}


def _cells(layout: str, line: Line, after: int) -> tuple[str, ...]:
    local, amount = line.at.astimezone(WIB), line.amount_idr
    debit, credit = max(-amount, 0), max(amount, 0)
    if layout == "bsi":
        side, sum_ = ("K" if amount > 0 else "D"), _points(abs(amount))
        day = local.strftime("%d/%m/%Y")
        return (
            line.reference, day, f"{local:%H:%M:%S}", side, sum_, _points(after), line.text
        )  # fmt: skip
    if layout == "bri":
        before = after - amount
        return (
            "000901000000000",
            f"{local:%Y-%m-%d}",
            f"{local:%H%M%S}",
            line.text,
            f"{before}.00",
            f"{debit}.00",
            f"{credit}.00",
            line.reference,
        )
    if layout == "mandiri":
        day = local.strftime("%d/%m/%Y")
        debit_, credit_ = (f"{one:,}.00" for one in (debit, credit))
        return day, line.text, line.reference, debit_, credit_, f"{after:,}.00"
    day, hour = f"{local:%Y-%m-%d}", f"{local:%H:%M:%S}"
    return day, hour, str(amount), str(after), line.text, line.reference


def _points(amount_idr: int) -> str:
    return f"{amount_idr:,}".replace(",", ".") + ",00"


def totals_by_day(lines: Sequence[Line]) -> Iterator[tuple[tuple[str, date, bool], int]]:
    """Yield account, day and side of every line with its rupiah."""
    for line in lines:
        yield (line.account, day_of(line.at), line.amount_idr > 0), line.amount_idr
