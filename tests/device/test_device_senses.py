"""What a box makes of times, mass, colour and motion: guesses with likelihoods, and alarms."""

from jimpitan_box import calibration, likelihood
from jimpitan_box.calibrator import Calibrator
from jimpitan_box.classifier import Classifier
from jimpitan_box.colour import Colour
from jimpitan_box.config import Config
from jimpitan_box.fall import diameter_um
from jimpitan_box.motion import CARRIED, SHAKEN, STILL, TILTED, Motion
from jimpitan_box.scale import Scale, Step
from jimpitan_box.senses import Senses
from jimpitan_box.watch import Watch
from jimpitan_wire import records

# A Rp1000 coin that falls with 0.85 g from 20 mm above beam A.
COIN = (32900, 24500, 39800)
NOTE = (400000, 410000, 150000)


def classifier():
    nominal = calibration.Calibration()
    return Classifier(Config(), nominal, Colour(nominal))


def test_logarithms_and_powers_are_right_within_what_they_say():
    for value, wanted in ((1, 0), (1000, 6908), (123456, 11724)):
        assert abs(likelihood.log(value) - wanted) <= 60
    for value, wanted in ((0, 1000000), (-693, 500000), (-1000, 367879), (-3000, 49787)):
        assert abs(likelihood.power(value) - wanted) <= wanted // 200 + 1
    assert likelihood.power(-100000) == 0
    for value in (0, 1, 2, 3, 4, 99, 100, 101, 10**12):
        root = likelihood.root(value)
        assert root * root <= value < (root + 1) * (root + 1)


def test_shares_sum_to_a_thousand_and_keep_their_order():
    shares = likelihood.shares([-3000, 0, -693, -50000])
    assert sum(shares) == 1000
    assert shares[1] > shares[2] > shares[0] > shares[3] == 0


def test_the_law_of_fall_gives_the_diameter():
    # v = 0.6 m/s, a = 8.3385 m/s2, D = 24.15 mm: computed with floats outside.
    assert abs(diameter_um(32886, 24484, 39789, 30000) - 24150) < 300
    assert diameter_um(400000, 400000, 150000, 30000) is None
    assert diameter_um(0, 24484, 39789, 30000) is None
    assert diameter_um(32886, 24484, 2000000, 30000) is None


def test_a_coin_is_named_by_width_and_mass_together():
    weighing = classifier().weigh([COIN], Step(4500, 60, 1), 0, None)
    assert weighing.form == records.FORM_COIN
    assert weighing.guesses[0][:2] == [records.FORM_COIN, 1000]
    assert weighing.guesses[0][2] >= 990
    assert weighing.pieces == 1


def test_two_coins_at_once_are_two_pieces_and_no_name():
    weighing = classifier().weigh([COIN], Step(9000, 60, 1), 0, None)
    assert weighing.pieces == 2
    assert weighing.guesses[0][1] == 0


def test_a_note_around_a_coin_is_a_bundle():
    weighing = classifier().weigh([NOTE], Step(5320, 60, 1), 0, None)
    assert (weighing.form, weighing.pieces) == (records.FORM_BUNDLE, 2)


def test_a_note_has_the_kind_that_its_colour_fits():
    weighing = classifier().weigh([NOTE], Step(800, 60, 1), 0, (1070, 740, 700))
    assert weighing.guesses[0][:2] == [records.FORM_NOTE, 100000]


def test_a_note_of_no_known_colour_is_unknown_though_its_form_is_known():
    weighing = classifier().weigh([NOTE], Step(800, 60, 1), 0, (300, 300, 1900))
    assert weighing.form == records.FORM_NOTE
    assert weighing.guesses[0][1] == 0


def test_without_mass_and_colour_little_is_said():
    weighing = classifier().weigh([NOTE], Step(0, 0, 1), 0, None)
    assert weighing.guesses[0][1] == 0


def test_a_washer_is_unknown():
    weighing = classifier().weigh([(50000, 49000, 12000)], Step(13000, 60, 1), 0, None)
    assert weighing.guesses[0][:2] == [records.FORM_UNKNOWN, 0]


def test_a_ragged_note_that_made_two_shadows_is_one_piece():
    torn = [(38000, 21000, 65000), (31000, 47000, 48000)]
    weighing = classifier().weigh(torn, Step(850, 60, 2), 0, None)
    assert (weighing.pieces, weighing.form) == (1, records.FORM_NOTE)


def test_a_handful_has_as_many_pieces_as_it_weighs():
    weighing = classifier().weigh([COIN, COIN, (75000, 30000, 40000)], Step(16000, 60, 3), 1, None)
    assert weighing.pieces == 4
    assert weighing.guesses == []


def test_many_odd_notes_widen_what_a_colour_may_be():
    colour = Colour(calibration.Calibration())
    before = colour.spread
    for _ in range(40):
        colour.learn((1000, 1200, 500))
    assert colour.spread > 2 * before


def test_readings_become_one_tint_and_dark_ones_do_not_count():
    colour = Colour(calibration.Calibration())
    colour.feed(100, 50, 50, 50)
    assert colour.take() is None
    for red in (2000, 2100, 2200):
        colour.feed(6000, red, 2400, 1500)
    assert colour.take() == (2550 * 2100 // 6000, 1020, 637)
    assert colour.take() is None


def weigh(scale, grams, from_ms, to_ms):
    for at_ms in range(from_ms, to_ms, 100):
        scale.feed(grams * 4295 // 10, at_ms)


def test_a_step_is_what_is_weighed_after_less_before():
    scale = Scale(Config(), calibration.Calibration())
    weigh(scale, 1000, 0, 3000)
    scale.fell(2900, 3000)
    weigh(scale, 1005, 3000, 5400)
    assert scale.step(5400) is None
    step = scale.step(5500)
    assert abs(step.mass_mg - 5000) < 20
    assert step.count == 1
    assert scale.step(5600) is None


def test_a_step_weighs_the_same_after_weeks():
    found = set()
    for start_ms in (0, (1 << 30) - 2500, (1 << 30) + 7, (3 << 30) - 4000):
        scale = Scale(Config(), calibration.Calibration())
        weigh(scale, 1000, start_ms, start_ms + 3000)
        scale.fell(start_ms + 2900, start_ms + 3000)
        weigh(scale, 1005, start_ms + 3000, start_ms + 5400)
        step = scale.step(start_ms + 5500)
        found.add((step.mass_mg, step.deviation_mg, step.count))
    assert len(found) == 1


def test_a_spike_of_one_conversion_changes_nothing():
    scale = Scale(Config(), calibration.Calibration())
    weigh(scale, 1000, 0, 3000)
    assert scale.feed(-3000000, 3000) is not None
    weigh(scale, 1000, 3100, 3400)
    assert abs(scale.mass_mg - 1000000) < 2000
    scale.feed(8388607, 3500)
    assert scale.saturated == 1


def test_what_comes_too_soon_shares_one_step():
    scale = Scale(Config(), calibration.Calibration())
    weigh(scale, 1000, 0, 3000)
    scale.fell(2900, 3000)
    weigh(scale, 1005, 3000, 4000)
    scale.fell(3900, 4000)
    weigh(scale, 1010, 4000, 6600)
    step = scale.step(6600)
    assert (step.count, round(step.mass_mg, -2)) == (2, 10000)


def test_calibration_survives_its_file_and_garbage_is_refused():
    found = calibration.Calibration()
    found.spacing_um = 29500
    content = found.content()
    assert len(content) <= calibration.CONTENT_LENGTH_MAX
    again = calibration.parse(content)
    assert (again.spacing_um, again.coins, again.notes) == (29500, found.coins, found.notes)
    for bad in (b"", b"\x01", content[:-1], content + b"\x00", b"\xa0", bytes(2000)):
        assert calibration.read(bad) is None
    assert calibration.read(content).spacing_um == 29500


def test_calibration_mode_learns_size_mass_and_colour():
    calibrator = Calibrator(calibration.Calibration())
    coin = calibration.COINS[4]
    calibrator.expect_coin(coin)
    for number in range(20):
        calibrator.take(24000 + number, 4400 + number, None)
    calibrator.expect_note(1000)
    for number in range(20):
        calibrator.take(None, None, (800 + number, 1000, 600))
    found = calibrator.finish()
    assert found.is_measured
    # One coin alone sets the scale of both: it is as wide and heavy as the table says.
    assert found.coins[4] == coin
    assert found.counts_per_kg < 429500
    assert found.spacing_um > 30000
    assert found.notes[0][1:4] == (810, 1000, 600)


def shove(motion, seconds, sample, start_ms=0):
    found = []
    for index in range(seconds * 10):
        sign = 1 if index % 2 else -1
        x, y, z = sample
        told = motion.feed((x * sign, y * sign, z), start_ms + index * 100)
        if told != STILL:
            found.append(told)
    return found


def test_a_box_that_stands_and_a_tap_raise_nothing():
    motion = Motion(Config())
    assert shove(motion, 20, (4, 4, 1000)) == []
    assert motion.feed((80, 0, 1000), 20100) == STILL
    assert shove(motion, 10, (4, 4, 1000), 20200) == []


def test_shaking_is_told_once():
    motion = Motion(Config())
    shove(motion, 3, (0, 0, 1000))
    assert shove(motion, 5, (500, 0, 1000), 3000) == [SHAKEN]


def test_a_box_that_is_laid_down_is_tilted_and_one_that_is_walked_with_is_carried():
    motion = Motion(Config())
    shove(motion, 3, (0, 0, 1000))
    found = []
    for index in range(100):
        told = motion.feed((1000, 0, 0), 3000 + index * 100)
        if told != STILL:
            found.append(told)
    assert TILTED in found
    motion = Motion(Config())
    shove(motion, 3, (0, 0, 1000))
    assert CARRIED in shove(motion, 9, (150, 90, 1000), 3000)


def settle(watch, mass_mg, from_ms, seconds=4):
    facts = []
    for at_ms in range(from_ms, from_ms + seconds * 1000, 100):
        facts += watch.mass(mass_mg + at_ms % 300 // 3, at_ms)
    return facts


def signs(facts):
    return [body[records.TAMPER_SIGN] for _, body in facts]


def test_mass_that_leaves_is_a_loss_and_at_the_slot_it_is_fishing():
    watch = Watch(Config())
    assert settle(watch, 500000, 0) == []
    assert signs(settle(watch, 498000, 4000)) == [records.SIGN_WEIGHT_LOSS]
    watch.shadow(300, 8000)
    facts = settle(watch, 497000, 8100)
    assert signs(facts) == [records.SIGN_FISHING]
    assert 900 < facts[0][1][records.TAMPER_MASS_MG] < 1200


def test_a_bag_on_the_lid_comes_and_goes():
    watch = Watch(Config())
    settle(watch, 500000, 0)
    assert settle(watch, 800000, 4000, 60) == []
    assert settle(watch, 500000, 64000) == []


def test_what_a_deposit_weighed_is_expected_to_stay():
    watch = Watch(Config())
    settle(watch, 500000, 0)
    watch.deposited(4000)
    watch.weighed(4500)
    assert settle(watch, 504500, 4100) == []
    assert signs(settle(watch, 500000, 9000)) == [records.SIGN_FISHING]


def test_wiggling_in_the_slot_is_fishing_even_without_a_scale():
    watch = Watch(Config())
    facts = []
    for number in range(3):
        facts += watch.shadow(1500, 5000 + number * 4000)
    assert signs(facts) == [records.SIGN_FISHING]


def test_flicker_by_the_dozen_means_that_the_beams_are_degraded():
    watch = Watch(Config())
    facts = []
    for number in range(30):
        facts += watch.shadow(5, number * 500)
    assert signs(facts) == [records.SIGN_BEAM_DEGRADED]


def test_a_sensor_that_stops_or_always_says_the_same_is_lost_once():
    watch = Watch(Config())
    assert watch.step(60000, None) == []  # a box may have no scale
    facts = watch.step(10000, 1000) + watch.step(11000, 1000)
    assert signs(facts) == [records.SIGN_SENSOR_LOST]
    assert facts[0][1][records.TAMPER_DETAIL] == records.SENSOR_SCALE
    watch = Watch(Config())
    facts = []
    for _ in range(300):
        facts += watch.raw(-1)
    assert signs(facts) == [records.SIGN_SENSOR_LOST]


def test_while_the_lid_is_open_mass_may_leave():
    watch = Watch(Config())
    settle(watch, 500000, 0)
    watch.rest(False)
    assert settle(watch, 100000, 4000) == []
    watch.rest(True)
    assert settle(watch, 90000, 8000) == []


def test_restlessness_is_no_nap_and_forgives_nothing():
    watch = Watch(Config())
    settle(watch, 500000, 0)
    for at_ms in range(4000, 12000, 100):  # an unsteady hand
        watch.mass(505000 + 9000 * (at_ms // 100 % 3), at_ms)
    assert signs(settle(watch, 497600, 12000)) == [records.SIGN_WEIGHT_LOSS]


def test_who_takes_little_at_a_time_is_noticed_in_the_end():
    watch = Watch(Config())
    found = []
    level = 500000
    for number in range(12):
        found += signs(settle(watch, level, number * 6000, 6))
        level -= 440
    assert records.SIGN_WEIGHT_LOSS in found


def test_while_a_step_is_weighed_nothing_is_expected_twice():
    watch = Watch(Config())
    settle(watch, 500000, 0)
    for number in range(10):
        for at_ms in range(0, 2200, 100):
            level = 500000 + 5300 * (number + 1)
            watch.mass(level, 4000 + number * 2200 + at_ms, True)
    watch.weighed(53000)
    assert settle(watch, 553000, 26000) == []


def test_what_could_not_be_weighed_teaches_nothing():
    judge = classifier()
    for _ in range(300):
        judge.weigh([(27000, 20000, 36000)], Step(0, 0, 1), 0, None)
    weighing = judge.weigh([COIN, (75000, 30000, 40000)], Step(12000, 60, 2), 0, None)
    assert 3 <= weighing.pieces <= 4


def test_a_nap_forgives_drift_and_not_theft():
    for lost_mg, wanted in ((1500, []), (9000, [records.SIGN_WEIGHT_LOSS])):
        watch = Watch(Config())
        settle(watch, 500000, 0)
        watch.wake(4000000)
        assert signs(settle(watch, 500000 - lost_mg, 4000000)) == wanted


def test_a_box_without_scale_counts_deposits_and_weighs_nothing():
    senses = Senses(Config())
    kinds = []
    for at_ms in range(0, 4000, 20):
        at_us = at_ms * 1000
        for edge_us, channel, level in (
            (1000000, 0, True),
            (1033000, 0, False),
            (1040000, 1, True),
            (1065000, 1, False),
        ):
            if at_us <= edge_us < at_us + 20000:
                senses.slot.edge(channel, level, edge_us, at_ms)
        kinds += [kind for kind, _ in senses.step(at_ms)]
    assert kinds == [records.DEPOSIT]
