"""The STEP file, read back by other means: closed shells with the volume of their parts."""

import re
from collections import Counter

import numpy
import pytest
from jimpitan_hardware import assembly, step_file
from jimpitan_hardware.sizes import Sizes

SOLIDS = [
    one
    for one in assembly.assemble(Sizes())
    if one.name in ("strip", "chute", "cell", "leaf 1", "receiver mount", "left")
]
TEXT = step_file.step_text(SOLIDS)


class Read:
    """A STEP file as lines by number, taken apart by their own words."""

    def __init__(self, text):
        self.lines = dict(re.findall(r"^#(\d+)=(.*);$", text, re.MULTILINE))

    def refs(self, number):
        return re.findall(r"#(\d+)", self.lines[number])

    def place(self, vertex):
        (point,) = self.refs(vertex)
        return numpy.array([float(one) for one in re.findall(r"-?\d+\.\d*", self.lines[point])])

    def bodies(self):
        """Return each body's name and its faces: lists of rings of (edge, is_forward, place)."""
        for line in self.lines.values():
            if line.startswith("MANIFOLD_SOLID_BREP"):
                name, shell = re.fullmatch(r"MANIFOLD_SOLID_BREP\('(.*)',#(\d+)\)", line).groups()
                yield name, [self.rings(face) for face in self.refs(shell)]

    def rings(self, face):
        return [self.ring(self.refs(bound)[0]) for bound in self.refs(face)[:-1]]

    def ring(self, loop):
        found = []
        for oriented in self.refs(loop):
            is_forward = self.lines[oriented].endswith(".T.)")
            (edge,) = self.refs(oriented)
            start, end = self.refs(edge)[:2]
            found.append((edge, is_forward, self.place(start if is_forward else end)))
        return found


def volume(faces):
    """Return the volume inside flat faces that look outwards (divergence theorem)."""
    total = 0.0
    for rings in faces:
        area = numpy.zeros(3)
        for ring in rings:
            places = [place for _, _, place in ring]
            for one, other in zip(places, places[1:] + places[:1], strict=True):
                area += numpy.cross(one, other) / 2
        total += float(rings[0][0][2] @ area) / 3
    return total


def test_every_part_is_there_with_its_volume():
    found = {name: volume(faces) for name, faces in Read(TEXT).bodies()}
    wanted = {one.name: one.outline.area * one.height_mm for one in SOLIDS}
    assert set(found) == set(wanted)
    for name, there in found.items():
        assert there == pytest.approx(wanted[name], rel=1e-6), name


def test_every_edge_is_run_once_each_way():
    for name, faces in Read(TEXT).bodies():
        runs = Counter((edge, way) for rings in faces for ring in rings for edge, way, _ in ring)
        edges = {edge for edge, _ in runs}
        assert all(runs[(edge, way)] == 1 for edge in edges for way in (True, False)), name


def test_every_line_that_is_named_is_written_and_the_bytes_are_the_same_twice():
    lines = Read(TEXT).lines
    named = {number for line in lines.values() for number in re.findall(r"#(\d+)", line)}
    assert named <= set(lines)
    assert step_file.step_text(SOLIDS) == TEXT
    assert TEXT.startswith("ISO-10303-21;")
    assert TEXT.endswith("END-ISO-10303-21;\n")


def test_an_open_or_turned_shell_would_be_seen():
    name, faces = next(Read(TEXT).bodies())
    turned = [[[(e, not w, p) for e, w, p in reversed(ring)] for ring in faces[0]], *faces[1:]]
    assert volume(turned) != pytest.approx(volume(faces), rel=1e-3), name
    runs = Counter((e, w) for rings in faces[1:] for ring in rings for e, w, _ in ring)
    assert any(runs[(edge, not way)] == 0 for edge, way in list(runs))
