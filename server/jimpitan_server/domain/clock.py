"""Where time comes from: a port, so that everything can be stepped."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time; the one place that may ask the machine for it is its adapter."""

    def now(self) -> datetime:
        """Return the present instant as aware UTC."""
        ...
