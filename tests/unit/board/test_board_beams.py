"""The beams' driver: exact edges, late interrupts mended by the counter, and its bounds."""

import random

import pytest
from jimpitan_simulator.chips import board as boards
from jimpitan_simulator.chips.receivers import Receivers

A, B, CARRIER, CLOCK_OUT, CLOCK_IN = 4, 5, 17, 21, 14
GATE_TICK_US = 50
LOOP_US = 12  # two turns of the edge loop as it is simulated
COIN = ((0, True, 0), (0, False, 32_000), (1, True, 45_000), (1, False, 72_000))


class Throat:
    """The driver on simulated receivers."""

    def __init__(self, bench):
        self.bench, self.wires = bench, bench.wires
        self.receivers = Receivers(bench.board, (A, B), CARRIER)
        gate, self.module = bench.load("gate", "beams")
        pin = bench.board.pin
        pins = (pin(A, 1, 2), pin(B, 1, 2))
        machine = bench.board.modules()["machine"]
        carrier = machine.PWM(pin(CARRIER, 3), freq=56_000, duty_u16=1 << 15)
        gates = gate.make_gates(pin(CLOCK_OUT, 3), pin(CLOCK_IN, 1), pins)
        self.receivers.connect()
        self.driver = self.module.Beams(pins, (A, B), carrier, gates)
        self.busy_us = self.longest_us = 0

    def fall(self, edges, *, after_us=10_000):
        """Let a thing pass; return its edges as the ticks that the truth has."""
        start_us = self.wires.now_us + after_us
        self.receivers.fall(start_us, edges)
        return [(beam, broken, (start_us + at_us) % (1 << 30)) for beam, broken, at_us in edges]

    def run(self, length_us, *, latency_us=150):
        """Wait as the main loop does, and note how long interrupts hold it."""
        end_us = self.wires.now_us + length_us
        while self.wires.now_us < end_us:
            self.wires.advance(50)
            if self.wires._pending:
                self.wires.advance(latency_us)
                start_us = self.wires.now_us
                self.wires.run_pending()
                held_us = self.wires.now_us - start_us
                self.busy_us += held_us
                self.longest_us = max(self.longest_us, held_us)

    def caught(self, length_us, *, latency_us=150):
        self.run(length_us, latency_us=latency_us)
        return self.driver.take()


@pytest.fixture
def throat(bench):
    bench.board.pins.jumpers[CLOCK_IN] = CLOCK_OUT
    return Throat(bench)


def assert_alike(found, truth, lead_us):
    """The same edges in the same order; leads that were late within `lead_us`."""
    assert [edge[:2] for edge in found] == [edge[:2] for edge in truth]
    for (_, is_broken, at_us), (_, _, true_us) in zip(found, truth, strict=True):
        difference_us = (at_us - true_us + (1 << 29)) % (1 << 30) - (1 << 29)
        assert abs(difference_us) <= (lead_us if is_broken else LOOP_US)


@pytest.mark.parametrize("latency_us", [0, 150, 1_000, 5_000, 20_000, 31_000])
def test_three_edges_and_a_count_are_four_edges_within_one_tick(throat, latency_us):
    truth = throat.fall(COIN)
    found = throat.caught(200_000, latency_us=latency_us)
    assert_alike(found, truth, GATE_TICK_US + LOOP_US)
    assert (throat.driver.late, throat.driver.unrepaired, throat.driver.overflows) == (0, 0, 0)


@pytest.mark.parametrize("latency_us", [33_000, 44_000])
def test_a_coin_that_left_beam_a_before_the_interrupt_ran_is_still_seen(throat, latency_us):
    throat.fall(COIN)
    found = throat.caught(250_000, latency_us=latency_us)
    assert [edge[:2] for edge in found] == [edge[:2] for edge in COIN]
    assert abs((found[1][2] - found[0][2]) - 32_000) <= GATE_TICK_US
    assert throat.driver.late == 1  # so its times are upper bounds, and that is said


@pytest.mark.parametrize("latency_us", [50_000, 60_000])
def test_an_interrupt_behind_the_lead_of_both_beams_mends_both(throat, latency_us):
    truth = throat.fall(((0, True, 0), (1, True, 30_000), (0, False, 65_000), (1, False, 95_000)))
    found = throat.caught(250_000, latency_us=latency_us)
    assert_alike(found, truth, GATE_TICK_US + LOOP_US)


def test_without_the_counter_the_first_edge_stays_late_and_that_is_counted(bench):
    bench.pins.has_pulse_counters = False
    throat = Throat(bench)
    truth = throat.fall(COIN)
    found = throat.caught(200_000, latency_us=5_000)
    assert_alike(found[1:], truth[1:], LOOP_US)
    assert 5_000 <= found[0][2] - truth[0][2] <= 5_100
    assert throat.driver.unrepaired == 1


def test_the_loop_waits_for_the_second_coin_that_is_between_the_beams(bench):
    bench.pins.has_pulse_counters = False  # so that nothing mends a second interrupt
    throat = Throat(bench)
    second = tuple((beam, broken, at_us + 41_000) for beam, broken, at_us in COIN)
    truth = throat.fall(sorted(COIN + second, key=lambda edge: edge[2]))
    found = throat.caught(250_000, latency_us=2_000)
    assert_alike(found[1:], truth[1:], LOOP_US)
    assert throat.driver.unrepaired == 1


def test_without_the_jumper_a_stamp_is_never_made_worse(bench):
    throat = Throat(bench)
    truth = throat.fall(COIN)
    found = throat.caught(200_000, latency_us=5_000)
    assert 0 <= found[0][2] - truth[0][2] <= 5_100
    assert_alike(found[1:], truth[1:], LOOP_US)


def test_two_coins_close_together_keep_their_eight_edges(throat):
    second = tuple((beam, broken, at_us + 41_000) for beam, broken, at_us in COIN)
    truth = throat.fall(sorted(COIN + second, key=lambda edge: edge[2]))
    found = throat.caught(250_000, latency_us=2_000)
    assert_alike(found, truth, GATE_TICK_US + LOOP_US)


@pytest.mark.parametrize("seed", range(12))
def test_any_single_coin_at_any_latency_below_its_dwell_is_exact(throat, seed):
    draw = random.Random(seed)
    dwell_us, transit_us = draw.randint(22_000, 44_000), draw.randint(34_000, 60_000)
    quicker_us = dwell_us * draw.randint(70, 100) // 100
    edges = ((0, True, 0), (0, False, dwell_us), (1, True, transit_us))
    edges += ((1, False, transit_us + quicker_us),)
    truth = throat.fall(sorted(edges, key=lambda edge: edge[2]))
    found = throat.caught(300_000, latency_us=draw.randint(0, 21_000))
    assert_alike(found, truth, GATE_TICK_US + LOOP_US)


def test_the_tick_may_start_again_within_a_passage(bench):
    bench.board.pins.jumpers[CLOCK_IN] = CLOCK_OUT
    bench.wires.now_us = (1 << 30) - 30_000
    throat = Throat(bench)
    truth = throat.fall(COIN)
    assert_alike(throat.caught(200_000, latency_us=3_000), truth, GATE_TICK_US + LOOP_US)


def test_a_note_holds_the_interpreter_for_120_ms_and_its_end_is_still_seen(throat):
    truth = throat.fall(
        ((0, True, 0), (1, True, 90_000), (0, False, 900_000), (1, False, 990_000))
    )
    found = throat.caught(1_400_000)
    assert [edge[:2] for edge in found] == [edge[:2] for edge in truth]
    assert abs(found[2][2] - truth[2][2]) <= 400  # by the interrupt
    assert throat.longest_us <= throat.module.WATCH_US_MAX + 1_000


def test_a_beam_that_flutters_for_ever_gets_half_of_the_time_at_most(throat, monkeypatch):
    monkeypatch.setattr(boards, "TURN_US", 40)  # fewer turns of the same loop
    flutter = [(0, bool(index % 2 == 0), index * 4_000) for index in range(500)]
    throat.fall(flutter)
    start_us = throat.wires.now_us
    while throat.wires.now_us < start_us + 2_100_000:
        throat.caught(100_000)
    assert throat.longest_us <= throat.module.WATCH_US_MAX + 1_000
    assert throat.busy_us <= (throat.wires.now_us - start_us) * 55 // 100


def test_the_ring_is_bounded_and_what_finds_no_room_is_counted(throat):
    throat.fall([(0, bool(index % 2 == 0), index * 500) for index in range(200)])
    found = throat.caught(400_000)
    assert len(found) == throat.module.EDGES_MAX
    assert throat.driver.overflows == 200 - throat.module.EDGES_MAX
    assert throat.driver.take() == []
    truth = throat.fall(COIN, after_us=500_000)
    assert_alike(throat.caught(800_000), truth, GATE_TICK_US + LOOP_US)


def test_taking_within_a_passage_loses_nothing(throat):
    truth = throat.fall(
        ((0, True, 0), (1, True, 90_000), (0, False, 900_000), (1, False, 990_000))
    )
    found = []
    for _ in range(140):
        found += throat.caught(10_000)
    assert [edge[:2] for edge in found] == [edge[:2] for edge in truth]


def test_a_beam_that_is_broken_at_power_on_is_told(bench):
    bench.board.pins.jumpers[CLOCK_IN] = CLOCK_OUT
    throat = Throat(bench)
    assert throat.driver.first() == []
    bench.wires.set(B, 1)
    assert [
        edge[:2]
        for edge in throat.module.Beams(
            (bench.board.pin(A), bench.board.pin(B)), (A, B), bench.pins.pwms[CARRIER]
        ).first()
    ] == [(1, True)]


def test_selftest_sees_the_light_go_and_the_counters_count(throat):
    assert throat.driver.selftest() == ("beams", True, "both beams see and the counters count")
    truth = throat.fall(COIN)
    assert_alike(throat.caught(200_000), truth, GATE_TICK_US + LOOP_US)


def test_selftest_finds_a_blocked_beam_stray_light_and_a_missing_jumper(bench):
    throat = Throat(bench)
    assert "JP1" in throat.driver.selftest()[2]
    throat.receivers.stray_light = True
    assert "does not break" in throat.driver.selftest()[2]
    bench.wires.set(A, 1)
    assert "clear the throat" in throat.driver.selftest()[2]
    bench.pins.has_pulse_counters = False


def test_selftest_without_counters_says_so(bench):
    bench.pins.has_pulse_counters = False
    name, is_good, sentence = Throat(bench).driver.selftest()
    assert (name, is_good) == ("beams", True)
    assert "no pulse counters" in sentence


class Counter:
    def __init__(self, *values):
        self.values = list(values)

    def value(self):
        return self.values.pop(0)


def test_a_gate_goes_on_where_its_counter_starts_again(bench):
    (gate,) = bench.load("gate")
    one = gate.Gate(Counter(100, 29_990, 10, 10))
    assert [one.take_us() for _ in range(4)] == [5_000, 29_890 * 50, 20 * 50, 0]


@pytest.mark.parametrize(
    ("trail_us", "dwell_us", "stamped_us", "lead_us"),
    [
        (50_000, 30_000, 21_000, 20_000),
        (10, 30_000, 1_000, (1 << 30) - 29_990),  # over the wrap
        (50_000, 30_000, 19_960, 19_960),  # a tick early: the stamp itself is the bound
        (50_000, 30_000, 19_900, None),  # before the stamp's own time: no lead
        (50_000, 30_000, 321_000, None),  # later than any interrupt is
    ],
)
def test_a_lead_is_mended_only_to_a_time_that_can_be(
    bench, trail_us, dwell_us, stamped_us, lead_us
):
    (gate,) = bench.load("gate")
    assert gate.lead_us(trail_us, dwell_us, stamped_us, 300_000) == lead_us


def test_the_carrier_is_56_khz_at_half_and_the_gate_clock_20_khz(throat):
    assert throat.bench.pins.pwms[CARRIER].history[0][1:] == (56_000, 1 << 15)
    assert throat.bench.pins.pwms[CLOCK_OUT].history[0][1:] == (20_000, 1 << 15)
