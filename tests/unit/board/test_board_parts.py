"""All parts together: a missing chip is a fact, unplugging is noticed, plugging in is too."""

import ast
import sys

import pytest
from components import ROOT
from jimpitan_simulator.chips import hx711, lis3dh, nau7802, ssd1306, tcs34725
from jimpitan_simulator.chips.receivers import Receivers

WIRES = {"clock": 16, "out": 15, "led": 40, "wake": 7}


def plug(bench):
    chips = bench.pins.chips
    chips[0x29] = tcs34725.Tcs34725Chip(bench.wires, WIRES["led"])
    chips[0x18] = lis3dh.Lis3dhChip(bench.wires, WIRES["wake"])
    chips[0x3C] = ssd1306.Ssd1306Chip()
    return hx711.Hx711Chip(bench.wires, WIRES["clock"], WIRES["out"])


def make(bench, **options):
    bench.board.pins.jumpers[14] = 21
    receivers = Receivers(bench.board, (4, 5), 17)
    (module,) = bench.load("parts")
    parts = module.Parts(bench.now_ms, **options)
    receivers.connect()
    return parts, module


def watch(bench, parts, length_ms):
    """Run the main loop; return what each reader gave."""
    found = {"scale": [], "colour": [], "motion": []}
    for _ in range(length_ms // 10):
        now_ms = bench.wait_ms(10)
        found["motion"] += parts.motion(now_ms)
        for name in ("scale", "colour"):
            value = getattr(parts, name)(now_ms)
            found[name] += [] if value is None else [value]
        parts.step(now_ms)
    return found


def test_the_addresses_of_optional_chips_are_those_of_their_drivers(bench):
    parts, amplifier, screen = bench.load("parts", "nau7802", "screen")
    assert parts.NAU7802_ADDRESS == amplifier.ADDRESS
    assert parts.SCREEN_ADDRESS == screen.ADDRESS


def test_drivers_of_chips_that_are_not_fitted_are_not_loaded(bench):
    make(bench)
    loaded = {name.split(".")[-1] for name in sys.modules if name.startswith("jimpitan_board.")}
    assert "hx711" in loaded
    assert not loaded & {"nau7802", "screen", "speaker"}


def test_every_reader_gives_what_the_sensing_code_takes(bench):
    scale = plug(bench)
    parts, _ = make(bench)
    scale.load = lambda gain: -5_000
    bench.pins.chips[0x29].lit = (25_000, 9_000, 10_000, 6_000)
    bench.pins.chips[0x18].push((0, -40, 1_000))
    found = watch(bench, parts, 2_000)
    assert set(found["scale"]) == {-5_000}
    assert set(found["colour"]) == {(4_000, 1_440, 1_600, 960)}
    assert found["motion"] == [(0, -40, 1_000)]
    assert [one[1] for one in parts.health()] == [True] * 4


def test_a_board_with_no_chip_at_all_starts_and_says_so(bench):
    parts, _ = make(bench)
    assert watch(bench, parts, 3_000) == {"scale": [], "colour": [], "motion": []}
    found = {name: (is_good, sentence) for name, is_good, sentence in parts.health()}
    assert set(found) == {"scale", "colour", "motion", "screen"}
    assert set(found.values()) == {(False, "does not answer: not fitted or unplugged")}


def test_a_scale_that_never_answers_is_never_said_to_answer(bench):
    parts, _ = make(bench)
    for _ in range(30):
        watch(bench, parts, 1_000)
        assert parts.health()[0][1:] == (False, "does not answer: not fitted or unplugged")


def test_a_scale_whose_wire_is_cut_is_lost_once(bench):
    scale = plug(bench)
    parts, _ = make(bench)
    watch(bench, parts, 1_000)
    assert parts.health()[0][1]
    scale.is_cut = True
    bench.wires.set(WIRES["out"], 1)
    watch(bench, parts, 15_000)
    assert parts.health()[0] == ("scale", False, "does not answer: unplugged")
    scale.is_cut = False
    watch(bench, parts, 15_000)
    assert parts.health()[0] == ("scale", True, "answers; lost 1 times")


def test_what_is_unplugged_is_noticed_and_what_is_plugged_in_again_answers(bench):
    plug(bench)
    parts, module = make(bench)
    watch(bench, parts, 1_000)
    taken = bench.pins.chips.pop(0x18)
    assert watch(bench, parts, 1_000)["motion"] == []
    assert parts.health()[2] == ("motion", False, "does not answer: unplugged")
    bench.pins.chips[0x18] = taken
    watch(bench, parts, module.RETRY_MS)
    taken.push((0, 0, 1_000))
    assert watch(bench, parts, 100)["motion"] == [(0, 0, 1_000)]
    assert parts.health()[2] == ("motion", True, "answers; lost 1 times")


def test_the_accelerometer_is_asked_as_often_as_it_measures_and_loses_nothing(bench):
    plug(bench)
    parts, module = make(bench)
    chip = bench.pins.chips[0x18]
    found = []
    for number in range(200):
        now_ms = bench.wait_ms(10)
        if number % 4 == 3:
            chip.push((0, 0, 4 * number))
        found.append(parts.motion(now_ms))
    found.append(parts.motion(bench.wait_ms(module.MOTION_MS)))
    asked = [samples for samples in found if samples]
    assert len(asked) <= 2_000 // module.MOTION_MS + 1
    assert [sample[2] for samples in asked for sample in samples] == list(range(12, 800, 16))


def test_a_nau7802_is_taken_before_an_hx711(bench):
    plug(bench)
    chip = bench.pins.chips[0x2A] = nau7802.Nau7802Chip(bench.wires)
    parts, _ = make(bench)
    chip.load = 31_337
    assert set(watch(bench, parts, 1_500)["scale"]) == {31_337}


def test_edges_of_beams_and_lid_come_in_one_order(bench):
    plug(bench)
    parts, _ = make(bench)
    assert [edge[:2] for edge in parts.first_edges()] == [(2, False), (3, False)]
    start_us = bench.wires.now_us + 1_000
    for at_us, gpio, level in (
        (0, 6, 1),
        (300_000, 4, 1),
        (332_000, 4, 0),
        (345_000, 5, 1),
        (372_000, 5, 0),
        (600_000, 10, 1),
    ):
        bench.wires.plan(start_us + at_us, gpio, level)
    bench.wires.run(900_000)
    found = parts.edges()
    assert [edge[0] for edge in found] == [2, 0, 0, 1, 1, 3]
    assert [edge[2] for edge in found] == sorted(edge[2] for edge in found)


def test_a_nap_takes_the_light_away_and_is_no_edge(bench):
    scale = plug(bench)
    parts, _ = make(bench)
    scale.load = lambda gain: 700
    watch(bench, parts, 1_000)
    parts.sleep(bench.now_ms)
    assert watch(bench, parts, 500)["scale"] == []
    parts.wake(bench.now_ms)
    assert parts.edges() == []
    assert set(watch(bench, parts, 1_500)["scale"]) == {700}
    bench.wires.plan(bench.wires.now_us + 1_000, 4, 1)
    bench.wires.plan(bench.wires.now_us + 40_000, 4, 0)
    bench.wait_ms(300)
    assert [edge[:2] for edge in parts.edges()] == [(0, True), (0, False)]


def test_the_box_gets_the_channels_it_knows_and_the_battery(bench):
    plug(bench)
    parts, _ = make(bench)
    (port,) = bench.load("port_esp32")
    edges = port.Edges(parts)
    assert [edge[:2] for edge in edges.first()] == [(2, False)]
    bench.pins.voltages_uv[1] = 2_050_000
    assert port.Sensors(None, parts).battery_mv() == 4_100
    for gpio in (6, 10, 4):
        bench.wires.plan(bench.wires.now_us + 1_000 * gpio, gpio, 1)
    bench.wires.run(200_000)
    assert [edge[:2] for edge in edges.take()] == [(0, True), (2, True)]


def test_the_selftest_names_every_part(bench):
    plug(bench)
    parts, _ = make(bench)
    bench.pins.voltages_uv[1] = 2_000_000
    found = parts.selftest()
    assert [name for name, _, _ in found] == [
        "beams",
        "lid",
        "battery",
        "lights",
        "buzzer",
        "scale",
        "colour",
        "motion",
        "screen",
    ]
    assert all(is_good for _, is_good, _ in found), found


def test_lines_reach_the_screen_and_a_step_stays_short(bench):
    plug(bench)
    parts, _ = make(bench)
    parts.show(("Terima kasih",), bench.now_ms)
    for _ in range(10):
        start_us = bench.wires.now_us
        parts.step(bench.now_ms)
        assert bench.wires.now_us - start_us < 4_000
        bench.wait_ms(10)
    assert bench.pins.chips[0x3C].line(0) == "Terima kasih"


def test_the_speaker_is_made_only_when_it_is_asked_for(bench):
    parts, _ = make(bench)
    assert parts.speaker is None
    assert bench.board.i2s == []


def test_with_a_speaker_the_pins_are_those_of_the_map(bench):
    parts, _ = make(bench, has_speaker=True)
    settings = bench.board.i2s[0].settings
    assert [settings[name].gpio for name in ("sck", "ws", "sd")] == [11, 12, 13]
    parts.step(bench.now_ms)


def test_every_driver_stands_in_the_manual_with_its_bound():
    manual = (ROOT / "firmware" / "README.md").read_text(encoding="utf-8")
    drivers = [file for file in DRIVERS if "def selftest" in file.read_text(encoding="utf-8")]
    assert len(drivers) == 12
    for file in drivers:
        assert file.stem == "parts" or f"| `{file.name}`" in manual


DRIVERS = sorted((ROOT / "firmware" / "board" / "jimpitan_board").glob("*.py"))


@pytest.mark.parametrize("file", DRIVERS, ids=lambda file: file.stem)
def test_no_driver_does_anything_when_it_is_imported(file):
    """House style 7: a module of the board makes no pin and no bus of its own."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        calls = [one for one in ast.walk(node) if isinstance(one, ast.Call)]
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            assert [c for c in calls if getattr(c.func, "id", "") != "getattr"] == []
