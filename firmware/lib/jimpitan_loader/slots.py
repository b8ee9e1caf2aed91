"""The slots of a box: one that runs, one that an update may fill, and the one from the bench.

What is known of them stands in one small file that is replaced as a whole, so that a power cut
leaves the old word or the new one. A release on trial is counted at each start; when it has not
been confirmed after three, the box goes back to what ran before.
"""

import binascii

MYPY = False
if MYPY:
    from jimpitan_loader.ports import Store

BENCH, A, B = 0, 1, 2
FOLDERS = ("/lib", "/a", "/b")
REGION_LENGTH = 262_144  # of each slot in the ROM partition, where a board has one
NAME = "slots"
MARK = b"JS1"
FINGERPRINT_LENGTH = 32
NO_FINGERPRINT = bytes(FINGERPRINT_LENGTH)
STARTS_MAX = 3  # of a release on trial: two power cuts in its first hour are no fault of its own
CRASHES_MAX = 5  # of a confirmed release, one after another
# What became of the newest order, and why a release was left again: the numbers of the wire
# (records.FIRMWARE_... and records.REASON_...).
CONFIRMED, ROLLED_BACK = 2, 3
NO_START, NO_ACK, CRASHED = 1, 2, 3
NUMBERS = 12  # fields below, 4 bytes each, in front of three fingerprints
LENGTH = len(MARK) + 4 * NUMBERS + 3 * FINGERPRINT_LENGTH + 4


class Slots:
    """The slots as the file says, and what may be done with them; the file is written first."""

    def __init__(self, store: "Store", bench_number: int) -> None:
        self._store = store
        self.active = BENCH
        self.previous = BENCH
        self.starts = 0  # of the release on trial, 0 when nothing is
        self.crashes = 0
        self.numbers = [bench_number, 0, 0]
        self.fingerprints = [NO_FINGERPRINT, NO_FINGERPRINT, NO_FINGERPRINT]
        self.attempt = 0  # the newest order that was dealt with, and what became of it
        self.outcome = 0
        self.reason = 0
        self.is_told = True  # whether the box has kept a record of that
        self.about = NO_FINGERPRINT
        self.floor = 0  # the lowest number this box may run
        self._load(bench_number)
        self._saved = self._packed()  # what the file says

    def _load(self, bench_number: int) -> None:
        if NAME not in self._store.names():
            return
        content = self._store.read(NAME, 0, LENGTH + 1)
        body, check = content[:-4], content[-4:]
        if len(content) != LENGTH or body[: len(MARK)] != MARK or check != _crc(body):
            return
        self._unpack(body)
        self.numbers[BENCH] = bench_number

    def _unpack(self, body: bytes) -> None:
        fields: "list[int]" = []
        at = len(MARK)
        for _ in range(NUMBERS):
            fields.append(int.from_bytes(body[at : at + 4], "big"))
            at += 4
        self.active, self.previous, self.starts, self.crashes = fields[:4]
        self.numbers = fields[4:7]
        self.attempt, self.outcome, self.reason, told, self.floor = fields[7:12]
        self.is_told = bool(told)
        hashes: "list[bytes]" = []
        for _ in range(3):
            hashes.append(body[at : at + FINGERPRINT_LENGTH])
            at += FINGERPRINT_LENGTH
        self.fingerprints = [NO_FINGERPRINT, hashes[0], hashes[1]]
        self.about = hashes[2]

    def save(self) -> None:
        """Write the file; when the flash refuses, raise OSError and say again what it says."""
        body = self._packed()
        try:
            self._store.replace(NAME, body + _crc(body))
        except OSError:
            self._unpack(self._saved)
            raise
        self._saved = body

    def _packed(self) -> bytes:
        body = MARK
        for number in (self.active, self.previous, self.starts, self.crashes):
            body += number.to_bytes(4, "big")
        for number in self.numbers:
            body += number.to_bytes(4, "big")
        for number in (self.attempt, self.outcome, self.reason, int(self.is_told), self.floor):
            body += number.to_bytes(4, "big")
        return body + self.fingerprints[A] + self.fingerprints[B] + self.about

    @property
    def is_on_trial(self) -> bool:
        """Return whether what runs has not been confirmed yet."""
        return self.starts > 0

    @property
    def fingerprint(self) -> bytes:
        """Return the fingerprint of what runs, 32 zeros as flashed at the bench."""
        return self.fingerprints[self.active]

    def start(self) -> int:
        """Return the slot to run now, counting the start of one on trial."""
        if self.starts > STARTS_MAX:
            try:
                self.fall_back(NO_START)
            except OSError:
                self._fell_back(NO_START)  # what ran before runs all the same
        elif self.is_on_trial:
            self.starts += 1
            self.save()
        return self.active

    def crashed(self) -> None:
        """Note that what ran raised; after five times in a row another slot runs."""
        if self.is_on_trial:
            return  # its starts are counted
        self.crashes += 1
        if self.crashes >= CRASHES_MAX and self._may_leave():
            self.fall_back(CRASHED)
        else:
            self.save()

    def _may_leave(self) -> bool:
        return self.active != self.previous and self.numbers[self.previous] >= self.floor

    def alive(self) -> None:
        """Note that what runs has run for a while: earlier crashes do not count any more."""
        if self.crashes:
            self.crashes = 0
            self.save()

    def fall_back(self, reason: int) -> None:
        """Go back to what ran before; the next start runs it."""
        self._fell_back(reason)
        self.save()

    def _fell_back(self, reason: int) -> None:
        self.about, self.outcome, self.reason = self.fingerprint, ROLLED_BACK, reason
        self.is_told = False
        self.active, self.starts, self.crashes = self.previous, 0, 0

    def target(self) -> int:
        """Return the slot that an update may fill: never the one that runs."""
        return B if self.active == A else A

    def slot_of(self, fingerprint: bytes) -> int:
        """Return the slot that holds this release whole, BENCH when none does."""
        if fingerprint == NO_FINGERPRINT or fingerprint not in self.fingerprints:
            return BENCH
        return self.fingerprints.index(fingerprint)

    def forget(self, slot: int) -> None:
        """Note that a slot is going to be filled anew and holds nothing whole."""
        if slot == self.active or self.is_on_trial:
            raise ValueError("the firmware that runs, or ran before a trial, is not overwritten")
        self.fingerprints[slot] = NO_FINGERPRINT
        self.numbers[slot] = 0
        if self.previous == slot:
            self.previous = BENCH
        self.save()

    def try_out(self, slot: int, *, fingerprint: bytes, number: int, attempt: int) -> None:
        """Let the next start run a slot that was filled and checked, on trial."""
        self.fingerprints[slot] = fingerprint
        self.numbers[slot] = number
        self.attempt, self.outcome, self.reason, self.is_told = attempt, 0, 0, True
        self.previous, self.active = self.active, slot
        self.starts, self.crashes = 1, 0
        self.save()

    def confirm(self, floor: int) -> None:
        """Let what runs stay; `floor` is the lowest number that may ever run again."""
        self.starts = 0
        self.about, self.outcome, self.reason = self.fingerprint, CONFIRMED, 0
        self.is_told = False
        self.floor = max(self.floor, min(floor, self.numbers[self.active]))
        self.save()

    def answered(self, attempt: int, *, about: bytes, outcome: int, reason: int) -> None:
        """Note what became of an order that was dealt with without a trial."""
        self.attempt, self.about = attempt, about
        self.outcome, self.reason, self.is_told = outcome, reason, False
        self.save()

    def told(self) -> None:
        """Note that the box has kept a record of what became of the newest order."""
        self.is_told = True
        self.save()


def _crc(body: bytes) -> bytes:
    return (binascii.crc32(body) & 0xFFFFFFFF).to_bytes(4, "big")
