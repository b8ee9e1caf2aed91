"""Edges on their way from an interrupt to the main loop: bounded rings, oldest first."""

from array import array

from jimpitan_board.ticks import passed

MYPY = False
if MYPY:
    Edge = tuple[int, bool, int]

COUNT, ROOM, LOST = 3, 4, 7  # places in the numbers of a ring that edge_loop.watch shares
NUMBERS = 8


class Ring:
    """A buffer of edges sized at start; at its bound an edge is dropped and counted."""

    def __init__(self, room: int) -> None:
        self.ticks = array("i", [0] * room)
        self.marks = bytearray(room)
        self.numbers = array("i", [0] * NUMBERS)
        self.numbers[ROOM] = room

    def add(self, channel: int, level: int, ticks: int) -> None:
        """Keep one edge."""
        count = self.numbers[COUNT]
        if count == self.numbers[ROOM]:
            self.numbers[LOST] += 1
            return
        self.ticks[count] = ticks & 0x3FFF_FFFF
        self.marks[count] = channel << 1 | level
        self.numbers[COUNT] = count + 1


class Rings:
    """Two rings: one takes edges while the other is emptied, so that neither needs a lock."""

    def __init__(self, room: int) -> None:
        self.filling = Ring(room)
        self.spare = Ring(room)
        self.overflows = 0

    def take(self) -> "list[Edge]":
        """Return (channel, level, ticks) of the edges since the last call."""
        full = self.filling
        if not full.numbers[COUNT]:
            return []
        self.filling = self.spare  # an interrupt from here on fills the other
        self.spare = full
        count = full.numbers[COUNT]
        self.overflows += full.numbers[LOST]
        full.numbers[COUNT] = full.numbers[LOST] = 0
        return [
            (full.marks[index] >> 1, bool(full.marks[index] & 1), full.ticks[index])
            for index in range(count)
        ]


def in_order(edges: "list[Edge]") -> "list[Edge]":
    """Return the edges oldest first; those of one tick stay as they are.

    MicroPython's own sort is not stable, and the edges are nearly in order already.
    """
    for index in range(1, len(edges)):
        edge = edges[index]
        place = index
        while place and passed(edges[place - 1][2], edge[2]) > 0:
            edges[place] = edges[place - 1]
            place -= 1
        edges[place] = edge
    return edges
