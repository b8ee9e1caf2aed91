"""Paints solids as pictures, in parallel projection, with nothing but numpy and Pillow.

Every solid is a flat outline pulled straight, so every face is a flat polygon and its depth is
linear over the picture: a mask and a plane per face are enough. Clear acrylic tints what lies
behind it, each layer a little more, in any order.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from jimpitan_hardware.solids import CIRCLE_SIDES, Numbers, Solid

COLOURS: dict[str, tuple[int, int, int]] = {
    "clear": (150, 200, 226),
    "black": (58, 62, 70),
    "film": (240, 190, 60),
    "steel": (176, 180, 186),
    "board": (46, 125, 84),
    "black part": (40, 42, 48),
    "glass": (250, 120, 60),
    "magnet": (200, 40, 60),
    "led": (150, 110, 220),
    "sticker": (252, 250, 242),
    "new clear": (255, 176, 84),
    "new black": (214, 120, 40),
    "new part": (255, 140, 60),
}
CLEAR_LAYER = 0.13  # how much one face of clear acrylic hides
OVERSAMPLED = 2
FACING_MIN = 1e-3  # a face seen from the side is a line
HIDDEN_MM = 0.9  # an edge is as deep as the face it bounds
SMALL_MM = 14.0  # circles below it are drawn with a third of their sides
PASTE_MM = 0.1  # how exactly a pasted picture must lie on its face
LIGHT = numpy.array((0.35, -0.55, 0.76))
BACKGROUND = (247, 248, 250)
INK = (30, 36, 46)


@dataclass(frozen=True, slots=True)
class View:
    """From where the box is seen: turned about the upright axis, and from above; degrees."""

    turn_degrees: float
    above_degrees: float

    def matrix(self) -> Numbers:
        """Return the rows right, up and towards the eye."""
        a, b = math.radians(self.turn_degrees), math.radians(self.above_degrees)
        right = (math.cos(a), math.sin(a), 0.0)
        eye = (math.sin(a) * math.cos(b), -math.cos(a) * math.cos(b), math.sin(b))
        up = numpy.cross(numpy.array(eye), numpy.array(right))
        return numpy.array((right, up, eye))


@dataclass(slots=True)
class Face:
    """A flat face in the picture: rings in pixels, its plane of depth, its shade."""

    rings: list[Numbers]
    depth: tuple[float, float, float]  # along x, along y, at the origin
    colour: tuple[float, float, float]
    is_clear: bool


class Canvas:
    """A picture with depth."""

    def __init__(self, width: int, height: int) -> None:
        self.size = (width * OVERSAMPLED, height * OVERSAMPLED)
        shape = (self.size[1], self.size[0])
        self.depth = numpy.full(shape, -numpy.inf, dtype=numpy.float32)
        self.paint = numpy.empty((*shape, 3), dtype=numpy.float32)
        self.paint[:] = BACKGROUND
        self.layers = numpy.zeros(shape, dtype=numpy.float32)

    def fill(self, face: Face) -> None:
        """Paint one face where nothing nearer stands."""
        found = self._masked(face)
        if found is None:
            return
        window, mask, depth = found
        if face.is_clear:
            self.layers[window] += mask & (depth > self.depth[window])
            return
        mask &= depth > self.depth[window]
        self.depth[window] = numpy.where(mask, depth, self.depth[window])
        self.paint[window][mask] = face.colour

    def _masked(
        self, face: Face
    ) -> tuple[tuple[slice, slice], NDArray[numpy.bool_], NDArray[numpy.float32]] | None:
        points = face.rings[0]
        x0, y0 = (max(0, math.floor(v)) for v in points.min(axis=0))
        x1 = min(self.size[0], int(points[:, 0].max()) + 2)
        y1 = min(self.size[1], int(points[:, 1].max()) + 2)
        if x1 <= x0 or y1 <= y0:
            return None
        image = Image.new("L", (x1 - x0, y1 - y0))
        draw = ImageDraw.Draw(image)
        for number, ring in enumerate(face.rings):
            draw.polygon((ring - (x0, y0)).ravel().tolist(), fill=0 if number else 1)
        xs = numpy.arange(x0, x1, dtype=numpy.float32)[None, :]
        ys = numpy.arange(y0, y1, dtype=numpy.float32)[:, None]
        along_x, along_y, rest = face.depth
        depth = (xs * along_x + ys * along_y + rest).astype(numpy.float32)
        mask = numpy.asarray(image).view(numpy.bool_).copy()
        return (slice(y0, y1), slice(x0, x1)), mask, depth

    def paste(self, picture: Image.Image, corners: Numbers) -> None:
        """Put a picture on the face that was painted at three corners: upper left, right, lower.

        Corners are places in this picture; only what nothing hides is covered.
        """
        origin, across, down = corners[0], corners[1] - corners[0], corners[2] - corners[0]
        ys, xs = numpy.mgrid[0 : self.size[1], 0 : self.size[0]]
        turn = numpy.linalg.inv(numpy.column_stack((across[:2], down[:2])))
        place = numpy.stack((xs - origin[0], ys - origin[1]), axis=-1) @ turn.T
        there = origin[2] + place[..., 0] * across[2] + place[..., 1] * down[2]
        seen = ((place >= 0) & (place < 1)).all(axis=-1) & (abs(there - self.depth) < PASTE_MM)
        pixels = numpy.asarray(picture.convert("RGB"), dtype=numpy.float32)
        column = (place[seen][:, 0] * pixels.shape[1]).astype(int)
        row = (place[seen][:, 1] * pixels.shape[0]).astype(int)
        self.paint[seen] = pixels[row, column]

    def edges(self, starts: Numbers, ends: Numbers, strengths: Numbers) -> None:
        """Draw edges (n, 3: x, y, depth) where nothing nearer hides them."""
        steps = abs(ends - starts)[:, :2].max(axis=1).astype(int) + 2
        which = numpy.repeat(numpy.arange(len(steps)), steps)
        first = numpy.repeat(numpy.cumsum(steps) - steps, steps)
        share = (numpy.arange(len(which)) - first) / (steps[which] - 1)
        line = starts[which] + (ends - starts)[which] * share[:, None]
        x, y = line[:, 0].astype(int), line[:, 1].astype(int)
        is_in = (x >= 0) & (y >= 0) & (x < self.size[0]) & (y < self.size[1])
        x, y, z, strong = x[is_in], y[is_in], line[is_in, 2], strengths[which][is_in]
        seen = z > self.depth[y, x] - HIDDEN_MM
        strength = numpy.zeros(self.depth.shape, dtype=numpy.float32)
        numpy.maximum.at(strength, (y[seen], x[seen]), strong[seen])
        self.paint += (numpy.array(INK, dtype=numpy.float32) - self.paint) * strength[:, :, None]

    def picture(self) -> Image.Image:
        """Return the picture, smaller and smoother."""
        through = (1 - CLEAR_LAYER) ** self.layers[:, :, None]
        tint = numpy.array(COLOURS["clear"], dtype=numpy.float32)
        mixed = self.paint * through + tint * (1 - through)
        image = Image.fromarray(numpy.clip(mixed, 0, 255).astype(numpy.uint8))
        size = (self.size[0] // OVERSAMPLED, self.size[1] // OVERSAMPLED)
        return image.resize(size, Image.Resampling.LANCZOS)


@dataclass(frozen=True, slots=True)
class Frame:
    """How places in the box become places in the picture."""

    matrix: Numbers
    scale: float
    shift: Numbers

    @classmethod
    def around(cls, solids: Sequence[Solid], view: View, size: tuple[int, int]) -> "Frame":
        """Return the frame that shows all parts with a little room."""
        matrix = view.matrix()
        corners = numpy.vstack([_corners(solid) for solid in solids]) @ matrix.T
        low, high = corners.min(axis=0)[:2], corners.max(axis=0)[:2]
        room = numpy.array(size) * OVERSAMPLED
        scale = float((room * 0.93 / (high - low)).min())
        middle = (low + high) / 2
        return cls(matrix, scale, room / 2 - numpy.array((scale, -scale)) * middle)

    def place(self, points: Numbers) -> Numbers:
        """Return x and y in pixels and the depth in mm, towards the eye."""
        seen = points @ self.matrix.T
        flat = seen[:, :2] * numpy.array((self.scale, -self.scale)) + self.shift
        return numpy.column_stack((flat, seen[:, 2]))


def _corners(solid: Solid) -> Numbers:
    ring = solid.rings()[0]
    return numpy.vstack((solid.plane.points(ring), solid.plane.points(ring, solid.height_mm)))


def _drawn(ring: Numbers) -> Numbers:
    """A small circle with fewer sides: more are not seen, and each of them is a face."""
    is_small = len(ring) == CIRCLE_SIDES and numpy.ptp(ring[:, 0]) < SMALL_MM
    return ring[::3] if is_small else ring


def faces(solid: Solid, frame: Frame) -> list[Face]:
    """Return the faces of a solid that look at the eye."""
    rings = [_drawn(ring) for ring in solid.rings()]
    low = [frame.place(solid.plane.points(ring)) for ring in rings]
    high = [frame.place(solid.plane.points(ring, solid.height_mm)) for ring in rings]
    normal = solid.plane.n
    eye = frame.matrix[2]
    found = []
    for sides, out in ((low, -normal), (high, normal)):
        if float(eye @ out) > FACING_MIN:
            found.append(_face(sides, out, frame, solid.material))
    for ring, below, above in zip(rings, low, high, strict=True):
        corners = solid.plane.points(ring)
        outs = numpy.cross(numpy.roll(corners, -1, axis=0) - corners, normal)
        lengths = numpy.linalg.norm(outs, axis=1)
        for a in numpy.flatnonzero(outs @ eye > FACING_MIN * lengths):
            b = (a + 1) % len(ring)
            side = numpy.array((below[a], below[b], above[b], above[a]))
            found.append(_face([side], outs[a] / lengths[a], frame, solid.material))
    return found


def _face(placed: list[Numbers], normal: Numbers, frame: Frame, material: str) -> Face:
    seen = frame.matrix @ normal  # right, up, towards
    # On the face, right*x + up*y + towards*depth is the same everywhere.
    along_x = -seen[0] / seen[2] / frame.scale
    along_y = seen[1] / seen[2] / frame.scale
    x, y, depth = placed[0][0]
    shade = 0.62 + 0.38 * max(0.0, float(LIGHT @ normal) / float(numpy.linalg.norm(LIGHT)))
    red, green, blue = (channel * shade for channel in COLOURS[material])
    return Face(
        rings=[ring[:, :2] for ring in placed],
        depth=(along_x, along_y, depth - along_x * x - along_y * y),
        colour=(red, green, blue),
        is_clear=material == "clear",
    )


def paint(
    solids: Sequence[Solid],
    view: View,
    size: tuple[int, int],
    sticker: Image.Image | None = None,
) -> Image.Image:
    """Return the picture of parts from a view, with a sticker on the part of that name."""
    frame = Frame.around(solids, view, size)
    canvas = Canvas(*size)
    for solid in sorted(solids, key=lambda one: one.material == "clear"):
        for face in faces(solid, frame):
            canvas.fill(face)
    for solid in solids:
        if solid.name == "sticker" and sticker is not None:
            left, low, right, top = solid.outline.bounds
            flat = numpy.array(((left, top), (right, top), (left, low)))
            canvas.paste(sticker, frame.place(solid.plane.points(flat, solid.height_mm)))
    canvas.edges(*_edges(solids, frame))
    return canvas.picture()


def _edges(solids: Sequence[Solid], frame: Frame) -> tuple[Numbers, Numbers, Numbers]:
    """Return where the edges of all parts begin and end, and how strong they are drawn."""
    starts, ends, strengths = [], [], []
    for solid in solids:
        for ring in solid.rings():
            if numpy.linalg.norm(numpy.roll(ring, -1, axis=0) - ring, axis=1).max() < 2.0:
                continue  # the sides of a circle are no edges
            for height in (0.0, solid.height_mm):
                line = frame.place(solid.plane.points(ring, height))
                starts.append(line)
                ends.append(numpy.roll(line, -1, axis=0))
                strengths.append(
                    numpy.full(len(line), 0.55 if solid.material == "clear" else 0.75)
                )
    return numpy.vstack(starts), numpy.vstack(ends), numpy.concatenate(strengths)


def save(image: Image.Image, file: Path) -> None:
    """Write a picture as a small PNG of at most 128 colours, the same bytes each time."""
    few = image.convert("RGB").quantize(128, dither=Image.Dither.NONE)
    few.save(file, optimize=True)
