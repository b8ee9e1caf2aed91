"""The HX711 driver on the bit protocol: pulses, stalls, torn reads, power-down."""

import errno

import pytest
from jimpitan_simulator.chips.hx711 import Hx711Chip
from jimpitan_simulator.chips.wires import Stall

CLOCK, OUT = 16, 15


@pytest.fixture
def scale(bench):
    chip = Hx711Chip(bench.wires, CLOCK, OUT)
    (module,) = bench.load("hx711")
    clock = bench.board.pin(CLOCK, 3, value=0)
    return chip, module.Hx711(clock, bench.board.pin(OUT, 1, 2)), module


def conversions(bench, driver, count):
    found = []
    for _ in range(400):
        value = driver.read()
        if value is not None:
            found.append(value)
            if len(found) == count:
                return found
        bench.wait_ms(10)
    raise AssertionError(f"only {found}")


@pytest.mark.parametrize("load", [0, 1, -1, 429_500, -429_500, 0x2AAAAA, -0x2AAAAB])
def test_every_bit_and_the_sign_come_through(bench, scale, load):
    chip, driver, _ = scale
    chip.load = lambda gain: load
    assert conversions(bench, driver, 3) == [load] * 3
    assert (driver.torn, driver.saturated, chip.gain) == (0, 0, 128)


@pytest.mark.parametrize("load", [-(1 << 23), (1 << 23) - 1])
def test_full_scale_of_either_sign_is_given_and_counted(bench, scale, load):
    chip, driver, _ = scale
    chip.load = lambda gain: load * 2
    assert conversions(bench, driver, 2) == [load] * 2
    assert driver.saturated == 2


def test_nothing_is_told_before_the_chip_has_settled(bench, scale):
    _, driver, module = scale
    start_ms = bench.now_ms
    conversions(bench, driver, 1)
    assert bench.now_ms - start_ms > module.SETTLE_MS


@pytest.mark.parametrize(("gain", "pulses"), [(128, 25), (32, 26), (64, 27)])
def test_the_number_of_pulses_chooses_the_gain(bench, scale, gain, pulses):
    chip, driver, module = scale
    chip.load = lambda gain: gain * 1000
    assert module.PULSES_BY_GAIN[gain] == pulses
    conversions(bench, driver, 1)
    driver.choose(gain)
    assert conversions(bench, driver, 2) == [gain * 1000] * 2
    assert chip.gain == gain


def test_an_interrupt_is_kept_out_while_the_clock_is_high(bench, scale):
    chip, driver, _ = scale
    chip.load = lambda gain: 123_456
    conversions(bench, driver, 1)
    bench.wait_ms(95)
    for operation in range(5, 120, 7):
        bench.wires.stalls = [Stall(operation, 300)]
        assert conversions(bench, driver, 1) == [123_456]
    assert (driver.torn, chip.resets) == (0, 1)  # the one reset of the start


@pytest.mark.parametrize("operation", range(1, 140, 3))
def test_a_stall_that_pierces_never_gives_a_wrong_value(bench, scale, operation):
    chip, driver, _ = scale
    chip.load = lambda gain: 123_456
    conversions(bench, driver, 1)
    bench.wait_ms(95)
    bench.wires.stalls = [Stall(operation, 300, pierces=True)]
    assert set(conversions(bench, driver, 3)) == {123_456}
    assert driver.torn in (0, 1)
    assert (chip.resets == 1) == (driver.torn == 0)


def test_a_pierced_pulse_is_discarded_and_counted(bench, scale):
    chip, driver, _ = scale
    conversions(bench, driver, 1)
    chip.load = lambda gain: 5_000
    torn = 0
    for operation in range(1, 120, 3):
        before = driver.torn
        bench.wires.stalls = [Stall(operation, 300, pierces=True)]
        assert set(conversions(bench, driver, 2)) <= {0, 5_000}
        torn += driver.torn - before
    assert torn >= 10


@pytest.mark.parametrize("length_us", [6_000, 150_000])
def test_a_read_so_long_that_a_conversion_may_fall_into_it_is_torn(bench, scale, length_us):
    chip, driver, _ = scale
    chip.load = lambda gain: 0x555555
    conversions(bench, driver, 1)
    while bench.wires.level(OUT):
        bench.wait_ms(1)
    bench.wires.stalls = [Stall(40, length_us)]
    assert driver.read() is None
    assert driver.torn == 1
    assert conversions(bench, driver, 2) == [0x555555] * 2


def test_powered_down_it_gives_nothing_and_settles_again_when_powered_up(bench, scale):
    chip, driver, module = scale
    conversions(bench, driver, 1)
    driver.power_down()
    bench.wait_ms(3_000)
    assert driver.read() is None
    chip.load = lambda gain: 77
    start_ms = bench.now_ms
    driver.power_up()
    assert conversions(bench, driver, 1) == [77]
    assert bench.now_ms - start_ms > module.SETTLE_MS
    assert driver.torn == 0


def test_a_chip_that_is_not_there_raises_within_its_bound(bench):
    (module,) = bench.load("hx711")
    driver = module.Hx711(bench.board.pin(CLOCK, 3, value=0), bench.board.pin(OUT, 1, 2))
    for _ in range((module.SETTLE_MS + module.READY_MS_MAX) // 10):
        assert driver.read() is None
        bench.wait_ms(10)
    bench.wait_ms(10)
    with pytest.raises(OSError, match=f"^{errno.ETIMEDOUT}$"):
        driver.read()
    assert driver.selftest()[:2] == ("scale", False)


def test_a_data_wire_that_is_shorted_gives_no_value(bench):
    (module,) = bench.load("hx711")
    bench.wires.set(OUT, 0)
    driver = module.Hx711(bench.board.pin(CLOCK, 3, value=0), bench.board.pin(OUT, 1, 2))
    for _ in range(200):
        assert driver.read() is None
        bench.wait_ms(10)
    assert driver.torn > 100


def test_selftest_says_what_the_scale_gives(bench, scale):
    chip, driver, _ = scale
    chip.load = lambda gain: 4_321
    assert driver.selftest() == ("scale", True, "HX711 gives 4321")
