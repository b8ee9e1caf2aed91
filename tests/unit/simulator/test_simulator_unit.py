"""A simulated box under power cuts at every flash operation keeps all it had kept."""

import random

import pytest
from jimpitan_box.box import Identity
from jimpitan_box.config import Config
from jimpitan_simulator import throat
from jimpitan_simulator.board_watch import latencies, percentile
from jimpitan_simulator.flash import kept_envelopes
from jimpitan_simulator.unit import Unit
from jimpitan_wire import cose, records

SECRET = bytes(range(32))
TICK_US = 20_000


class NoNet:
    def open(self):
        raise OSError(111)

    def is_open(self):
        return False

    def read(self, length):
        return None

    def write(self, content):
        return None

    def close(self):
        pass


def a_unit(**settings):
    config = Config()
    for name, value in settings.items():
        setattr(config, name, value)
    return Unit(Identity("box-0001", 1, SECRET, None), config, NoNet, 1)


def run(unit, seconds, *, seed=3, start_us=0, cut=None):
    """Drop a coin every half second; arm `cut` once after two seconds. Return (drops, cuts)."""
    draw = random.Random(seed)
    now_us, drops, cuts, next_us = start_us, 0, 0, start_us + 500_000
    armed = cut is None
    while now_us < start_us + seconds * 1_000_000:
        now_us += TICK_US
        is_over = now_us > start_us + (seconds - 1) * 1_000_000
        if now_us >= next_us and unit.is_lit and not unit.is_busy and not is_over:
            unit.drop(throat.coin(draw, 1_000), now_us)
            drops += 1
            next_us = now_us + 500_000
        if not armed and unit.is_lit and now_us > start_us + 2_000_000:
            unit.flash.arm(*cut)
            armed = True
        cuts += unit.step(now_us) is not None
    return drops, cuts


def kept(unit):
    key, aad = cose.Key(SECRET), cose.external_aad("box-0001", 1, cose.UP)
    return [
        records.parse(cose.unseal(key, aad, envelope))
        for envelope in kept_envelopes(unit.flash.image)
    ]


@pytest.mark.parametrize("operation", range(1, 121, 3))
def test_a_power_cut_at_any_flash_operation_loses_at_most_the_deposit_under_way(operation):
    unit = a_unit(segment_bytes_max=1_000)
    drops, cuts = run(unit, 8, cut=(operation, operation))
    fields = kept(unit)
    deposits = sum(record[records.KIND] == records.DEPOSIT for record in fields)
    assert drops - deposits <= cuts <= 1
    seqs = [record[records.SEQ] for record in fields]
    declared = set()
    for record in fields:
        if record[records.KIND] == records.JOURNAL_GAP:
            body = record[records.BODY]
            declared |= set(range(body[records.GAP_FROM], body[records.GAP_TO] + 1))
    assert seqs == sorted(set(seqs))
    assert set(range(1, seqs[-1] + 1)) == set(seqs) | declared


def test_a_cut_inside_an_erase_strikes_and_is_survived():
    unit = a_unit()
    unit.step(TICK_US)
    unit.flash.arm(1, 5, only="erase")
    drops, cuts = run(unit, 20, start_us=TICK_US)
    assert cuts == 1
    assert unit.boots == 2
    assert drops - sum(r[records.KIND] == records.DEPOSIT for r in kept(unit)) <= 1


def test_what_falls_is_sensed_with_exactly_its_times():
    unit = a_unit()
    unit.step(TICK_US)
    passage = throat.coin(random.Random(1), 500)
    unit.drop(passage, 100_000)
    for now_us in range(100_000, 1_000_000, TICK_US):
        unit.step(now_us)
    body = next(r[records.BODY] for r in kept(unit) if r[records.KIND] == records.DEPOSIT)
    times = {(channel, level): at for channel, level, at in passage.edges}
    assert body[records.DEPOSIT_DWELL_A_US] == times[0, False]
    assert body[records.DEPOSIT_TRANSIT_US] == times[1, True]


def test_waits_are_counted_from_the_kth_deposit_to_the_kth_shown():
    seen = [(100, 0), (250, 1), (900, 3)]
    assert latencies([200, 300, 800], seen) == [50, 600, 100]
    assert percentile([50, 600, 100], 50) == 100
    assert percentile([], 50) is None
