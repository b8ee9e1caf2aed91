"""The edge loop as compiled code stamps exactly what it stamps as plain Python."""

import random

import pytest
from components import ROOT
from jimpitan_simulator.chips import board as boards
from pseudo_assembly import Machine, compiled

GPIO_IN = 0x6000403C
MASK_A, MASK_B = 1 << 4, 1 << 5
SOURCE = ROOT / "firmware" / "board" / "jimpitan_board" / "edge_loop.py"


def edges(seed):
    """Return planned levels of both beams: a coin, two coins, flutter, or nothing."""
    draw = random.Random(seed)
    at_us, found = 0, []
    for _ in range(draw.choice((0, 4, 8, 40))):
        at_us += draw.choice((300, 900, 3_000))
        found.append((at_us, draw.choice((4, 4, 5)), draw.randrange(2)))
    return found


def stamp(seed, watch, start_us):
    """Run one form of the loop on a board of its own; return what it left behind."""
    board = boards.SimulatedBoard()
    board.wires.now_us = start_us
    for at_us, gpio, level in edges(seed):
        board.wires.plan(start_us + at_us, gpio, level)
    board.wires.set(4, 1)
    with boards.plugged_in(board, "jimpitan_board"):
        from jimpitan_board import edge_loop
        from jimpitan_board.edges import Ring
    ring = Ring(6)
    ring.numbers[0], ring.numbers[1], ring.numbers[2] = GPIO_IN, MASK_A, MASK_B
    ring.numbers[3], ring.numbers[5], ring.numbers[6] = 1, 30_000, seed & 1
    function = watch(board) if watch else edge_loop.watch
    end_us = function(ring.numbers, ring.ticks, ring.marks, board.ticks_us)
    return list(ring.numbers), list(ring.ticks), bytes(ring.marks), end_us


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return compiled(SOURCE, tmp_path_factory.mktemp("native"))


@pytest.mark.parametrize("start_us", [5_000, (1 << 30) - 9_000])
@pytest.mark.parametrize("seed", range(16))
def test_compiled_and_plain_loops_leave_the_same_ring(program, monkeypatch, seed, start_us):
    monkeypatch.setattr(boards, "TURN_US", 40)  # fewer turns, the same code

    def as_compiled(board):
        return Machine(program, GPIO_IN, boards.InputRegister(board.wires)).call

    plain = stamp(seed, None, start_us)
    assert stamp(seed, as_compiled, start_us) == plain


def test_some_of_those_runs_overflow_and_some_end_before_the_bound(monkeypatch):
    monkeypatch.setattr(boards, "TURN_US", 40)
    runs = [stamp(seed, None, 5_000) for seed in range(16)]
    assert any(numbers[7] for numbers, _, _, _ in runs)
    assert any(numbers[3] > 3 for numbers, _, _, _ in runs)
    assert any(end_us < 30_000 for *_, end_us in runs)


def test_the_loop_is_compiled_and_calls_nothing_but_the_clock(program):
    calls = [operands[0] for operation, operands in program if operation == "call_ind"]
    assert set(calls) == {
        "arg_check_num_sig",
        "convert_obj_to_native",
        "convert_native_to_obj",
        "native_call_function_n_kw",
    }
    assert calls.count("native_call_function_n_kw") == 2
