"""The seal of a day: a signed Merkle root over every ledger entry up to the end of that day.

Once published it cannot be taken back: who changes an entry of a sealed day, and be it with the
signing key in hand, no longer fits what others hold.
"""

from dataclasses import dataclass
from datetime import date, timedelta

SEAL_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The root over the first `size` entries, all that were appended up to the end of `day`."""

    day: date
    size: int
    root: bytes

    @property
    def statement(self) -> bytes:
        """What is signed."""
        return (
            f"jimpitan-seal/{SEAL_VERSION}\n{self.day.isoformat()}\n{self.size}\n"
            f"{self.root.hex()}\n"
        ).encode()

    @property
    def notice_line(self) -> str:
        """The seal as one line of a notice that people can copy."""
        return f"{self.day.isoformat()} {self.size} {self.root.hex()}"


def days_to_seal(*, sealed_until: date | None, first: date | None, today: date) -> list[date]:
    """Return the days that are over and not sealed, empty ones too, oldest first.

    `first` is the day of the first entry, None when there is none: then nothing is sealed.
    """
    if first is None:
        return []
    start = sealed_until + timedelta(days=1) if sealed_until else first
    return [start + timedelta(days=number) for number in range((today - start).days)]
