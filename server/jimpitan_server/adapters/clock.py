"""The machine's clock."""

from datetime import UTC, datetime


class SystemClock:
    """Tells the time of this machine."""

    def now(self) -> datetime:
        """Return the present instant as aware UTC."""
        return datetime.now(UTC)  # noqa: TID251  (the one place that may ask)
