"""Edges in, facts out: what counts as a deposit and what does not."""

from jimpitan_box.config import Config
from jimpitan_box.detector import BEAM_A, BEAM_B, LidDetector, SlotDetector
from jimpitan_box.uptime import Uptime, ticks_diff
from jimpitan_wire import records

TICKS = 1 << 30


def feed(slot, edges, start_us=0):
    """Feed (microseconds, channel, level); return the facts, stepping every 10 ms."""
    facts = []
    edges = sorted(edges)
    end_us = edges[-1][0] + 60000
    at_us = 0
    while at_us <= end_us:
        while edges and edges[0][0] <= at_us:
            edge_us, channel, level = edges.pop(0)
            facts += slot.edge(channel, level, (start_us + edge_us) % TICKS, at_us // 1000)
        facts += slot.step(at_us // 1000)
        at_us += 10000
    return facts


def passage(at_us, dwell_us, transit_us):
    return [
        (at_us, BEAM_A, True),
        (at_us + dwell_us, BEAM_A, False),
        (at_us + transit_us, BEAM_B, True),
        (at_us + transit_us + dwell_us, BEAM_B, False),
    ]


def test_a_coin_through_both_beams_is_one_deposit_with_its_times():
    facts = feed(SlotDetector(Config()), passage(1000, 32000, 41000))
    assert len(facts) == 1
    kind, body = facts[0]
    assert kind == records.DEPOSIT
    assert body[records.DEPOSIT_DWELL_A_US] == 32000
    assert body[records.DEPOSIT_DWELL_B_US] == 32000
    assert body[records.DEPOSIT_TRANSIT_US] == 41000
    assert body[records.DEPOSIT_GUESSES][0][0] == records.FORM_COIN
    assert sum([share for _, share in body[records.DEPOSIT_GUESSES]]) == 1000


def test_a_long_dwell_is_a_note_and_one_between_is_unknown():
    facts = feed(SlotDetector(Config()), passage(0, 400000, 150000))
    assert facts[0][1][records.DEPOSIT_GUESSES][0][0] == records.FORM_NOTE
    facts = feed(SlotDetector(Config()), passage(0, 75000, 60000))
    assert facts[0][1][records.DEPOSIT_GUESSES] == [[records.FORM_UNKNOWN, 1000]]


def test_times_are_right_across_the_wrap_of_the_tick():
    facts = feed(SlotDetector(Config()), passage(0, 32000, 41000), start_us=TICKS - 20000)
    assert facts[0][1][records.DEPOSIT_DWELL_A_US] == 32000


def test_two_coins_close_together_are_two_deposits():
    edges = passage(0, 30000, 40000) + passage(55000, 30000, 40000)
    assert len(feed(SlotDetector(Config()), edges)) == 2


def test_a_bounce_on_the_rim_is_rejected_and_counted():
    slot = SlotDetector(Config())
    edges = [(0, BEAM_A, True), (9000, BEAM_A, False)]
    assert feed(slot, edges + passage(4000000, 30000, 40000))[0][0] == records.DEPOSIT
    assert slot.rejected == 1


def test_a_flicker_shorter_than_anything_that_falls_is_filtered():
    slot = SlotDetector(Config())
    edges = [(0, BEAM_A, True), (500, BEAM_A, False), (600, BEAM_B, True), (900, BEAM_B, False)]
    assert feed(slot, edges) == []
    assert slot.rejected == 2


def test_a_stuck_slot_is_told_once_and_its_release_is_no_deposit():
    slot = SlotDetector(Config())
    edges = [(0, BEAM_A, True), (100000, BEAM_B, True)]
    edges += [(8000000, BEAM_A, False), (8100000, BEAM_B, False)]
    facts = feed(slot, edges)
    assert [kind for kind, _ in facts] == [records.TAMPER, records.TAMPER]
    assert facts[0][1][records.TAMPER_SIGN] == records.SIGN_SLOT_BLOCKED
    assert facts[1][1][records.TAMPER_SIGN] == records.SIGN_SLOT_FREED
    assert 8000 <= facts[1][1][records.TAMPER_DURATION_MS] <= 8120
    assert not slot.is_blocked
    assert len(feed(slot, passage(0, 30000, 40000))) == 1


def test_a_passage_from_below_is_a_sign_of_tampering():
    edges = [(0, BEAM_B, True), (50000, BEAM_B, False), (60000, BEAM_A, True)]
    facts = feed(SlotDetector(Config()), edges + [(110000, BEAM_A, False)])
    assert facts[0][1][records.TAMPER_SIGN] == records.SIGN_REVERSE_PASSAGE


def test_an_edge_that_changes_nothing_changes_nothing():
    slot = SlotDetector(Config())
    assert feed(slot, [(0, BEAM_A, False), (1000, BEAM_B, False)]) == []
    assert slot.rejected == 0


def test_a_lid_that_bounces_opens_once():
    lid = LidDetector(30)
    moves = []
    for at_ms in range(0, 200, 5):
        if at_ms in {10, 20}:
            lid.edge(True, at_ms)
        if at_ms in {15}:
            lid.edge(False, at_ms)
        if lid.step(at_ms):
            moves.append((at_ms, lid.is_open))
    assert moves == [(50, True)]


def test_uptime_counts_on_when_the_tick_begins_again():
    ticks = TICKS - 1500
    uptime = Uptime(ticks)
    for _ in range(5000):
        ticks = (ticks + 300000700) % TICKS
        uptime.advance(ticks)
    assert uptime.ms == 5000 * 300000700 // 1000
    assert uptime.advance(ticks - 1) == uptime.ms
    assert ticks_diff(5, TICKS - 5) == 10
    assert ticks_diff(TICKS - 5, 5) == -10
