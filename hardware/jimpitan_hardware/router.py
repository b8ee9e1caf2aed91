"""Lays the tracks of the carrier board, and checks them with other means than it lays them.

Each net is joined by the cheapest way on a grid of two layers, ground last; ground is also poured
over what is left. A net that finds no way is laid first in the next attempt.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box
from shapely.ops import unary_union

from jimpitan_hardware.carrier import EDGE_MM, GROUND, HOLE_MM, PAD_MM, Board, Pad

Cell = tuple[int, int, int]  # layer, column, row
Flags = NDArray[numpy.bool_]
GRID_MM = 0.254
TRACK_MM, CLEARANCE_MM = 0.3, 0.2
VIA_MM, VIA_DRILL_MM = 0.8, 0.4
VIA_COST, ACROSS_COST = 12, 2  # layer 0 runs down the board, layer 1 across it
UNKNOWN = 1 << 30  # dearer than any way
ATTEMPTS = 40


class Unroutable(ValueError):
    """No order was found in which every net has a way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A straight piece of copper on a layer: 0 front, 1 back."""

    net: str
    layer: int
    start: tuple[float, float]
    end: tuple[float, float]


@dataclass(slots=True)
class Routed:
    """What was laid."""

    tracks: list[Track] = field(default_factory=list)
    vias: list[tuple[str, float, float]] = field(default_factory=list)


class _Grid:
    """What of the board is taken, as seen by one net."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.columns = int(board.width / GRID_MM) + 1
        self.rows = int(board.height / GRID_MM) + 1
        xs, ys = numpy.arange(self.columns) * GRID_MM, numpy.arange(self.rows) * GRID_MM
        self.xs, self.ys = xs[:, None], ys[None, :]
        near = EDGE_MM + TRACK_MM / 2
        inside = (self.xs >= near) & (self.xs <= board.width - near)
        self.edge = ~(inside & (self.ys >= near) & (self.ys <= board.height - near))

    def disc(self, x: float, y: float, radius: float) -> Flags:
        """Return the cells within a radius."""
        return numpy.asarray((self.xs - x) ** 2 + (self.ys - y) ** 2 < radius**2)

    def blocked(self, net: str, laid: Routed) -> tuple[Flags, Flags]:
        """Return where this net's tracks may not run (by layer), and where no via may stand."""
        tracks = numpy.stack((self.edge, self.edge))
        vias = self.edge.copy()
        away = TRACK_MM / 2 + CLEARANCE_MM
        far = VIA_MM / 2 + CLEARANCE_MM
        for pad in self.board.pads:
            if pad.net != net or not net:
                tracks |= self.disc(pad.x, pad.y, PAD_MM / 2 + away)
            vias |= self.disc(pad.x, pad.y, PAD_MM / 2 + far)
        for x, y in self.board.holes:
            tracks |= self.disc(x, y, HOLE_MM / 2 + away)
            vias |= self.disc(x, y, HOLE_MM / 2 + far)
        for track in laid.tracks:
            if track.net != net:
                self._line(tracks[track.layer], track, TRACK_MM / 2 + away)
                self._line(vias, track, TRACK_MM / 2 + far)
        for other, x, y in laid.vias:
            if other != net:
                tracks |= self.disc(x, y, VIA_MM / 2 + away)
            vias |= self.disc(x, y, VIA_MM / 2 + far)
        return tracks, vias

    def _line(self, flags: Flags, track: Track, radius: float) -> None:
        """Mark the cells within a radius of a track that runs straight along the grid."""
        (x0, y0), (x1, y1) = track.start, track.end
        left, right = min(x0, x1) - radius, max(x0, x1) + radius
        low, high = min(y0, y1) - radius, max(y0, y1) + radius
        flags |= (self.xs > left) & (self.xs < right) & (self.ys > low) & (self.ys < high)

    def cell(self, pad: Pad) -> tuple[int, int]:
        """Return the cell nearest to a pad's middle."""
        return round(pad.x / GRID_MM), round(pad.y / GRID_MM)


def route(board: Board) -> Routed:
    """Return tracks that join every net; raise `Unroutable`."""
    grid = _Grid(board)
    order = _nets(board)
    for _ in range(ATTEMPTS):
        laid = Routed()
        failed = next((net for net in order if not _lay(grid, net, laid)), None)
        if failed is None:
            return laid
        order.remove(failed)
        order.insert(0, failed)
    raise Unroutable(f"{order[0]} finds no way; move a part in carrier.json.")


def _nets(board: Board) -> list[str]:
    """Return the nets in the order of their extent, the short ones first and ground last."""
    extent: dict[str, float] = {}
    for net in sorted({pad.net for pad in board.pads if pad.net and pad.net != GROUND}):
        pads = [pad for pad in board.pads if pad.net == net]
        xs, ys = [pad.x for pad in pads], [pad.y for pad in pads]
        extent[net] = max(xs) - min(xs) + max(ys) - min(ys)
    return [*sorted(extent, key=lambda net: (extent[net], net)), GROUND]


def _lay(grid: _Grid, net: str, laid: Routed) -> bool:
    """Join all pads of a net; lay nothing and return False when one finds no way."""
    pads = [pad for pad in grid.board.pads if pad.net == net]
    tracks, vias = grid.blocked(net, laid)
    joined: set[Cell] = {(layer, *grid.cell(pads[0])) for layer in (0, 1)}
    waiting = pads[1:]
    mine = Routed()
    while waiting:
        goals = {(layer, *grid.cell(pad)): pad for pad in waiting for layer in (0, 1)}
        path = _cheapest(joined, goals.keys(), tracks, vias)
        if path is None:
            return False
        reached = goals[path[-1]]
        waiting.remove(reached)
        joined |= set(path) | {(layer, *grid.cell(reached)) for layer in (0, 1)}
        _add(mine, net, path)
    # A track ends at the cell nearest to a pad's middle, well within the pad.
    laid.tracks += mine.tracks
    laid.vias += mine.vias
    return True


def _cheapest(
    starts: set[Cell], goals: Iterable[Cell], tracks: Flags, vias: Flags
) -> list[Cell] | None:
    """Return the cheapest way (Dijkstra); cells are plain numbers here, in the order of cells."""
    shape = tracks.shape
    ends = {_number(cell, shape) for cell in goals}
    steps = (_steps(shape, 0), _steps(shape, 1))
    is_free = (~tracks).tobytes()
    may_change = (~(vias | tracks.any(axis=0))).tobytes()
    plane = shape[1] * shape[2]
    count = 2 * plane
    # A heap of plain numbers, price first and then cell, is several times as fast as of pairs.
    heap = sorted(_number(cell, shape) for cell in starts)
    cost = [UNKNOWN] * count
    came = [-1] * count
    for cell in heap:
        cost[cell] = 0
    pop, push = heapq.heappop, heapq.heappush
    while heap:
        spent, cell = divmod(pop(heap), count)
        if cell in ends:
            path = [cell]
            while came[path[-1]] >= 0:
                path.append(came[path[-1]])
            return [_cell(number, shape) for number in reversed(path)]
        if spent > cost[cell]:
            continue
        layer = cell >= plane
        for step, price in steps[layer]:
            following, total = cell + step, spent + price
            if is_free[following] and total < cost[following]:
                cost[following] = total
                came[following] = cell
                push(heap, total * count + following)
        following, total = (cell - plane if layer else cell + plane), spent + VIA_COST
        if total < cost[following] and may_change[cell - plane * layer]:
            cost[following] = total
            came[following] = cell
            push(heap, total * count + following)
    return None


def _number(cell: Cell, shape: tuple[int, ...]) -> int:
    return (cell[0] * shape[1] + cell[1]) * shape[2] + cell[2]


def _cell(number: int, shape: tuple[int, ...]) -> Cell:
    rest, row = divmod(number, shape[2])
    return (*divmod(rest, shape[1]), row)


def _steps(shape: tuple[int, ...], layer: int) -> tuple[tuple[int, int], ...]:
    """Return the four steps on a layer with their price; the board's edge is never free."""
    column, row = (ACROSS_COST, 1) if layer == 0 else (1, ACROSS_COST)
    return ((shape[2], column), (-shape[2], column), (1, row), (-1, row))


def _add(mine: Routed, net: str, path: Sequence[Cell]) -> None:
    """Turn a way into straight tracks and vias."""
    start = path[0]
    for before, cell, after in zip(path, path[1:], [*path[2:], None], strict=False):
        if before[0] != cell[0]:
            mine.vias.append((net, cell[1] * GRID_MM, cell[2] * GRID_MM))
            start = cell
            continue
        goes_on = after is not None and after[0] == cell[0]
        if goes_on and after is not None:
            bend = (cell[1] - before[1], cell[2] - before[2])
            goes_on = bend == (after[1] - cell[1], after[2] - cell[2])
        if not goes_on:
            mine.tracks.append(_track(net, start, cell))
            start = cell


def _track(net: str, start: Cell, end: Cell) -> Track:
    places = [(round(c * GRID_MM, 4), round(r * GRID_MM, 4)) for _, c, r in (start, end)]
    return Track(net=net, layer=start[0], start=places[0], end=places[1])


def copper(board: Board, laid: Routed, layer: int) -> list[tuple[str, Polygon]]:
    """Return the copper of a layer without the pour: net and outline of each piece."""
    found = [(pad.net or f"{pad.part}-{pad.pin}", pad) for pad in board.pads]
    pieces = [(net, Point(pad.x, pad.y).buffer(PAD_MM / 2)) for net, pad in found]
    pieces += [(net, Point(x, y).buffer(VIA_MM / 2)) for net, x, y in laid.vias]
    pieces += [
        (track.net, LineString([track.start, track.end]).buffer(TRACK_MM / 2))
        for track in laid.tracks
        if track.layer == layer
    ]
    return pieces


def check_clearance(board: Board, laid: Routed) -> list[str]:
    """No two nets come nearer than the clearance, and no copper nears the edge or a hole."""
    wrong = set()
    inside = box(EDGE_MM, EDGE_MM, board.width - EDGE_MM, board.height - EDGE_MM)
    bare = [Point(x, y).buffer(HOLE_MM / 2) for x, y in board.holes]
    for layer in (0, 1):
        pieces = copper(board, laid, layer)
        tree = STRtree([shape for _, shape in pieces])
        for number, (net, shape) in enumerate(pieces):
            for other in tree.query(shape.buffer(CLEARANCE_MM)):
                name, near = pieces[other]
                if other > number and name != net and shape.distance(near) < CLEARANCE_MM - 0.01:
                    wrong.add(f"{net} and {name} are {shape.distance(near):.2f} mm apart.")
            if not inside.covers(shape):
                wrong.add(f"{net} comes too near to the edge.")
            if any(shape.distance(hole) < CLEARANCE_MM - 0.01 for hole in bare):
                wrong.add(f"{net} comes too near to a hole.")
    return sorted(wrong)


def check_joined(board: Board, laid: Routed) -> list[str]:
    """Every net is one piece by its tracks and vias alone, also ground without the pour."""
    wrong = []
    both = [copper(board, laid, layer) for layer in (0, 1)]
    for net in sorted({pad.net for pad in board.pads if pad.net}):
        layers = [[shape for name, shape in pieces if name == net] for pieces in both]
        through = [Point(pad.x, pad.y).buffer(PAD_MM / 2) for pad in board.pads if pad.net == net]
        through += [Point(x, y).buffer(VIA_MM / 2) for name, x, y in laid.vias if name == net]
        if (count := _pieces(layers, through)) != 1:
            wrong.append(f"{net} is in {count} pieces.")
    return wrong


def _pieces(layers: Sequence[Sequence[Polygon]], through: Sequence[Polygon]) -> int:
    """Return in how many pieces copper is that holes join from layer to layer."""
    parent = list(range(len(through)))

    def root(number: int) -> int:
        while parent[number] != number:
            number = parent[number]
        return number

    for shapes in layers:
        whole = unary_union([*shapes, *through])
        islands = list(whole.geoms) if isinstance(whole, MultiPolygon) else [whole]
        for island in islands:
            inside = [number for number, hole in enumerate(through) if island.intersects(hole)]
            for number in inside[1:]:
                parent[root(number)] = root(inside[0])
    return len({root(number) for number in range(len(through))})
