"""Arithmetic on missing sequence numbers: gaps open, shrink, split and close."""

from bisect import bisect_right
from datetime import datetime

from jimpitan_server.domain.box import Gap

# More holes than this are no bad link but a broken or hostile box. At the bound neighbouring gaps
# become one that covers what was held between them: the head then waits for the oldest at most
# a day longer than it must, and memory stays bounded.
GAPS_MAX = 1000


class Gaps:
    """The open gaps of one box, in rising order, while records are taken in."""

    def __init__(self, gaps: tuple[Gap, ...], gaps_max: int = GAPS_MAX) -> None:
        self._gaps = list(gaps)
        self._gaps_max = gaps_max
        self.merged = 0

    def frozen(self) -> tuple[Gap, ...]:
        """Return the open gaps as a value."""
        return tuple(self._gaps)

    def open(self, seq_from: int, seq_to: int, noticed_at: datetime) -> None:
        """Note that records are missing above all that were held or missing before."""
        if len(self._gaps) < self._gaps_max:
            self._gaps.append(Gap(seq_from, seq_to, noticed_at))
            return
        self.merged += 1
        last = self._gaps[-1]
        self._gaps[-1] = Gap(last.seq_from, seq_to, last.noticed_at)

    def close(self, seq_from: int, seq_to: int) -> list[tuple[int, int]]:
        """Stop waiting for a range; return the parts of it that were really waited for."""
        if not self._gaps:
            return []
        index = max(bisect_right(self._gaps, seq_from, key=_start) - 1, 0)
        closed = []
        while index < len(self._gaps) and self._gaps[index].seq_from <= seq_to:
            gap = self._gaps[index]
            first, last = max(gap.seq_from, seq_from), min(gap.seq_to, seq_to)
            if first > last:
                index += 1
                continue
            closed.append((first, last))
            rest = _without(gap, first, last)
            if len(self._gaps) - 1 + len(rest) > self._gaps_max:
                self.merged += 1
                rest = [gap]
            self._gaps[index : index + 1] = rest
            index += len(rest)
        return closed


def _start(gap: Gap) -> int:
    return gap.seq_from


def _without(gap: Gap, first: int, last: int) -> list[Gap]:
    rest = []
    if gap.seq_from < first:
        rest.append(Gap(gap.seq_from, first - 1, gap.noticed_at))
    if last < gap.seq_to:
        rest.append(Gap(last + 1, gap.seq_to, gap.noticed_at))
    return rest
