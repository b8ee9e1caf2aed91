"""A box at the end of a line, in the bench's words."""

from collections.abc import Iterator
from dataclasses import dataclass

from jimpitan_gateway.bench.line import Line
from jimpitan_gateway.errors import BoxSilent

STEPS_MAX = 100_000  # of one pull: more than a journal of 1 MB has messages


@dataclass(frozen=True, slots=True)
class Pulled:
    """One message of kept records, or none where numbers are lost."""

    seq_from: int
    seq_to: int
    message: bytes


@dataclass(frozen=True, slots=True)
class Tested:
    """What the box found about one of its parts."""

    part: str
    is_good: bool
    found: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a box in calibration mode knows of: coins (rupiah, um, mg) and notes in rupiah."""

    coins: list[tuple[int, int, int]]
    notes: list[int]


class Box:
    """Each method is one question; every one may be asked again."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def status(self) -> dict[str, object]:
        """Return how the box is, by name."""
        answer = self._line.ask("status")
        if not isinstance(answer, list):
            raise _strange()
        return {str(name): value for name, value in (_parts(pair, 2) for pair in answer)}

    def logs(self) -> tuple[int, list[tuple[int, str, int]]]:
        """Return how many events were forgotten, and the newest as (uptime_ms, word, number)."""
        forgotten, entries = _parts(self._line.ask("logs"), 2)
        if not isinstance(entries, list):
            raise _strange()
        rows = [_parts(entry, 3) for entry in entries]
        return _number(forgotten), [(_number(at), str(word), _number(n)) for at, word, n in rows]

    def pull(self, seq: int) -> Iterator[Pulled]:
        """Yield the kept records from a sequence number on, message by message."""
        for _ in range(STEPS_MAX):
            first, after, message = _parts(self._line.ask("pull", seq), 3)
            if not isinstance(message, bytes) or _number(after) < _number(first):
                raise _strange()
            if _number(after) == seq:
                return
            yield Pulled(seq, _number(after) - 1, message)
            seq = _number(after)

    def selftest(self) -> list[Tested]:
        """Let the box try its parts."""
        answer = self._line.ask("selftest")
        if not isinstance(answer, list):
            raise _strange()
        rows = [_parts(row, 3) for row in answer]
        return [Tested(str(part), is_good is True, str(found)) for part, is_good, found in rows]

    def calibrate(self, content: bytes) -> bytes:
        """Keep a calibration; return what the box reads back."""
        return _bytes(_parts(self._line.deliver("calibrate", content), 1)[0])

    def calibration(self) -> bytes:
        """Return the calibration the box keeps."""
        return _bytes(_parts(self._line.ask("calibration"), 1)[0])

    def learn(self) -> Lesson:
        """Begin calibration mode."""
        coins, notes = _parts(self._line.ask("learn", "begin"), 2)
        if not isinstance(coins, list) or not isinstance(notes, list):
            raise _strange()
        rows = [_parts(row, 3) for row in coins]
        return Lesson(
            [(_number(a), _number(b), _number(c)) for a, b, c in rows],
            [_number(one) for one in notes],
        )

    def learn_kind(self, form: str, which: int) -> None:
        """Say what is dropped from now on."""
        self._line.ask("learn", form, which)

    def learnt(self) -> int:
        """Return how many drops of the present kind the box has taken."""
        return _number(_parts(self._line.ask("learn", "state"), 4)[0])

    def learn_finish(self) -> bytes:
        """Let the box keep what it learnt and work by it; return the calibration."""
        return _bytes(_parts(self._line.ask("learn", "finish"), 1)[0])

    def learn_stop(self) -> None:
        """End calibration mode; nothing is changed."""
        self._line.ask("learn", "stop")

    def hear(self, message: bytes) -> tuple[int, int]:
        """Give the box a signed message; return (acknowledged up to, records not acknowledged)."""
        acked, unacked = _parts(self._line.deliver("hear", message), 2)
        return _number(acked), _number(unacked)

    def provision(self, assignment: bytes) -> None:
        """Let the box keep an assignment aside, until `commit`."""
        self._line.deliver("provision", assignment)

    def sealed(self) -> tuple[str, int, bytes]:
        """Return (box, epoch, sealed key) of the assignment that lies aside."""
        box, epoch, sealed = _parts(self._line.ask("sealed"), 3)
        return str(box), _number(epoch), _bytes(sealed)

    def commit(self, box: str, epoch: int) -> None:
        """Let the assignment count; the box restarts."""
        self._line.ask("commit", box, epoch)

    def wipe(self, box: str, *, force: bool) -> int:
        """Let the box forget who it is; return how many unacknowledged records went with it."""
        _, unacked = _parts(self._line.ask("wipe", box, force), 2)
        return _number(unacked)


def _parts(answer: object, count: int) -> list[object]:
    if isinstance(answer, list) and len(answer) == count:
        return answer
    raise _strange()


def _number(value: object) -> int:
    if isinstance(value, int):
        return value
    raise _strange()


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    raise _strange()


def _strange() -> BoxSilent:
    return BoxSilent("The box answers in a way this bench does not know; are both up to date?")
