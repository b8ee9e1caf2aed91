"""Weighings become sums of holding periods, whatever order they arrive in."""

import itertools

import pytest
from jimpitan_server.adapters.database.period_rows import MOMENTS
from jimpitan_server.adapters.database.schema import holding_periods
from jimpitan_server.bootstrap import Program
from jimpitan_wire import records as wire
from server_boxes import FakeBox
from test_server_history import bring, known, rows

pytestmark = pytest.mark.integration

WEIGHED = {
    wire.WEIGHED_DEPOSITS: 1,
    wire.WEIGHED_MASS_MG: 4500,
    wire.WEIGHED_DEVIATION_MG: 40,
    wire.WEIGHED_PIECES: 1,
    wire.WEIGHED_FORM: wire.FORM_COIN,
    wire.WEIGHED_GUESSES: [[wire.FORM_COIN, 1000, 1000]],
}


def gifts(box: FakeBox, number: int) -> list[bytes]:
    return [
        raw for _ in range(number) for raw in (*box.stamps(1), box.stamp(wire.WEIGHED, WEIGHED))
    ]


def visit(box: FakeBox, number: int) -> list[bytes]:
    """Return a visit as the firmware writes it."""
    return [
        box.stamp(wire.LID_OPENED, {wire.LID_DEPOSITS: 0}),
        box.stamp(wire.COLLECTION_OPENED, {wire.COLLECTION_VISIT: number}),
        box.stamp(wire.LID_CLOSED, {wire.LID_DEPOSITS: 0}),
        box.stamp(wire.COLLECTION_CLOSED, {wire.COLLECTION_VISIT: number}),
    ]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_weighings_land_in_their_period(program: Program, order: tuple[int, ...]) -> None:
    box = await known(program, FakeBox())
    message = [*gifts(box, 3), *visit(box, 1), *gifts(box, 2)]
    parts = [message[:4], message[4:8], message[8:]]
    for index in order:
        await bring(program, box, *parts[index])
    await bring(program, box, *parts[0])  # once more: nothing is counted twice
    columns = ("seq_from", "deposits", "weighed", "pieces", "value_mean_milli")
    found = await rows(program, holding_periods, *columns)
    assert [row[:4] for row in found] == [(0, 3, 3, 3), (7, 2, 2, 2)]
    assert [round(row[4] / 1000, -2) for row in found] == [3000, 2000]


async def test_sums_that_were_added_are_those_that_are_counted_anew(program: Program) -> None:
    box = await known(program, FakeBox())
    for raw in gifts(box, 4):
        await bring(program, box, raw)
    ((_, *added),) = await rows(program, holding_periods, "seq_from", *MOMENTS)
    await bring(program, box, *visit(box, 1))
    (_, *counted), (_, *present) = await rows(program, holding_periods, "seq_from", *MOMENTS)
    assert counted == added
    assert set(present) == {0}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {wire.WEIGHED_GUESSES: "coin"},
        {wire.WEIGHED_GUESSES: [[1, 1000], [1, -5, 3], [1, 10**9, 5], [1, 500, 2000], 7]},
        {wire.WEIGHED_DEPOSITS: -3, wire.WEIGHED_PIECES: 10**9, wire.WEIGHED_FORM: 77},
    ],
)
async def test_weighing_that_cannot_be_read_is_held_and_leaves_its_worth_open(
    program: Program, body: dict[int, object]
) -> None:
    box = await known(program, FakeBox())
    accepted = await bring(program, box, *box.stamps(1), box.stamp(wire.WEIGHED, body))
    assert accepted.receipts[0].stored == 2
    ((weighed, deposits),) = await rows(program, holding_periods, "weighed", "deposits")
    assert (weighed, deposits) == (0, 1)
