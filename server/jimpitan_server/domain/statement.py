"""An account statement: its lines, what makes a line one line, and how a bank lays them out."""

import hashlib
from dataclasses import dataclass, field
from datetime import date, time

from jimpitan_server.domain.rupiah import Rupiah, total
from jimpitan_server.domain.statement_gaps import Stretch
from jimpitan_server.domain.statement_sheet import FaultKind


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
    row_hash: str = field(init=False)

    def __post_init__(self) -> None:
        """Make `row_hash`: what the line says, without the place where it stands in a file."""
        parts = (
            self.booked_on.isoformat(),
            self.booked_time.isoformat() if self.booked_time else "",
            str(self.amount.amount),
            str(self.balance.amount) if self.balance is not None else "",
            " ".join(self.description.upper().split()),
            self.reference.upper(),
        )
        fingerprint = hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass"))
        object.__setattr__(self, "row_hash", fingerprint.hexdigest())

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
    kind: FaultKind

    def __str__(self) -> str:
        """Return the place and the sentence in one line."""
        return f"{self.file_name}, line {self.line_number}, {self.column}: {self.sentence}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementReading:
    """What a file says; with any fault in it nothing of the file may be taken.

    `profile` is empty when no layout fits; `pending` lines are announced by the bank and not
    booked yet, `skipped` ones are no movements.
    """

    profile: str
    lines: tuple[StatementLine, ...]
    faults: tuple[LineFault, ...]
    skipped: int = 0
    pending: int = 0
    stretch: Stretch | None = None

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
