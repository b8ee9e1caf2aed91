"""The build: same bytes twice, refuses what cannot be built, pictures as committed."""

import inspect
import os
import re
import subprocess
import sys

import numpy
import pytest
from components import ROOT, program
from jimpitan_hardware import cli, enclosure_steps, wiring
from jimpitan_hardware.sizes import Sizes
from PIL import Image
from typer.testing import CliRunner

PICTURES = ROOT / "hardware" / "pictures"
README = (ROOT / "hardware" / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build everything once, as the command does."""
    folder = tmp_path_factory.mktemp("built")
    done = CliRunner().invoke(cli.app, ["--folder", str(folder)])
    assert done.exit_code == 0, done.output
    return folder, done.output


def test_everything_is_built_and_every_check_is_told(built):
    folder, output = built
    assert (folder / "enclosure" / "box.glb").read_bytes()[:4] == b"glTF"
    assert "WRONG" not in output
    words = " ".join(output.split())
    for check in (
        "it swings 90° while all else stands still",
        "1000 insertions of 9 coins and folded notes",
        "out below from every pose in the slot",
        "closed by its weight",
        "a wire hook does not come back",
        "stickers (all 2): codes read at 72 to 300 dpi",
        "can-labels (all 4): codes read at 72 to 300 dpi",
    ):
        assert check in words
    assert output.count("ok   ") >= 55


def test_a_second_build_in_another_process_has_the_same_bytes(built, tmp_path):
    """Pictures and harness included; sets and dicts of another process are in another order."""
    folder, _ = built
    writes_nothing = ("the assembly", "the way of the cash")
    script = (
        "from pathlib import Path\n"
        "from jimpitan_hardware import cli, sizes, workshop\n"
        f"work = workshop.Workshop(sizes.Sizes(), Path({str(tmp_path)!r}))\n"
        f"steps = [step for step in cli.STEPS if step[0] not in {writes_nothing}]\n"
        "cli.build(work, tuple(steps))\n"
    )
    other = "7" if os.environ.get("PYTHONHASHSEED") != "7" else "8"
    environment = {**os.environ, "PYTHONHASHSEED": other}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True, timeout=300)
    first, second = (
        {file.relative_to(one): file.read_bytes() for file in one.rglob("*") if file.is_file()}
        for one in (folder, tmp_path)
    )
    assert [str(name) for name in first if first[name] != second.get(name)] == []
    assert first.keys() == second.keys()
    assert any(name.suffix == ".png" for name in first)


def test_every_cable_stands_in_the_picture_of_the_harness(built):
    program("dot", "apt-get install graphviz")
    picture = (built[0] / "wiring" / "harness.svg").read_text(encoding="utf-8")
    assert all(f"{cable.name}<" in picture for cable in wiring.load().cables)


def test_the_committed_pictures_are_those_of_the_build(built):
    folder, _ = built
    # The board has a command of its own, and the harness is drawn where graphviz is.
    elsewhere = {"carrier.png", "harness.png"}
    painted = {one.name for one in (folder / "pictures").iterdir()}
    assert {one.name for one in PICTURES.iterdir()} == painted | elsewhere
    for picture in sorted((folder / "pictures").iterdir()):
        committed = PICTURES / picture.name
        assert committed.stat().st_size < 120_000
        if picture.name == "harness.png":
            continue  # drawn by graphviz with the fonts of its machine
        ours = numpy.asarray(Image.open(committed).convert("RGB"), dtype=int)
        theirs = numpy.asarray(Image.open(picture).convert("RGB"), dtype=int)
        assert ours.shape == theirs.shape
        assert abs(ours - theirs).mean() < 1.0, f"run with --keep-pictures: {picture.name}"


def test_a_picture_of_another_box_is_another_picture(tmp_path):
    small = enclosure_steps.picture_of_sheet
    from jimpitan_hardware import assembly, sheets

    thin = Sizes(thickness_mm=3.6)
    one = sheets.nested(assembly.assemble(thin), thin)[0]
    picture = numpy.asarray(small(one, thin), dtype=int)
    committed = numpy.asarray(Image.open(PICTURES / "sheet.png").convert("RGB"), dtype=int)
    assert abs(picture - committed).mean() > 1.0


def test_a_build_makes_its_folders_anew_and_leaves_an_offices_files(tmp_path, monkeypatch):
    monkeypatch.setattr(cli, "build", lambda work, steps: None)
    for name in ("label/old.pdf", "office/label/stickers.pdf"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert CliRunner().invoke(cli.app, ["--folder", str(tmp_path)]).exit_code == 0
    assert not (tmp_path / "label" / "old.pdf").exists()
    assert (tmp_path / "office" / "label" / "stickers.pdf").exists()


def test_sizes_that_fit_no_box_are_refused_with_a_sentence(tmp_path):
    done = CliRunner().invoke(cli.app, ["--thickness", "9", "--folder", str(tmp_path / "none")])
    assert done.exit_code == 2
    assert "The sheet is 3.6 to 4.4 mm thick." in done.output
    assert not (tmp_path / "none").exists()


def test_a_fault_ends_the_command_with_code_1(tmp_path, monkeypatch):
    monkeypatch.setattr(cli, "build", lambda work, steps: work.check("a check", ["It is broken."]))
    done = CliRunner().invoke(cli.app, ["--folder", str(tmp_path)])
    assert done.exit_code == 1
    assert "WRONG a check" in done.output
    assert "It is broken." in done.output


def test_every_option_command_and_picture_stands_in_the_manual():
    commands = {one.name: one.callback for one in cli.app.registered_commands}
    callbacks = [cli.app.registered_callback.callback, *commands.values()]
    options = {option for callback in callbacks for option in _options(callback)}
    assert {f"`{option}`" for option in options} - set(re.findall(r"`--[a-z-]+`", README)) == set()
    for name in commands:
        assert f"`{name}`" in README
    shown = README + (ROOT / "hardware" / "panduan-merakit.md").read_text(encoding="utf-8")
    for picture in PICTURES.iterdir():
        assert f"pictures/{picture.name}" in shown


def _options(callback):
    names = [name for name in inspect.signature(callback).parameters if name != "context"]
    return {f"--{name.replace('_', '-')}" for name in names}
