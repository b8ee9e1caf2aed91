"""Drivers of the chips on the bus, against their registers."""

import errno

import pytest
from jimpitan_simulator.chips import lis3dh, nau7802, ssd1306, tcs34725
from jimpitan_simulator.chips.wires import Misuse

LED, WAKE = 40, 7


@pytest.fixture
def colour(bench):
    chip = bench.pins.chips[0x29] = tcs34725.Tcs34725Chip(bench.wires, LED)
    (module,) = bench.load("tcs34725")
    return chip, module.Tcs34725(bench.bus(), bench.board.pin(LED, 3, value=0)), module


def take(bench, driver, steps=30):
    """Take one colour as the main loop does; return (colour or None, milliseconds)."""
    start_ms = bench.now_ms
    driver.start(bench.now_ms)
    for _ in range(steps):
        found = driver.step(bench.wait_ms(5))
        if found is not None or driver.is_idle:
            return found, bench.now_ms - start_ms
    raise AssertionError("no end")


def test_colour_starts_with_24_ms_and_gain_16(bench, colour):
    chip, driver, _ = colour
    assert chip.writes == [(0x01, 0xF6)]
    driver.start(bench.now_ms)
    assert chip.writes[1:] == [(0x0F, 0x02), (0x00, 0x01), (0x00, 0x03)]


@pytest.mark.parametrize("slow_percent", [-5, 0, 5])
def test_ambient_light_is_taken_off_whatever_it_is(bench, slow_percent):
    chip = tcs34725.Tcs34725Chip(bench.wires, LED, slow_percent=slow_percent)
    bench.pins.chips[0x29] = chip
    (module,) = bench.load("tcs34725")
    driver = module.Tcs34725(bench.bus(), bench.board.pin(LED, 3, value=0))
    chip.lit = (25_000, 9_000, 10_000, 6_000)
    for ambient in ((0, 0, 0, 0), (5_000, 2_000, 2_000, 1_000), (20_000, 9_000, 8_000, 7_000)):
        chip.ambient = ambient
        found, length_ms = take(bench, driver)
        assert found == (4_000, 1_440, 1_600, 960)
        assert length_ms <= 80
        assert driver.ambient_clear == ambient[0] * 160 // 1000


def test_the_led_is_lit_for_one_frame_only(bench, colour):
    chip, driver, _ = colour
    take(bench, driver)
    assert 26_000 <= chip.lit_us <= 40_000
    assert bench.wires.level(LED) == 0


def test_a_saturated_frame_is_flagged_and_the_next_is_taken_at_a_quarter_of_the_gain(
    bench, colour
):
    chip, driver, _ = colour
    chip.lit = (60_000, 20_000, 20_000, 20_000)
    assert take(bench, driver)[0] is None
    assert (driver.is_saturated, driver.saturated) == (True, 1)
    found, _ = take(bench, driver)
    assert found == (9_600, 3_200, 3_200, 3_200)  # in counts at gain 16 all the same
    assert not driver.is_saturated


def test_faint_light_brings_the_gain_back(bench, colour):
    chip, driver, _ = colour
    chip.lit = (60_000, 0, 0, 0)
    take(bench, driver)
    chip.lit = (1_000, 0, 0, 0)
    assert take(bench, driver)[0] == (160, 0, 0, 0)
    take(bench, driver)
    assert [value for register, value in chip.writes if register == 0x0F] == [2, 1, 2]


def test_sun_in_the_dark_frame_is_saturation_too(bench, colour):
    chip, driver, _ = colour
    chip.ambient = (60_000,) * 4
    driver.start(bench.now_ms)
    driver.step(bench.wait_ms(31))
    chip.ambient = (0,) * 4  # a cloud, before the lit frame
    chip.lit = (20_000,) * 4
    assert driver.step(bench.wait_ms(31)) is None
    assert driver.is_idle
    assert driver.is_saturated


def test_unplugged_within_a_frame_the_led_goes_out_and_it_raises(bench, colour):
    _, driver, _ = colour
    driver.start(bench.now_ms)
    driver.step(bench.wait_ms(31))
    assert bench.wires.level(LED) == 1
    del bench.pins.chips[0x29]
    with pytest.raises(OSError, match=f"^{errno.ENODEV}$"):
        driver.step(bench.wait_ms(31))
    assert bench.wires.level(LED) == 0
    assert driver.is_idle
    assert driver.selftest()[:2] == ("colour", False)


def test_a_frame_that_never_ends_raises_within_its_bound(bench, colour):
    chip, driver, module = colour
    chip.on_read = lambda: chip.registers.__setitem__(0, 0)
    driver.start(bench.now_ms)
    for _ in range(module.FRAME_MS_MAX // 5 - 1):
        assert driver.step(bench.wait_ms(5)) is None
    with pytest.raises(OSError, match=f"^{errno.ETIMEDOUT}$"):
        driver.step(bench.wait_ms(15))


@pytest.mark.parametrize("identity", [0x00, 0x10, 0xFF])
def test_another_chip_at_the_address_is_refused(bench, identity):
    bench.pins.chips[0x29] = tcs34725.Tcs34725Chip(bench.wires, LED, identity=identity)
    bench.pins.chips[0x18] = lis3dh.Lis3dhChip(bench.wires, WAKE, identity=identity)
    colour, motion = bench.load("tcs34725", "lis3dh")
    with pytest.raises(OSError, match=f"^{errno.ENODEV}$"):
        colour.Tcs34725(bench.bus(), bench.board.pin(LED, 3, value=0))
    with pytest.raises(OSError, match=f"^{errno.ENODEV}$"):
        motion.Lis3dh(bench.bus())


@pytest.fixture
def motion(bench):
    chip = bench.pins.chips[0x18] = lis3dh.Lis3dhChip(bench.wires, WAKE)
    (module,) = bench.load("lis3dh")
    return chip, module.Lis3dh(bench.bus()), module


def test_motion_starts_at_25_hz_two_g_with_fifo_and_latched_wake(motion):
    chip, driver, _ = motion
    kept = {register: chip.registers[register] for register, _ in chip.writes}
    assert kept == {
        0x20: 0x37,
        0x21: 0x01,
        0x22: 0x40,
        0x23: 0x80,
        0x24: 0x48,
        0x25: 0x00,
        0x2E: 0x80,
        0x30: 0x2A,
        0x32: 0x0A,
        0x33: 0x00,
    }
    assert driver.selftest()[:2] == ("motion", True)


def test_samples_come_in_mg_with_their_signs_in_order(motion):
    chip, driver, _ = motion
    samples = [(0, 0, 1_000), (-4, 40, 996), (-2_000, 1_996, -1_000)]
    for sample in samples:
        chip.push(sample)
    assert driver.read() == samples
    assert driver.read() == []


@pytest.mark.parametrize("count", [1, 31, 32, 33, 70])
def test_a_full_fifo_gives_its_32_newest_and_the_loss_is_counted(motion, count):
    chip, driver, _ = motion
    for index in range(count):
        chip.push((index * 4, 0, 1_000))
    found = driver.read()
    assert [sample[0] // 4 for sample in found] == list(range(max(0, count - 32), count))
    assert driver.overruns == (1 if count >= 32 else 0)
    assert driver.read() == []


def test_the_wake_is_latched_until_it_is_cleared_and_gravity_does_not_cause_it(bench, motion):
    chip, driver, _ = motion
    chip.push((0, 0, 1_000))
    driver.clear_wake()
    chip.fetch(0x26)  # the filter has come to rest
    chip.push((0, 0, 1_020))
    assert not bench.wires.level(WAKE)
    chip.push((400, 0, 1_000))
    chip.push((0, 0, 1_000))
    assert bench.wires.level(WAKE)
    assert driver.clear_wake()
    assert not bench.wires.level(WAKE)
    assert not driver.clear_wake()


@pytest.fixture
def nau(bench):
    chip = bench.pins.chips[0x2A] = nau7802.Nau7802Chip(bench.wires)
    (module,) = bench.load("nau7802")
    return chip, module.Nau7802(bench.bus()), module


def test_nau7802_starts_in_its_order(nau):
    chip, _, _ = nau
    assert chip.writes == [
        (0x00, 0x01),
        (0x00, 0x02),
        (0x00, 0x86),
        (0x01, 0x2F),
        (0x02, 0x00),
        (0x15, 0x30),
        (0x1C, 0x80),
        (0x02, 0x04),
        (0x00, 0x96),
    ]


@pytest.mark.parametrize("load", [0, 1, -1, 8_388_607, -8_388_608, -123_456])
def test_nau7802_gives_each_conversion_once(bench, nau, load):
    chip, driver, _ = nau
    chip.load = load
    found = [driver.read() for _ in range(100) if bench.wait_ms(10)]
    values = [value for value in found if value is not None]
    assert 5 <= len(values) <= 8
    assert set(values) == {load}
    assert bool(driver.saturated) == (abs(load) > 8_000_000)


def test_nau7802_that_cannot_calibrate_or_is_another_chip_is_refused(bench):
    (module,) = bench.load("nau7802")
    bench.pins.chips[0x2A] = nau7802.Nau7802Chip(bench.wires, fails_calibration=True)
    with pytest.raises(OSError, match=f"^{errno.EIO}$"):
        module.Nau7802(bench.bus())
    other = bench.pins.chips[0x2A] = nau7802.Nau7802Chip(bench.wires)
    other.registers[0x1F] = 0
    with pytest.raises(OSError, match=f"^{errno.ENODEV}$"):
        module.Nau7802(bench.bus())
    del bench.pins.chips[0x2A]
    with pytest.raises(OSError, match=f"^{errno.ENODEV}$"):
        module.Nau7802(bench.bus())


def test_nau7802_powers_down_and_up(bench, nau):
    chip, driver, _ = nau
    driver.power_down()
    assert [driver.read() for _ in range(50) if bench.wait_ms(10)] == [None] * 50
    driver.power_up()
    chip.load = 9
    assert driver.selftest() == ("scale", True, "NAU7802 gives 9")
    del bench.pins.chips[0x2A]
    assert driver.selftest()[:2] == ("scale", False)


@pytest.fixture
def screen(bench):
    chip = bench.pins.chips[0x3C] = ssd1306.Ssd1306Chip()
    (module,) = bench.load("screen")
    return chip, module.Screen(bench.bus())


def test_the_screen_shows_eight_lines_page_by_page(bench, screen):
    chip, driver = screen
    assert chip.is_on
    driver.show(("Terima kasih", "Jumat Seribu", *("x" * 40 for _ in range(9))))
    for _ in range(8):
        start_us = bench.wires.now_us
        driver.step()
        assert bench.wires.now_us - start_us < 4_000
    assert [chip.line(index) for index in range(3)] == ["Terima kasih", "Jumat Seribu", "x" * 16]
    before = len(chip.commands)
    driver.step()
    assert len(chip.commands) == before
    driver.sleep()
    assert not chip.is_on


def test_an_unplugged_screen_raises(bench, screen):
    _, driver = screen
    assert driver.selftest()[:2] == ("screen", True)
    del bench.pins.chips[0x3C]
    assert driver.selftest()[:2] == ("screen", False)
    with pytest.raises(OSError, match=f"^{errno.ENODEV}$"):
        driver.step()


def test_the_simulated_chips_refuse_what_datasheets_forbid(bench, colour, motion):
    with pytest.raises(Misuse):
        bench.bus().writeto_mem(0x29, 0x00, b"\x03")  # no command bit
    with pytest.raises(Misuse):
        bench.bus().writeto_mem(0x29, 0x92, b"\x03")  # the identity
    with pytest.raises(Misuse):
        bench.bus().writeto_mem(0x18, 0x10, b"\x03")  # reserved
    with pytest.raises(OSError, match=f"^{errno.ENODEV}$"):
        bench.bus().writeto_mem(0x2A, 0, b"\x00")
