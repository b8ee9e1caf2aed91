"""An authorised visit: the server told the box that a collector may open it, once, for a while."""


class Visit:
    """The one visit that is open, if any; times are uptime in ms."""

    def __init__(self) -> None:
        self.number: "int | None" = None
        self._until_ms = 0
        self._is_used = False

    def authorise(self, number: int, valid_ms: int, uptime_ms: int) -> None:
        """Allow one opening of the lid within `valid_ms`."""
        if self._is_used and self.number is not None:
            return  # a visit is going on; the next one is asked for when the lid is closed
        self.number = number
        self._until_ms = uptime_ms + valid_ms
        self._is_used = False

    def lid_opened(self, uptime_ms: int) -> "int | None":
        """Return the visit that this opening belongs to; a second opening belongs to none."""
        if self.number is None or self._is_used or uptime_ms > self._until_ms:
            return None
        self._is_used = True
        return self.number

    def lid_closed(self) -> "int | None":
        """Return the visit that this closing ends."""
        number, self.number = (self.number, None) if self._is_used else (None, self.number)
        return number
