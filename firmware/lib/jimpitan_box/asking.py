"""Ask the broker for the retained blocks of a release, one at a time, and not for ever."""

from jimpitan_wire import topics

MYPY = False
if MYPY:
    from jimpitan_box.config import Config
    from jimpitan_box.mqtt import Client


class Asking:
    """The one block that is asked for; times are uptime in ms."""

    def __init__(self, client: "Client", config: "Config") -> None:
        self._client = client
        self._config = config
        self._number: "int | None" = None
        self._topic = ""
        self._wait_ms = config.block_ms
        self._asked_ms: "int | None" = None
        self._count = 0  # how often this block was asked for

    def step(self, fingerprint: bytes, number: "int | None", now_ms: int) -> bool:
        """Ask for a block when it is time; return False when it was asked for too often."""
        if number is None:
            return True
        if number != self._number:
            self._number, self._count = number, 0
            self._topic = topics.block_topic(fingerprint, number)
            self._asked_ms, self._wait_ms = None, self._config.block_ms
        if self._asked_ms is not None:
            if now_ms - self._asked_ms < self._wait_ms:
                return True
            self._wait_ms = min(2 * self._wait_ms, self._config.block_ms_max)
        if self._count >= self._config.block_asked_max:
            return False
        if self._client.ask(self._topic):
            self._asked_ms = now_ms
            self._count += 1
        return True

    def answered(self, topic: str) -> "int | None":
        """Return the number of the block that a message on this topic carries, if it was asked."""
        return self._number if topic and topic == self._topic else None

    def satisfied(self) -> None:
        """Note that the block came: it may be asked for again at once."""
        self._asked_ms = None
        self._wait_ms = self._config.block_ms

    def end(self) -> None:
        """Ask for nothing any more."""
        if self._topic:
            self._client.ask("")
        self._number, self._topic, self._asked_ms = None, "", None
