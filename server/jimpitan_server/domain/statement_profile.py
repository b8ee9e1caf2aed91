"""How a bank lays out one export of an account statement, and the check of such a description."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from jimpitan_server.domain.money_errors import ProfileMalformed
from jimpitan_server.domain.rupiah import NumberStyle

Names = tuple[str, ...]
_MEANINGS = (
    "date",
    "time",
    "amount",
    "debit",
    "credit",
    "direction",
    "balance",
    "balance_before",
    "reference",
    "account",
    "currency",
)
_PLAIN_TEXTS = ("bank", "source")
_YES_OR_NO = ("direction_in_amount", "verified")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementProfile:
    """How one bank lays out one export: columns by the names that may head them.

    Money stands in one of three ways: `debit` and `credit` columns; `amount` with a `direction`
    column (or a direction word behind the amount itself); or a signed `amount`. `balance` is
    what stood after a line, `balance_before` what stood before it. `style` lists the ways in
    which the bank may write numbers: one of them must fit the whole file. With whole rupiah no
    text has two readings, because three digits behind a sign are never sen.

    `verified` is true only when the layout was tried on a file that came from the bank.
    """

    name: str
    style: tuple[NumberStyle, ...]
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
    balance_before: Names = ()
    reference: Names = ()
    account: Names = ()
    currency: Names = ()
    pending_words: Names = ("PEND", "PENDING")
    skip_words: Names = ("SALDO AWAL", "SALDO AKHIR", "TOTAL MUTASI", "OPENING BALANCE")
    bank: str = ""
    source: str = ""
    verified: bool = False
    columns: Mapping[str, Names] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse a profile that could read no money or would have to guess."""
        if not (self.style and self.date and self.date_formats and self.description):
            raise ProfileMalformed(f"profile {self.name}: style, date, formats and description")
        if bool(self.debit) != bool(self.credit) or bool(self.amount) == bool(self.debit):
            raise ProfileMalformed(f"profile {self.name}: amount, or debit and credit")
        if (self.direction or self.direction_in_amount) and not self.amount:
            raise ProfileMalformed(f"profile {self.name}: a direction needs an amount")
        if self.balance and self.balance_before:
            raise ProfileMalformed(f"profile {self.name}: balance or balance_before, not both")
        names = {meaning: getattr(self, meaning) for meaning in _MEANINGS}
        columns = {"description": self.description} | {k: v for k, v in names.items() if v}
        object.__setattr__(self, "columns", columns)


def profile_of(name: str, described: Mapping[str, object]) -> StatementProfile:
    """Return the profile that data describe: texts or lists of texts by field name."""
    known = {k for k, one in StatementProfile.__dataclass_fields__.items() if one.init}
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
    if key in _YES_OR_NO:
        if not isinstance(value, bool):
            raise ProfileMalformed(f"profile {name}: {key} is true or false")
        return value
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise ProfileMalformed(f"profile {name}: {key} is a text or a list of texts")
    if key in _PLAIN_TEXTS:
        return " ".join(texts)
    return _styles_of(name, texts) if key == "style" else tuple(texts)


def _styles_of(name: str, texts: list[str] | tuple[str, ...]) -> tuple[NumberStyle, ...]:
    unknown = [text for text in texts if text not in tuple(NumberStyle)]
    if unknown:
        raise ProfileMalformed(f"profile {name}: {unknown[0]!r} is no style of numbers")
    return tuple(NumberStyle(text) for text in texts)
