"""Lights, buzzer, speaker, battery and lid, with time injected."""

import io

import pytest

LIGHTS, BUZZER, ADC, MAINS, LID_A, LID_B = 18, 39, 1, 2, 6, 10


@pytest.fixture
def lights(bench):
    (module,) = bench.load("lights")
    pixels = bench.board.modules()["neopixel"].NeoPixel(bench.board.pin(LIGHTS, 3), 4)
    return pixels, module.Lights(pixels, 4), module


@pytest.mark.parametrize("pattern", range(5))
def test_no_pattern_is_ever_brighter_than_the_bound(lights, pattern):
    pixels, driver, module = lights
    driver.show(pattern, (255, 255, 255), 0)
    for now_ms in range(0, 5_000, 7):
        driver.step(now_ms)
    brightest = max(part for frame in pixels.frames for pixel in frame for part in pixel)
    wanted = 0 if pattern == module.OFF else module.BRIGHTNESS_MAX
    assert wanted - 2 <= brightest <= wanted  # a breath may peak between two frames
    assert len(pixels.frames) <= 1 + 5_000 // 20


def test_lights_start_dark_and_a_pattern_ends_in_time(lights):
    pixels, driver, module = lights
    assert pixels.frames == [[(0, 0, 0)] * 4]
    driver.show(module.STEADY, (255, 0, 128), 1_000, length_ms=500)
    driver.step(1_000)
    assert pixels.frames[-1] == [(64, 0, 32)] * 4
    driver.step(1_499)
    driver.step(1_520)
    assert pixels.frames[-1] == [(0, 0, 0)] * 4


def test_a_pattern_goes_on_over_the_wrap_of_the_tick(lights):
    pixels, driver, module = lights
    start_ms = (1 << 30) - 40
    driver.show(module.CHASE, (255, 255, 0), start_ms)
    seen = set()
    for age_ms in range(0, 400, 20):
        driver.step((start_ms + age_ms) % (1 << 30))
        seen.add(tuple(index for index in range(4) if pixels.frames[-1][index] != (0, 0, 0)))
    assert seen == {(0,), (1,), (2,), (3,)}


def test_lights_that_stand_still_are_refreshed_once_a_second_and_end_in_time(lights):
    pixels, driver, module = lights
    driver.show(module.STEADY, (255, 255, 255), 0, length_ms=3_450)
    pixels.frames.clear()
    for now_ms in range(0, 6_000, 10):
        driver.step(now_ms)
        is_lit = pixels.frames[-1][0] != (0, 0, 0)
        assert is_lit == (now_ms < 3_450), now_ms
    assert len(pixels.frames) == 4 + 3


def test_blinking_and_breathing_move(lights):
    pixels, driver, module = lights
    for pattern in (module.BLINK, module.BREATHE):
        pixels.frames.clear()
        driver.show(pattern, (255, 255, 255), 0)
        for now_ms in range(0, 2_000, 20):
            driver.step(now_ms)
        shares = [frame[0][0] for frame in pixels.frames]
        assert (min(shares), max(shares)) == (0, module.BRIGHTNESS_MAX)


@pytest.mark.parametrize(
    ("pattern", "colour"), [(9, (0, 0, 0)), (1, (256, 0, 0)), (1, (-1, 0, 0))]
)
def test_an_unknown_pattern_or_colour_is_refused(lights, pattern, colour):
    with pytest.raises(ValueError, match="no such"):
        lights[1].show(pattern, colour, 0)


@pytest.fixture
def buzzer(bench):
    (module,) = bench.load("buzzer")
    machine = bench.board.modules()["machine"]
    pwm = machine.PWM(bench.board.pin(BUZZER, 3), freq=2_000, duty_u16=0)
    return pwm, module.Buzzer(pwm), module


def test_tones_follow_each_other_at_their_times(buzzer):
    pwm, driver, _ = buzzer
    driver.play(((1_000, 100), (0, 50), (2_000, 200)), 5_000)
    heard = {}
    for now_ms in range(5_000, 5_400, 10):
        driver.step(now_ms)
        heard[now_ms - 5_000] = (pwm.freq(), pwm.duty_u16()) if pwm.duty_u16() else None
    assert heard[0] == heard[90] == (1_000, 1 << 15)
    assert heard[100] is heard[140] is None
    assert heard[150] == heard[340] == (2_000, 1 << 15)
    assert heard[350] is None
    assert not driver.is_playing


def test_a_late_step_skips_what_is_over_and_ends_in_silence(buzzer):
    pwm, driver, module = buzzer
    driver.play(module.THANKS, (1 << 30) - 50)
    driver.step(10_000)
    assert pwm.duty_u16() == 0
    assert not driver.is_playing


@pytest.mark.parametrize(
    "tones", [((50, 100),), ((9_000, 100),), ((440, 0),), ((440, 2_001),), ((440, 1),) * 17]
)
def test_tones_out_of_bounds_are_refused(buzzer, tones):
    with pytest.raises(ValueError, match="tone"):
        buzzer[1].play(tones, 0)


@pytest.fixture
def battery(bench):
    (module,) = bench.load("battery")
    adc = bench.board.modules()["machine"].ADC(bench.board.pin(ADC), atten=3)
    return adc, module.Battery(adc, bench.board.pin(MAINS, 1, 1))


@pytest.mark.parametrize(
    ("pin_uv", "battery_mv"),
    [(2_092_500, 4_185), (1_500_000, 3_000), (1_999_999, 4_000), (249_000, 0), (0, 0)],
)
def test_the_divider_halves_and_the_driver_doubles(bench, battery, pin_uv, battery_mv):
    bench.pins.voltages_uv[ADC] = pin_uv
    assert battery[1].battery_mv() == battery_mv


def test_the_mean_of_sixteen_takes_the_noise_away(bench, battery):
    adc, driver = battery
    bench.pins.voltages_uv[ADC] = 2_000_000
    adc.noise_uv = lambda read: 30_000 if read % 2 else -30_000
    assert driver.battery_mv() == 4_000
    assert adc.reads == 16


def test_mains_and_the_health_of_the_cell_are_told(bench, battery):
    _, driver = battery
    bench.pins.voltages_uv[ADC] = 2_000_000
    assert not driver.is_on_mains()
    bench.wires.set(MAINS, 1)
    assert driver.is_on_mains()
    assert driver.selftest() == ("battery", True, "4000 mV, on mains")
    bench.pins.voltages_uv[ADC] = 1_200_000
    assert driver.selftest()[1] is False


def test_the_battery_must_stand_on_adc1(bench):
    with pytest.raises(ValueError, match="invalid pin"):
        bench.board.modules()["machine"].ADC(bench.board.pin(11), atten=3)


@pytest.fixture
def lid(bench):
    (module,) = bench.load("lid")
    pins = (bench.board.pin(LID_A, 1, 1), bench.board.pin(LID_B, 1, 1))
    return module.Lid(pins), module


def test_each_lid_switch_has_its_channel_and_bounces_are_given_raw(bench, lid):
    driver, _ = lid
    assert [edge[:2] for edge in driver.first()] == [(2, False), (3, False)]
    start_us = bench.wires.now_us
    for at_us, gpio, level in ((0, 6, 1), (400, 6, 0), (800, 6, 1), (5_000, 10, 1)):
        bench.wires.plan(start_us + 1_000 + at_us, gpio, level)
    bench.wires.run(20_000)
    found = driver.take()
    assert [edge[:2] for edge in found] == [(2, True), (2, False), (2, True), (3, True)]
    assert 1_000 <= found[0][2] - start_us <= 1_300
    assert driver.take() == []


def test_a_lid_switch_that_chatters_for_ever_is_bounded_and_counted(bench, lid):
    driver, module = lid
    for index in range(100):
        bench.wires.plan(bench.wires.now_us + 1_000 * index, LID_A, 1 - index % 2)
    bench.wires.run(150_000)
    assert len(driver.take()) == module.EDGES_MAX
    assert driver.overflows == 100 - module.EDGES_MAX


@pytest.mark.parametrize(
    ("levels", "is_good", "word"),
    [
        ((0, 0), True, "closed"),
        ((1, 1), True, "open"),
        ((1, 0), False, "first"),
        ((0, 1), False, "second"),
    ],
)
def test_lid_switches_that_disagree_are_told(bench, lid, levels, is_good, word):
    bench.wires.set(LID_A, levels[0])
    bench.wires.set(LID_B, levels[1])
    name, found, sentence = lid[0].selftest()
    assert (name, found) == ("lid", is_good)
    assert word in sentence


@pytest.fixture
def speaker(bench):
    (module,) = bench.load("speaker")
    i2s = bench.board.modules()["machine"].I2S(0, rate=module.RATE_HZ)
    return i2s, module.Speaker(i2s), module


def test_a_sound_is_handed_over_piece_by_piece_without_waiting(speaker):
    i2s, driver, _ = speaker
    sound = bytes(range(256)) * 20
    driver.play(io.BytesIO(sound))
    for _ in range(3):
        driver.step()
        driver.step()  # nothing while the piece before plays
        i2s.finish()
    driver.step()
    assert i2s.played == sound
    assert not driver.is_playing


def test_a_sound_is_cut_at_ten_seconds(speaker):
    i2s, driver, module = speaker
    driver.play(io.BytesIO(bytes(module.LENGTH_MAX + 5_000)))
    while driver.is_playing:
        driver.step()
        i2s.finish()
    assert len(i2s.played) == module.LENGTH_MAX
