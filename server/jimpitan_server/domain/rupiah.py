"""Rupiah: whole, exact money, and how the texts of banks become it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from jimpitan_server.domain.money_errors import MoneyMalformed

# The largest whole number that JavaScript holds exactly (ECMA-262, Number.MAX_SAFE_INTEGER):
# the phone that shows an amount must be able to hold it.
RUPIAH_MAX = (1 << 53) - 1
# More than the national agency's yearly collection in one entry is a slipped decimal point. The
# bound keeps every sum of entries far below `RUPIAH_MAX`.
ENTRY_IDR_MAX = 10**12
_TEXT_LENGTH_MAX = 40
_SEN_DIGITS_MAX = 2


class NumberStyle(StrEnum):
    """How a bank writes numbers; declared per source, because `10.000` alone does not tell."""

    INDONESIAN = "indonesian"
    """`1.000,00`: points between thousands, a comma before the sen."""
    ENGLISH = "english"
    """`1,000.00`: commas between thousands, a point before the sen."""
    PLAIN = "plain"
    """`25000.00`: no grouping, a point before the sen, as in SNAP messages."""


_SIGN_AND_CURRENCY = r"(?P<sign>[+-]?)(?:(?:IDR|Rp\.?) ?)?"
_NUMBERS = {
    NumberStyle.INDONESIAN: r"(?P<whole>[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,(?P<sen>[0-9]+))?",
    NumberStyle.ENGLISH: r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.(?P<sen>[0-9]+))?",
    NumberStyle.PLAIN: r"(?P<whole>[0-9]+)(?:\.(?P<sen>[0-9]+))?",
}
_PATTERNS = {
    style: re.compile(_SIGN_AND_CURRENCY + number, re.IGNORECASE)
    for style, number in _NUMBERS.items()
}


@dataclass(frozen=True, slots=True, order=True)
class Rupiah:
    """An amount in whole rupiah; below zero it is a variance or a debit."""

    amount: int

    def __post_init__(self) -> None:
        """Refuse everything that is not an exact whole number."""
        if type(self.amount) is not int:
            raise TypeError(f"rupiah are whole numbers, not {type(self.amount).__name__}")
        if abs(self.amount) > RUPIAH_MAX:
            raise OverflowError("more rupiah than a phone can show")

    def __add__(self, other: "Rupiah") -> "Rupiah":
        """Return the sum; only rupiah add to rupiah."""
        if not isinstance(other, Rupiah):
            return NotImplemented
        return Rupiah(self.amount + other.amount)

    def __sub__(self, other: "Rupiah") -> "Rupiah":
        """Return the difference; only rupiah come off rupiah."""
        if not isinstance(other, Rupiah):
            return NotImplemented
        return Rupiah(self.amount - other.amount)

    def __mul__(self, times: int) -> "Rupiah":
        """Return this amount a whole number of times."""
        if type(times) is not int:
            return NotImplemented
        return Rupiah(self.amount * times)

    __rmul__ = __mul__

    def __neg__(self) -> "Rupiah":
        """Return the same amount on the other side."""
        return Rupiah(-self.amount)

    def __abs__(self) -> "Rupiah":
        """Return the amount without its sign."""
        return Rupiah(abs(self.amount))

    def __bool__(self) -> bool:
        """Tell whether there is any money at all."""
        return self.amount != 0

    def split_evenly(self, parts: int) -> tuple["Rupiah", ...]:
        """Return `parts` amounts that sum exactly; the first ones carry the odd rupiah."""
        if type(parts) is not int or parts < 1:
            raise ValueError("money is split into at least one part")
        share, odd = divmod(self.amount, parts)
        return tuple(Rupiah(share + (1 if part < odd else 0)) for part in range(parts))


NOTHING = Rupiah(0)


def total(amounts: Iterable[Rupiah]) -> Rupiah:
    """Return the sum of `amounts`, which may be none."""
    return Rupiah(sum([amount.amount for amount in amounts]))


def parse_rupiah(text: str, style: NumberStyle) -> Rupiah:
    """Return the money that a bank's text states, or raise `MoneyMalformed`.

    Sen other than zero are refused and never rounded; so are exponents and words.
    """
    trimmed = text.strip(" \t\u00a0")
    found = _PATTERNS[style].fullmatch(trimmed) if len(trimmed) <= _TEXT_LENGTH_MAX else None
    if found is None:
        raise MoneyMalformed(f"{trimmed[:_TEXT_LENGTH_MAX]!r} is no amount in {style} style")
    if len(found["sen"] or "") > _SEN_DIGITS_MAX:
        raise MoneyMalformed(f"{trimmed!r} has more than two digits of sen: which style is it?")
    if int(found["sen"] or 0):
        raise MoneyMalformed(f"{trimmed!r} has sen, which no rupiah account can hold")
    amount = int(found["whole"].replace(".", "").replace(",", ""))
    if amount > RUPIAH_MAX:
        raise MoneyMalformed(f"{trimmed!r} is more money than there is")
    return Rupiah(-amount if found["sign"] == "-" else amount)
