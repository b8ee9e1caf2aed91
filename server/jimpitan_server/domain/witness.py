"""The second person at a count, who confirms it with a PIN of her own.

A PIN is short, so what protects it is that few tries are allowed: this module counts them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from jimpitan_server.domain.errors import Malformed

PIN_LENGTH = 6
# Five tries of a million PINs, then a quarter of an hour: who tries all day and night finds one
# PIN in three years on average, and every lock stands in the audit log.
TRIES_MAX = 5
LOCKED_FOR = timedelta(minutes=15)
# The second person stands at the table. A phone without a network may bring the count later,
# the PIN then too; on the next day nobody remembers how much lay there.
WITNESS_WITHIN = timedelta(hours=24)


class WitnessState(StrEnum):
    """What became of the confirmation of a count."""

    CONFIRMED = "confirmed"
    """A second person confirmed the count with her own PIN."""
    MISSING = "missing"
    """Nobody has tried to confirm it."""
    PIN_WRONG = "pin_wrong"
    """The PIN was not hers; the count is kept, and she may try again."""
    LOCKED = "locked"
    """Too many wrong tries; her PIN rests for a quarter of an hour."""
    UNKNOWN = "unknown"
    """There is no such person, or the person has set no PIN."""
    OWN = "own"
    """Who counted cannot be the second person."""
    LATE = "late"
    """The count is too old to be confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """How many wrong tries in a row there were, and until when no other is looked at."""

    wrong: int = 0
    locked_until: datetime | None = None

    def is_locked(self, now: datetime) -> bool:
        """Tell whether no PIN is looked at now."""
        return self.locked_until is not None and now < self.locked_until

    def after_one_more(self, now: datetime) -> "Tries":
        """Return the tries with one that counts as wrong until it proves right."""
        assert not self.is_locked(now), "what is locked is not tried"
        wrong = (0 if self.locked_until else self.wrong) + 1
        if wrong < TRIES_MAX:
            return Tries(wrong=wrong)
        return Tries(wrong=wrong, locked_until=now + LOCKED_FOR)


def check_pin(pin: str) -> None:
    """Refuse what is no PIN, and what everybody tries first."""
    if len(pin) != PIN_LENGTH or not (pin.isascii() and pin.isdecimal()):
        raise Malformed(f"A PIN has {PIN_LENGTH} digits.", code="pin_malformed")
    steps = {int(right) - int(left) for left, right in pairwise(pin)}
    if steps in ({0}, {1}, {-1}):
        raise Malformed(
            "Choose another PIN: not one digit again and again, and not in a row.",
            code="pin_weak",
        )
