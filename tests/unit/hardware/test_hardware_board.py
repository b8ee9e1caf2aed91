"""The carrier board: nets, tracks and holes; KiCad's word where it is installed; all can fail."""

import re
from dataclasses import replace

import numpy
import pytest
from components import ROOT
from jimpitan_hardware import board_steps, carrier, cli, modules, pinmap, router, wiring
from jimpitan_hardware.carrier import Board, Pad
from jimpitan_hardware.router import Routed, Track
from PIL import Image
from typer.testing import CliRunner

HARNESS, NETS = wiring.load(), pinmap.load()
BOARD = carrier.load(HARNESS, NETS)


@pytest.fixture(scope="module")
def laid():
    """Lay the board once."""
    return router.route(BOARD)


def short(laid):
    """Return the tracks and one more, straight through the row of the controller."""
    x, y = next((pad.x, pad.y) for pad in BOARD.pads if pad.part == "U1")
    bad = Track(net="5V", layer=0, start=(x, y), end=(x, y + 12.7))
    return Routed(tracks=[*laid.tracks, bad], vias=list(laid.vias))


def test_the_board_joins_what_harness_and_pin_map_join():
    assert carrier.check_nets(BOARD, HARNESS, NETS) == []


def test_a_chip_is_placed_as_it_is_seen_from_above():
    """Pin 1 below at the left of the notch, then against the clock: a mirrored one burns."""
    places = [(pad.x, -pad.y) for pad in BOARD.pads if pad.part == "U8"]
    assert len(places) == 14
    turns = sum(
        a * d - b * c for (a, b), (c, d) in zip(places, [*places[1:], places[0]], strict=True)
    )
    assert turns > 0  # against the clock, y up
    assert places[0] == (min(x for x, _ in places), min(y for _, y in places))
    assert places[13][0] == places[0][0]
    assert places[13][1] - places[0][1] == pytest.approx(7.62)


def test_a_pad_with_another_net_is_named():
    pads = [replace(p, net="5V") if (p.part, p.pin) == ("J3", "2") else p for p in BOARD.pads]
    wrong = carrier.check_nets(replace(BOARD, pads=tuple(pads)), HARNESS, NETS)
    assert wrong == ["J3-2 has 5V on the board alone.", "J3-2 has no LID_A on the board."]


def test_tracks_keep_their_clearance_and_join_every_net(laid):
    assert router.check_clearance(BOARD, laid) == []
    assert router.check_joined(BOARD, laid) == []


def test_a_short_and_a_cut_are_found(laid):
    assert any("mm apart" in sentence for sentence in router.check_clearance(BOARD, short(laid)))
    cut = [track for track in laid.tracks if track.net != "BUZZER"]
    wrong = router.check_joined(BOARD, Routed(tracks=cut, vias=laid.vias))
    assert len(wrong) == 1
    assert wrong[0].startswith("BUZZER is in ")


def test_copper_at_the_edge_and_at_a_screw_is_found():
    x, y = BOARD.holes[0]
    bad = Routed(
        tracks=[
            Track(net="5V", layer=1, start=(0.2, 40.0), end=(0.2, 50.0)),
            Track(net="3V3", layer=1, start=(x - 1, y), end=(x + 1, y)),
        ]
    )
    wrong = router.check_clearance(BOARD, bad)
    assert "5V comes too near to the edge." in wrong
    assert "3V3 comes too near to a hole." in wrong


def test_a_net_without_a_way_is_refused():
    wall = [
        Pad(part="W", pin=str(number), x=5.08, y=round(number * 1.27, 3), net="")
        for number in range(9)
    ]
    ends = [
        Pad(part="A", pin="1", x=2.54, y=5.08, net="GND"),
        Pad(part="A", pin="2", x=7.62, y=5.08, net="GND"),
    ]
    walled = Board(width=10.16, height=10.16, pads=(*wall, *ends), holes=(), names=())
    with pytest.raises(router.Unroutable, match="GND finds no way"):
        router.route(walled)
    open_board = replace(walled, pads=(*wall[:5], *ends))
    found = router.route(open_board)
    assert router.check_joined(open_board, found) == []
    # The wall's own pads touch each other; the way keeps off them.
    assert not any("GND" in sentence for sentence in router.check_clearance(open_board, found))


def test_the_boards_holes_are_drilled_in_its_plate():
    module = next(one for one in modules.load() if one.name == "carrier board")
    assert module.instead_of == "module board"
    assert module.size == (BOARD.width, BOARD.height)
    wanted = {(x, round(BOARD.height - y, 3)) for x, y in BOARD.holes}
    assert set(module.holes) == wanted
    pilot = next(one for one in modules.load() if one.name == "module board")
    assert (pilot.holes, pilot.at, pilot.size) == (module.holes, module.at, module.size)
    # Its parts look to the cover: what is left on the board is right in the box.
    left, low = module.at
    x, y = BOARD.holes[1]
    turned = (left + BOARD.width - x, low + BOARD.height - y)
    assert any(place == pytest.approx(turned) for place in module.places())


def test_the_board_is_drawn_as_committed(laid):
    ours = numpy.asarray(board_steps.picture(BOARD, laid).convert("RGB"), dtype=int)
    committed = Image.open(ROOT / "hardware" / "pictures" / "carrier.png").convert("RGB")
    assert abs(ours - numpy.asarray(committed, dtype=int)).mean() < 3.0


def in_kicad(board, laid, folder):
    """Let KiCad check a board; return its sentences."""
    if not board_steps.kicad_is_here():
        pytest.skip("KiCad 6 is not here (apt-get install kicad); our own checks have run")
    source = folder / "plan.json"
    source.write_text(board_steps.plan(board, laid))
    return board_steps.check_in_kicad(source, folder, board)


def with_track(laid, **values):
    """Return what was laid and one track more on the front."""
    return Routed(tracks=[*laid.tracks, Track(layer=0, **values)], vias=list(laid.vias))


def test_kicad_finds_nothing_and_reads_the_same_nets(laid, tmp_path):
    assert in_kicad(BOARD, laid, tmp_path) == []
    for name in ("carrier-F_Cu.gbr", "carrier-Edge_Cuts.gbr", "carrier-PTH.drl"):
        assert (tmp_path / name).stat().st_size > 300
    other = replace(BOARD, pads=(replace(BOARD.pads[0], net="5V"), *BOARD.pads[1:]))
    wrong = board_steps.check_in_kicad(tmp_path / "plan.json", tmp_path, other)
    assert any("in KiCad, not '5V'" in sentence for sentence in wrong)


def test_kicad_itself_reports_a_track_across_another_net(laid, tmp_path):
    wrong = in_kicad(BOARD, short(laid), tmp_path)
    assert any(re.search(r"KiCad found \d+ violations, clearance", one) for one in wrong), wrong
    assert "actual 0.0000 mm" in (tmp_path / "drc.txt").read_text()


@pytest.mark.parametrize(("gap_mm", "is_found"), [(0.25, False), (0.15, True)])
def test_kicad_itself_reports_a_track_that_comes_too_near(gap_mm, is_found, laid, tmp_path):
    """A short track beside a pad of another net, nothing else near: KiCad wants 0.2 mm."""
    pad = next(one for one in BOARD.pads if (one.part, one.pin) == ("J7", "5"))
    x = pad.x + (carrier.PAD_MM + router.TRACK_MM) / 2 + gap_mm
    near = with_track(laid, net="5V", start=(x, pad.y - 0.3), end=(x, pad.y + 0.3))
    found = [one for one in in_kicad(BOARD, near, tmp_path) if "clearance" in one]
    assert bool(found) == is_found


def test_kicad_itself_reports_a_pad_that_nothing_joins(laid, tmp_path):
    cut = [track for track in laid.tracks if track.net != "BUZZER"]
    wrong = in_kicad(BOARD, Routed(tracks=cut, vias=laid.vias), tmp_path)
    assert any(re.search(r"KiCad found \d+ unconnected", sentence) for sentence in wrong)
    report = (tmp_path / "drc.txt").read_text()
    assert "[unconnected_items]" in report
    assert "BUZZER" in report


def test_without_kicad_the_step_says_what_is_missing(monkeypatch, tmp_path, laid):
    monkeypatch.setattr(board_steps, "kicad_is_here", lambda: False)
    monkeypatch.setattr(router, "route", lambda board: laid)
    done = CliRunner().invoke(cli.app, ["board", "--folder", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "skip  KiCad's own check, Gerber and drill files" in done.output
    assert (tmp_path / "board" / "positions.csv").read_text().count("\n") > 20
