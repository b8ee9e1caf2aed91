"""`release make` and `release show`: sectors for boards with ROM, modules for the others."""

import json

import pytest
from components import ROOT
from jimpitan_gateway.cli import app
from jimpitan_gateway.releases import read_release
from jimpitan_wire import release
from typer.testing import CliRunner


@pytest.fixture
def publisher(tmp_path):
    path = tmp_path / "publisher.pem"
    done = CliRunner().invoke(app, ["release", "key", str(path), "--json"])
    return str(path), json.loads(done.output)["public_key"]


def made(path, publisher, *more):
    words = ["release", "make", str(path), "--key", publisher[0], "--json"]
    done = CliRunner().invoke(app, [*words, "--firmware", str(ROOT / "firmware"), *more])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    shown = ["release", "show", str(path), "--publisher", publisher[1], "--json"]
    assert json.loads(CliRunner().invoke(app, shown).output)["machine"] == told["machine"]
    found = read_release(path.read_bytes(), bytes.fromhex(publisher[1]))
    return told["machine"], release.read_manifest(found.manifest)[1]


def test_a_release_is_the_sectors_of_an_image_for_a_board_with_rom(tmp_path, publisher):
    machine, entries = made(tmp_path / "rom.jimpitan", publisher)
    assert machine.endswith(release.ROM_MACHINE_SUFFIX)
    assert [release.sector_number(entry.path) for entry in entries] == list(range(len(entries)))
    assert {entry.length for entry in entries} == {release.SECTOR_LENGTH}


def test_as_files_it_is_the_modules_without_the_loader(tmp_path, publisher):
    machine, entries = made(tmp_path / "files.jimpitan", publisher, "--as-files")
    assert not machine.endswith(release.ROM_MACHINE_SUFFIX)
    paths = {entry.path for entry in entries}
    assert "jimpitan_board/rom_slot.mpy" in paths
    assert {path.split("/")[0] for path in paths} == {
        "jimpitan_board",
        "jimpitan_box",
        "jimpitan_wire",
    }
