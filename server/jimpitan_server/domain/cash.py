"""A cash count: how many pieces of each denomination two people found in a box."""

from collections.abc import Mapping
from dataclasses import dataclass

from jimpitan_server.domain.money_errors import CountMalformed
from jimpitan_server.domain.rupiah import Rupiah

# Coins and notes that Bank Indonesia issues and takes back (bi.go.id, "Uang Rupiah"), from the
# 100 rupiah coin up; 75,000 is the note of 2020 (PBI 22/11/PBI/2020), legal tender like any.
DENOMINATIONS = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 75_000, 100_000)
# A box of 20 x 10 x 40 cm holds about 8 litres, less than ten thousand coins; ten times that
# leaves room for a table where several boxes are emptied, and catches a slipped finger.
PIECES_MAX = 100_000


@dataclass(frozen=True, slots=True)
class CashCount:
    """Pieces by denomination, highest first, without empty rows."""

    pieces: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        """Refuse a count that nobody can have made."""
        seen = [denomination for denomination, _ in self.pieces]
        if seen != sorted(set(seen), reverse=True):
            raise CountMalformed("denominations stand once each, highest first")
        for denomination, number in self.pieces:
            if type(denomination) is not int or denomination not in DENOMINATIONS:
                raise CountMalformed(f"there is no rupiah coin or note of {denomination}")
            if type(number) is not int or not 0 < number <= PIECES_MAX:
                raise CountMalformed(f"{number} pieces of {denomination} cannot be counted")

    @classmethod
    def of(cls, pieces_by_denomination: Mapping[int, int]) -> "CashCount":
        """Return the count of a mapping; denominations with no pieces fall away."""
        rows = [(key, number) for key, number in pieces_by_denomination.items() if number != 0]
        return cls(tuple(sorted(rows, reverse=True)))

    @property
    def total(self) -> Rupiah:
        """The money on the table."""
        return Rupiah(sum(denomination * number for denomination, number in self.pieces))

    @property
    def piece_count(self) -> int:
        """How many coins and notes there are."""
        return sum(number for _, number in self.pieces)

    def pieces_by_denomination(self) -> dict[int, int]:
        """Return the rows as a mapping, highest denomination first."""
        return dict(self.pieces)
