"""Writes solids as a STEP file (ISO 10303-21, AP214), for any CAD program.

Every part is a pulled outline, so every face is flat and every edge straight: a closed shell of
planes and lines is all that is needed, and the same parts are the same bytes. Circles are drawn
as their 48 sides.
"""

from collections.abc import Sequence

import numpy

from jimpitan_hardware.solids import Numbers, Solid

HEADER = """ISO-10303-21;
HEADER;
FILE_DESCRIPTION(('Jimpitan collection box'),'2;1');
FILE_NAME('box.step','',(''),(''),'','Jimpitan','');
FILE_SCHEMA(('AUTOMOTIVE_DESIGN { 1 0 10303 214 1 1 1 1 }'));
ENDSEC;
DATA;
"""
FOOTER = "ENDSEC;\nEND-ISO-10303-21;\n"
ACCURACY_MM = "1.E-5"


class _Lines:
    """The numbered lines of a file; what says the same is written once."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._known: dict[str, str] = {}

    def new(self, text: str) -> str:
        """Write a line of its own; return how it is called."""
        self.lines.append(f"#{len(self.lines) + 1}={text};")
        return f"#{len(self.lines)}"

    def same(self, text: str) -> str:
        """Write a line unless it is there; return how it is called."""
        if text not in self._known:
            self._known[text] = self.new(text)
        return self._known[text]

    def point(self, place: Numbers) -> str:
        return self.same(f"CARTESIAN_POINT('',({_numbers(place)}))")

    def direction(self, way: Numbers) -> str:
        return self.same(f"DIRECTION('',({_numbers(way)}))")


def _numbers(values: Numbers) -> str:
    return ",".join(_number(float(value)) for value in values)


def _number(value: float) -> str:
    text = f"{value:.6f}".rstrip("0")
    return "0." if text == "-0." else text


class _Shell:
    """One part on its way into the file: its vertices, edges and faces."""

    def __init__(self, lines: _Lines) -> None:
        self._lines = lines
        self._edges: dict[tuple[str, str], str] = {}
        self._vertices: dict[str, str] = {}
        self.faces: list[str] = []

    def face(self, rings: Sequence[Numbers], normal: Numbers) -> None:
        """Add a flat face; its outline runs left about the normal, its holes right."""
        bounds = []
        for number, ring in enumerate(rings):
            kind = "FACE_BOUND" if number else "FACE_OUTER_BOUND"
            bounds.append(self._lines.new(f"{kind}('',{self._loop(ring)},.T.)"))
        across = rings[0][1] - rings[0][0]
        across = across / numpy.linalg.norm(across)
        axes = self._lines.new(
            f"AXIS2_PLACEMENT_3D('',{self._lines.point(rings[0][0])},"
            f"{self._lines.direction(normal)},{self._lines.direction(across)})"
        )
        plane = self._lines.new(f"PLANE('',{axes})")
        self.faces.append(self._lines.new(f"ADVANCED_FACE('',({','.join(bounds)}),{plane},.T.)"))

    def _loop(self, ring: Numbers) -> str:
        following = numpy.roll(ring, -1, axis=0)
        edges = [self._edge(one, other) for one, other in zip(ring, following, strict=True)]
        return self._lines.new(f"EDGE_LOOP('',({','.join(edges)}))")

    def _edge(self, one: Numbers, other: Numbers) -> str:
        """Return an edge in its sense; the second face that meets it runs it backwards."""
        start, end = self._vertex(one), self._vertex(other)
        if (end, start) in self._edges:
            return self._lines.new(f"ORIENTED_EDGE('',*,*,{self._edges[(end, start)]},.F.)")
        way = other - one
        length = float(numpy.linalg.norm(way))
        vector = self._lines.new(
            f"VECTOR('',{self._lines.direction(way / length)},{_number(length)})"
        )
        line = self._lines.new(f"LINE('',{self._lines.point(one)},{vector})")
        edge = self._lines.new(f"EDGE_CURVE('',{start},{end},{line},.T.)")
        self._edges[(start, end)] = edge
        return self._lines.new(f"ORIENTED_EDGE('',*,*,{edge},.T.)")

    def _vertex(self, place: Numbers) -> str:
        point = self._lines.point(place)
        if point not in self._vertices:
            self._vertices[point] = self._lines.new(f"VERTEX_POINT('',{point})")
        return self._vertices[point]


def _solid(lines: _Lines, solid: Solid) -> str:
    shell = _Shell(lines)
    low = [solid.plane.points(ring) for ring in solid.rings()]
    high = [solid.plane.points(ring, solid.height_mm) for ring in solid.rings()]
    normal = solid.plane.n
    shell.face(high, normal)
    shell.face([ring[::-1] for ring in low], -normal)
    for below, above in zip(low, high, strict=True):
        for a, b in zip(range(len(below)), numpy.roll(range(len(below)), -1), strict=True):
            corners = numpy.array((below[a], below[b], above[b], above[a]))
            out = numpy.cross(below[b] - below[a], normal)
            shell.face([corners], out / numpy.linalg.norm(out))
    closed = lines.new(f"CLOSED_SHELL('',({','.join(shell.faces)}))")
    return lines.new(f"MANIFOLD_SOLID_BREP('{solid.name}',{closed})")


def step_text(solids: Sequence[Solid], name: str = "box") -> str:
    """Return the text of a STEP file in millimetres, with each part under its name."""
    lines = _Lines()
    bodies = [_solid(lines, solid) for solid in solids]
    axes = lines.new(
        f"AXIS2_PLACEMENT_3D('',{lines.point(numpy.zeros(3))},"
        f"{lines.direction(numpy.array((0, 0, 1)))},{lines.direction(numpy.array((1, 0, 0)))})"
    )
    length = lines.new("(LENGTH_UNIT()NAMED_UNIT(*)SI_UNIT(.MILLI.,.METRE.))")
    angle = lines.new("(NAMED_UNIT(*)PLANE_ANGLE_UNIT()SI_UNIT($,.RADIAN.))")
    solid_angle = lines.new("(NAMED_UNIT(*)SI_UNIT($,.STERADIAN.)SOLID_ANGLE_UNIT())")
    accuracy = lines.new(
        f"UNCERTAINTY_MEASURE_WITH_UNIT(LENGTH_MEASURE({ACCURACY_MM}),{length},'accuracy','')"
    )
    context = lines.new(
        f"(GEOMETRIC_REPRESENTATION_CONTEXT(3)GLOBAL_UNCERTAINTY_ASSIGNED_CONTEXT(({accuracy}))"
        f"GLOBAL_UNIT_ASSIGNED_CONTEXT(({length},{angle},{solid_angle}))"
        "REPRESENTATION_CONTEXT('',''))"
    )
    shape = lines.new(
        f"ADVANCED_BREP_SHAPE_REPRESENTATION('{name}',({axes},{','.join(bodies)}),{context})"
    )
    application = lines.new("APPLICATION_CONTEXT('automotive design')")
    about = lines.new(f"PRODUCT_CONTEXT('',{application},'mechanical')")
    product = lines.new(f"PRODUCT('{name}','{name}','',({about}))")
    formation = lines.new(f"PRODUCT_DEFINITION_FORMATION('','',{product})")
    stage = lines.new(f"PRODUCT_DEFINITION_CONTEXT('part definition',{application},'design')")
    definition = lines.new(f"PRODUCT_DEFINITION('design','',{formation},{stage})")
    defined = lines.new(f"PRODUCT_DEFINITION_SHAPE('','',{definition})")
    lines.new(f"SHAPE_DEFINITION_REPRESENTATION({defined},{shape})")
    return HEADER + "\n".join(lines.lines) + "\n" + FOOTER
