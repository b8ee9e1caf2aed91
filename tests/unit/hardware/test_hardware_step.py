"""The STEP file: circles are known again, and OpenCASCADE reads the model's volumes back."""

import math
import re

import numpy
import pytest
from jimpitan_hardware import assembly, cli, step_file
from jimpitan_hardware.sizes import Sizes
from jimpitan_hardware.solids import disc
from shapely.geometry import Polygon
from typer.testing import CliRunner

SOLIDS = assembly.assemble(Sizes())


def ring(outline):
    return numpy.array(outline.exterior.coords)[:-1]


def volume_mm3(solid):
    """Return a solid's volume with its circles round: the corners of each are cut off."""
    area = 0.0
    for number, one in enumerate(solid.rings()):
        round_one = step_file.circle(one)
        whole = math.pi * round_one[1] ** 2 if round_one else Polygon(one).area
        area += -whole if number else whole
    return area * solid.height_mm


def test_a_disc_is_known_again_by_middle_and_size():
    middle, radius = step_file.circle(ring(disc(12.5, -3.0, 5.2)))
    assert middle == pytest.approx((12.5, -3.0))
    assert radius == pytest.approx(2.6)


def test_what_is_no_circle_stays_as_it_is_drawn():
    dented = ring(disc(0.0, 0.0, 8.0))
    dented[7] *= 0.99
    stretched = ring(disc(0.0, 0.0, 8.0)) * (1.0, 1.01)
    square = numpy.array(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
    assert [step_file.circle(one) for one in (dented, stretched, square)] == [None, None, None]


def test_step_without_its_library_builds_nothing_and_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(step_file, "is_possible", lambda: False)
    done = CliRunner().invoke(cli.app, ["--step", "--folder", str(tmp_path / "none")])
    assert done.exit_code == 2
    assert step_file.HOW in done.output
    assert "pip install build123d" in step_file.HOW
    assert not (tmp_path / "none").exists()


def test_step_is_written_only_when_it_is_asked_for(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(cli, "build", lambda work, steps: asked.append(cli.STEP_MODEL in steps))
    monkeypatch.setattr(step_file, "is_possible", lambda: True)
    for words in ([], ["--step"]):
        assert CliRunner().invoke(cli.app, [*words, "--folder", str(tmp_path)]).exit_code == 0
    assert asked == [False, True]


@pytest.mark.filterwarnings("ignore")  # of the library's own libraries
def test_opencascade_reads_every_part_back_with_its_volume_and_circles(tmp_path):
    if not step_file.is_possible():
        pytest.skip(step_file.HOW)  # in CI too: 1 GB for a file that no workshop cuts from
    import build123d

    step_file.write(SOLIDS, tmp_path / "box.step")
    read = build123d.import_step(tmp_path / "box.step").children
    found = {one.label: one for one in read}
    assert len(read) == len(found) == len(SOLIDS)
    for solid in SOLIDS:
        body = found[re.sub(r"\W", "_", solid.name)]  # so build123d reads names
        rounds = [one for one in body.faces() if one.geom_type == build123d.GeomType.CYLINDER]
        assert body.is_valid
        assert len(rounds) == sum(step_file.circle(one) is not None for one in solid.rings())
        assert body.volume == pytest.approx(volume_mm3(solid), rel=1e-9), solid.name
        box = body.bounding_box()
        wanted = numpy.array(solid.body().bounding_box())
        assert (*box.min, *box.max) == pytest.approx(wanted, abs=0.05), solid.name
