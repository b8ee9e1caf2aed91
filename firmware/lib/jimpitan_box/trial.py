"""A new firmware on trial: it stays when the server acknowledged what it recorded, else it goes.

Also what the box has to tell of the newest order, whoever dealt with it: this firmware, the one
before, or the loader.
"""

from jimpitan_wire import records

MYPY = False
if MYPY:
    from jimpitan_box.config import Config
    from jimpitan_box.ports import Question, Slots

    Body = dict[int, object]


class Trial:
    """The firmware that runs, in one power cycle; times are uptime in ms."""

    def __init__(self, *, slots: "Slots", config: "Config", version: str, floor: int) -> None:
        self._slots = slots
        self._config = config
        self._version = version
        self._floor = floor  # that this release asks for
        self._tried_seq = 0
        self._calm_ms: "int | None" = None
        self._leaving_ms: "int | None" = None
        self._is_leaving = False
        self.is_restart_wanted = False

    @property
    def is_settled(self) -> bool:
        """Return whether what runs stays, so that another order can be taken."""
        return not (self._slots.is_on_trial or self._is_leaving)

    def leave(self) -> None:
        """Restart as soon as nothing is felt: the slots name another firmware now."""
        self._is_leaving = True

    def begun(self) -> "Body | None":
        """Return the body of the record with which a trial begins, once a boot."""
        if not self._slots.is_on_trial or self._is_leaving or self._tried_seq:
            return None
        return self._body(records.FIRMWARE_TRIED, self._slots.fingerprint)

    def tried(self, seq: int) -> None:
        """Note under which number the beginning of the trial is kept."""
        self._tried_seq = seq

    def ended(self) -> "Body | None":
        """Return what became of the newest order when no record tells it yet, else None."""
        slots = self._slots
        if slots.is_told or not slots.outcome:
            return None
        body = self._body(slots.outcome, slots.about)
        if slots.reason:
            body[records.FIRMWARE_REASON] = slots.reason
        return body

    def _body(self, outcome: int, fingerprint: bytes) -> "Body":
        return {
            records.FIRMWARE_OUTCOME: outcome,
            records.FIRMWARE_FINGERPRINT: short(fingerprint),
            records.FIRMWARE_ATTEMPT: self._slots.attempt,
            records.FIRMWARE_VERSION: self._version,
        }

    def step(self, now_ms: int, acked: int, is_calm: "Question") -> None:
        """Let what is on trial stay, or leave it; raise OSError when the flash refuses.

        Whether all is calm is asked only on leaving.
        """
        if now_ms >= self._config.trial_ms_min:
            self._slots.alive()
        if self._slots.is_on_trial and not self._is_leaving:
            self._judge(now_ms, acked)
        if self._is_leaving:
            self._leave_when_calm(now_ms, is_calm())

    def _leave_when_calm(self, now_ms: int, is_calm: bool) -> None:
        """Restart when nobody was there for a while, and at last whoever is there."""
        if self._leaving_ms is None:
            self._leaving_ms = now_ms
        if not is_calm:
            self._calm_ms = None
        elif self._calm_ms is None:
            self._calm_ms = now_ms
        is_quiet = (
            self._calm_ms is not None and now_ms - self._calm_ms >= self._config.restart_calm_ms
        )
        if is_quiet or now_ms - self._leaving_ms >= self._config.restart_ms_max:
            self.is_restart_wanted = True

    def _judge(self, now_ms: int, acked: int) -> None:
        is_heard = self._tried_seq and acked >= self._tried_seq
        if is_heard and now_ms >= self._config.trial_ms_min:
            self._slots.confirm(self._floor)
        elif now_ms >= self._config.trial_ms_max:
            self._slots.fall_back(records.REASON_NO_ACK)
            self._is_leaving = True


def short(fingerprint: bytes) -> bytes:
    """Return so much of a fingerprint as records carry: none of that of the bench."""
    if fingerprint == bytes(len(fingerprint)):
        return b""
    return fingerprint[: records.FINGERPRINT_SHORT_LENGTH]
