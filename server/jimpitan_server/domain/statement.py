"""An account statement: its lines, what makes a line one line, and how a bank lays them out."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

from jimpitan_server.domain.money_errors import ProfileMalformed
from jimpitan_server.domain.rupiah import NumberStyle, Rupiah, total


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One line of a statement; `amount` is above zero for a credit and below for a debit.

    `occurrence` counts lines of the same day that look exactly alike: two equal gifts are two
    gifts, while the same line in an overlapping file is still one.
    """

    booked_on: date
    booked_time: time | None
    amount: Rupiah
    balance: Rupiah | None
    description: str
    reference: str
    line_number: int
    occurrence: int = 0

    @property
    def row_hash(self) -> str:
        """What the line says, as a fingerprint without the place where it stands in a file."""
        parts = (
            self.booked_on.isoformat(),
            self.booked_time.isoformat() if self.booked_time else "",
            str(self.amount.amount),
            str(self.balance.amount) if self.balance is not None else "",
            " ".join(self.description.upper().split()),
            self.reference.upper(),
        )
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()

    @property
    def text(self) -> str:
        """Everything in which a bank may have named a payment, a slip or a terminal."""
        return f"{self.description} {self.reference}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFault:
    """What is wrong in a file, where a person can find it; lines and columns count from 1."""

    file_name: str
    line_number: int
    column: str
    sentence: str

    def __str__(self) -> str:
        """Return the place and the sentence in one line."""
        return f"{self.file_name}, line {self.line_number}, {self.column}: {self.sentence}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementReading:
    """What a file says; with any fault in it nothing of the file may be taken."""

    lines: tuple[StatementLine, ...]
    faults: tuple[LineFault, ...]
    skipped: int

    @property
    def credits(self) -> Rupiah:
        """The sum of what came in."""
        return total(line.amount for line in self.lines if line.amount > Rupiah(0))

    @property
    def debits(self) -> Rupiah:
        """The sum of what went out, above zero."""
        return total(-line.amount for line in self.lines if line.amount < Rupiah(0))

    @property
    def first_on(self) -> date | None:
        """The earliest day in the file, if it has any line."""
        return min((line.booked_on for line in self.lines), default=None)

    @property
    def last_on(self) -> date | None:
        """The latest day in the file, if it has any line."""
        return max((line.booked_on for line in self.lines), default=None)


Names = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementProfile:
    """How one bank lays out one export: columns by the names that may head them.

    Money stands in one of three ways: `debit` and `credit` columns; `amount` with a `direction`
    column (or a direction word behind the amount itself); or a signed `amount`.
    """

    name: str
    style: NumberStyle
    date: Names
    date_formats: Names
    description: Names
    time: Names = ()
    time_formats: Names = ("%H:%M:%S", "%H:%M", "%H.%M.%S", "%H.%M")
    amount: Names = ()
    debit: Names = ()
    credit: Names = ()
    direction: Names = ()
    direction_in_amount: bool = False
    credit_words: Names = ("K", "CR", "C", "KREDIT", "CREDIT")
    debit_words: Names = ("D", "DB", "DR", "DEBIT", "DEBET")
    balance: Names = ()
    reference: Names = ()
    pending_words: Names = ("PEND",)
    skip_words: Names = ("SALDO AWAL", "SALDO AKHIR", "TOTAL MUTASI", "OPENING BALANCE")

    def __post_init__(self) -> None:
        """Refuse a profile that could read no money or would have to guess."""
        if not (self.date and self.date_formats and self.description):
            raise ProfileMalformed(f"profile {self.name}: date, its formats and description")
        if bool(self.debit) != bool(self.credit) or bool(self.amount) == bool(self.debit):
            raise ProfileMalformed(f"profile {self.name}: amount, or debit and credit")
        if (self.direction or self.direction_in_amount) and not self.amount:
            raise ProfileMalformed(f"profile {self.name}: a direction needs an amount")

    @property
    def columns(self) -> Mapping[str, Names]:
        """The columns that the header must have, by what they mean."""
        meant = ("date", "time", "amount", "debit", "credit", "direction", "balance")
        names = {meaning: getattr(self, meaning) for meaning in (*meant, "reference")}
        return {"description": self.description} | {k: v for k, v in names.items() if v}


def profile_of(name: str, described: Mapping[str, object]) -> StatementProfile:
    """Return the profile that data describe: texts or lists of texts by field name."""
    known = StatementProfile.__dataclass_fields__
    fields: dict[str, object] = {}
    for key, value in described.items():
        if key not in known or key == "name":
            raise ProfileMalformed(f"profile {name}: there is no field {key!r}")
        fields[key] = _field_of(name, key, value)
    if "style" not in fields:
        raise ProfileMalformed(f"profile {name}: the style of numbers must be declared")
    try:
        return StatementProfile(name=name, **fields)  # type: ignore[arg-type]  # checked above
    except TypeError as error:
        raise ProfileMalformed(f"profile {name}: a field is missing") from error


def _field_of(name: str, key: str, value: object) -> object:
    if key == "style":
        if value not in tuple(NumberStyle):
            raise ProfileMalformed(f"profile {name}: {value!r} is no style of numbers")
        return NumberStyle(str(value))
    if key == "direction_in_amount":
        if not isinstance(value, bool):
            raise ProfileMalformed(f"profile {name}: {key} is true or false")
        return value
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise ProfileMalformed(f"profile {name}: {key} is a text or a list of texts")
    return tuple(texts)
