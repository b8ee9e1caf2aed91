"""What to publish next: every record behind the server's acknowledgement, again and again.

A publication that the broker acknowledged frees the window and nothing else. Only the server's
signed word moves the acknowledged number; while it stands still, everything behind it is sent
again with a growing wait.
"""

from jimpitan_wire import records, topics

from jimpitan_box.jitter import Backoff

MYPY = False
if MYPY:
    from jimpitan_box.config import Config
    from jimpitan_box.jitter import Jitter
    from jimpitan_box.keeper import Keeper
    from jimpitan_box.mqtt import Client

SENT_MAX = 32


class Outbox:
    """Reads the journal behind the acknowledged number and hands messages to the client."""

    def __init__(
        self, box: str, keeper: "Keeper", client: "Client", config: "Config", jitter: "Jitter"
    ) -> None:
        self._topic = topics.topic(box, topics.RECORDS)
        self._keeper = keeper
        self._client = client
        self._config = config
        self._backoff = Backoff(config.resend_ms, config.resend_ms_max, jitter)
        self._connects = 0
        self._sent_to = keeper.cursor.acked
        self._resend_ms: "int | None" = None
        self._sent: "list[tuple[int, int]]" = []  # (last seq of a message, ms when first sent)

    def step(self, now_ms: int) -> None:
        """Publish what the window allows."""
        if not self._client.is_up:
            return
        if self._client.connects != self._connects:
            self._connects = self._client.connects
            self._rewind(now_ms)
        if self._resend_ms is not None and now_ms >= self._resend_ms:
            self._rewind(now_ms)
        try:
            # Nearly always all is sent: then the end of the window is not asked for.
            while self._sent_to < self._keeper.head and self._sent_to < self._window_end():
                if not self._publish_next(now_ms):
                    return
        except OSError:
            return  # the flash refused to be read; the next step tries again

    def _window_end(self) -> int:
        """Return how far may be sent: a server that is silent for days is not flooded."""
        return self._keeper.cursor.acked + self._config.window_records_max

    def _rewind(self, now_ms: int) -> None:
        """Begin again behind the acknowledged number."""
        self._sent_to = self._keeper.cursor.acked
        self._resend_ms = now_ms + self._backoff.next_ms()

    def _publish_next(self, now_ms: int) -> bool:
        seq = self._sent_to + 1
        envelopes, lost_to = self._keeper.journal.read(
            seq, records.RECORDS_PER_MESSAGE_MAX, records.MESSAGE_LENGTH_MAX
        )
        if lost_to:
            self._keeper.lost(seq, lost_to)
            self._sent_to = lost_to
            return True
        if not envelopes:
            return False
        if not self._client.publish(self._topic, b"".join(envelopes), False, now_ms):
            return False
        self._sent_to += len(envelopes)
        if not self._sent or self._sent[-1][0] < self._sent_to:
            self._sent = self._sent[1 - SENT_MAX :] + [(self._sent_to, now_ms)]
        if self._resend_ms is None:
            self._resend_ms = now_ms + self._backoff.next_ms()
        return True

    def acknowledged(self, seq: int, counter: int, now_ms: int) -> "int | None":
        """Obey an acknowledgement; return when the newest record it covers was first sent.

        None when that is not known (sent in an earlier boot). Raises OSError when the flash
        refuses to remember; then nothing has changed and the server will say it again.
        """
        acked_before = self._keeper.cursor.acked
        self._keeper.acknowledge(seq, counter)
        asked_ms = None
        while self._sent and self._sent[0][0] <= seq:
            asked_ms = self._sent.pop(0)[1]
        if seq < acked_before:
            self._sent_to = seq  # the server was restored from a backup and asks again
        else:
            self._sent_to = max(self._sent_to, seq)
        if seq != acked_before:
            self._backoff.reset()
            self._resend_ms = now_ms + self._backoff.next_ms()
        if seq >= self._keeper.head:
            self._resend_ms = None
        return asked_ms
