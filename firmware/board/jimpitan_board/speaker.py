"""The optional loudspeaker: a MAX98357A on I2S, fed piece by piece from an open file."""

MYPY = False
if MYPY:
    from typing import Any

    import machine

RATE_HZ = 16_000
PIECE_LENGTH = 2_048  # 64 ms of 16-bit mono; the I2S buffer holds twice that
BUFFER_LENGTH = 2 * PIECE_LENGTH
LENGTH_MAX = RATE_HZ * 2 * 10  # ten seconds


class Speaker:
    """One amplifier. A step reads and hands over one piece; it never waits for the sound."""

    def __init__(self, i2s: "machine.I2S") -> None:
        self._i2s = i2s
        self._piece = bytearray(PIECE_LENGTH)
        self._view = memoryview(self._piece)
        self._source: "Any" = None
        self._left = 0
        self._is_free = True
        i2s.irq(self._on_written)  # with a handler, write returns at once

    def _on_written(self, _i2s: "machine.I2S") -> None:
        self._is_free = True

    @property
    def is_playing(self) -> bool:
        """Return whether a sound is under way."""
        return self._source is not None

    def play(self, source: "Any") -> None:
        """Begin to play an open file of raw 16-bit mono at 16 kHz, ten seconds at most."""
        self._source = source
        self._left = LENGTH_MAX

    def step(self) -> None:
        """Hand the next piece over when the one before has been taken."""
        if self._source is None or not self._is_free:
            return
        length = self._source.readinto(self._view[: min(PIECE_LENGTH, self._left)]) or 0
        self._left -= length
        if not length:
            self._source.close()
            self._source = None
            return
        self._is_free = False
        self._i2s.write(self._view[:length])

    def selftest(self) -> "tuple[str, bool, str]":
        """Say what only a person can hear."""
        return "speaker", True, "the speaker is set; listen for it"
